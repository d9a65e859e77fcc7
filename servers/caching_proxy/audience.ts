// Who still wants what a fetch will bring, so that it can be ended when nobody does.

/** The requests that wait for, or read, what one fetch brings. */
export class Audience {
  readonly #members = new Map<string, Set<object>>();
  readonly #fetches = new Map<string, AbortController>();

  /** Says that a request wants what is fetched under a lock key. Returns what takes that back. */
  join(lockKey: string): () => void {
    const member = {};
    const members = this.#members.get(lockKey) ?? new Set();
    this.#members.set(lockKey, members.add(member));
    return () => {
      if (!members.delete(member) || members.size > 0) return;
      if (this.#members.get(lockKey) === members) this.#members.delete(lockKey);
      this.#fetches.get(lockKey)?.abort(new Error("nobody waits for the answer any more"));
    };
  }

  /** Makes the signal of a fetch abort when the last of its audience has left. */
  watch(lockKey: string, fetch: AbortController): void {
    this.#fetches.set(lockKey, fetch);
  }

  /** Ends the watch of a fetch that is over. */
  unwatch(lockKey: string, fetch: AbortController): void {
    if (this.#fetches.get(lockKey) === fetch) this.#fetches.delete(lockKey);
  }
}
