// How many bytes the requests of an isolate hold in memory at once, against its limit.

/** What a Worker may hold, in bytes: the 128 MB of the platform's documentation. */
export const MEMORY_LIMIT_BYTES = 128 * 1024 * 1024;

/** Counts what is buffered. */
export class Meter {
  readonly #limitBytes: number;
  #heldBytes = 0;
  #peakBytes = 0;

  /** @param limitBytes More than this at once is too much. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** What is held at this moment, in bytes. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The most that was held at once, in bytes. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** Whether more is held than may be. */
  get over(): boolean {
    return this.#heldBytes > this.#limitBytes;
  }

  /** So many bytes more are held. Returns what gives them back, once. */
  hold(bytes: number): () => void {
    this.#heldBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#heldBytes);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#heldBytes -= bytes;
    };
  }
}
