// The listeners of one socket: an EventTarget whose listeners' errors come back to who dispatches.

interface Entry {
  type: string;
  listener: EventListenerOrEventListenerObject;
  once: boolean;
}

/** Made for a socket only when somebody listens. An `EventTarget` would give errors to the process. */
export class EventListeners {
  #entries: Entry[] = [];

  /** As `EventTarget.addEventListener`; there are no phases here, so `capture` says nothing. */
  add(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    if (listener === null) return;
    const { once = false, signal } = typeof options === "object" ? options : {};
    if (signal?.aborted) return;
    if (this.#entries.some((entry) => entry.type === type && entry.listener === listener)) return;
    this.#entries.push({ type, listener, once });
    signal?.addEventListener("abort", () => this.remove(type, listener), { once: true });
  }

  /** As `EventTarget.removeEventListener`. */
  remove(type: string, listener: EventListenerOrEventListenerObject | null): void {
    this.#entries = this.#entries.filter((entry) =>
      entry.type !== type || entry.listener !== listener
    );
  }

  /**
   * Calls those that listen for the event's type, in the order in which they were added.
   *
   * @throws What the first of them threw that threw, after all were called.
   */
  dispatch(target: object, event: Event): void {
    const toThis = { value: target, configurable: true };
    Object.defineProperties(event, { target: toThis, currentTarget: toThis, srcElement: toThis });
    const errors: unknown[] = [];
    for (const entry of [...this.#entries]) {
      if (entry.type !== event.type || !this.#entries.includes(entry)) continue;
      if (entry.once) this.remove(entry.type, entry.listener);
      try {
        if (typeof entry.listener === "function") entry.listener.call(target as Window, event);
        else entry.listener.handleEvent(event);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
