// The changes of a data folder that are under way: closing waits for them and lets no other begin.

import { storageError } from "./disk.ts";

/** Changes under way. */
export class RunningChanges {
  readonly #running = new Set<Promise<void>>();
  #closed = false;

  /** @throws {Error} once the store is closed. */
  requireOpen(): void {
    if (this.#closed) throw new Error("Cannot change the store: it is closed");
  }

  /**
   * Runs a change, which begins at once.
   *
   * @throws {S3Error} `InsufficientStorage` (507) in the place of an error of a full disk.
   */
  run(change: () => Promise<void>): Promise<void> {
    const running = (async () => {
      this.requireOpen();
      try {
        await change();
      } catch (error) {
        throw storageError(error);
      }
    })();
    this.#running.add(running);
    const done = () => void this.#running.delete(running);
    running.then(done, done);
    return running;
  }

  /** Lets no other begin, and resolves when all have ended: with false if it was closed before. */
  async close(): Promise<boolean> {
    if (this.#closed) return false;
    this.#closed = true;
    await Promise.allSettled(this.#running);
    return true;
  }
}
