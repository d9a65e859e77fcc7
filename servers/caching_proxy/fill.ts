// A body on its way from the origin into the cache, followed by everyone who asked for it.

/** How far a fill that is not stored may run ahead of its slowest follower, in bytes. */
const UNSTORED_WINDOW_BYTES = 1 << 20;

interface Follower {
  position: number;
  wake: (() => void) | undefined;
}

/**
 * Bytes that arrive once and are read by many, each at its own speed. A stored fill keeps all of
 * them; one that grew over `maxBytes` keeps what its followers still need, and waits for the slowest.
 */
export class Fill {
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  readonly #followers = new Set<Follower>();
  readonly #maxBytes: number;
  readonly #expectedBytes: number | undefined;
  readonly #started = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  /** The offset in the body of the first chunk that is kept. */
  #offset = 0;
  #size = 0;
  #state: "filling" | "complete" | "failed" = "filling";
  #stored = true;
  #error: unknown;
  #whole: Uint8Array<ArrayBuffer> | undefined;
  #drained: (() => void) | undefined;

  /**
   * @param maxBytes More than this is not stored.
   * @param expectedBytes The body's length where it is known.
   */
  constructor(maxBytes: number, expectedBytes: number | undefined) {
    this.#maxBytes = maxBytes;
    this.#expectedBytes = expectedBytes;
  }

  /** Resolves with the first bytes or the end. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Resolves when the body is complete or has failed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Whether all bytes are there. */
  get complete(): boolean {
    return this.#state === "complete";
  }

  /** Whether all bytes are kept, for those who come later. */
  get stored(): boolean {
    return this.#stored && this.#state !== "failed";
  }

  /** The whole body, once it is complete and stored. */
  bytes(): Uint8Array<ArrayBuffer> | undefined {
    if (!this.complete || !this.#stored) return undefined;
    if (this.#whole === undefined) {
      this.#whole = concat(this.#chunks, this.#size);
      this.#chunks.splice(0, Infinity, this.#whole);
    }
    return this.#whole;
  }

  /** Adds bytes; resolves when more are wanted. */
  async push(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#state !== "filling") return;
    this.#chunks.push(chunk);
    this.#size += chunk.byteLength;
    if (this.#size > this.#maxBytes) this.#stored = false;
    // Readers that wake for the last chunk of a body of known length find it complete.
    if (this.#size === this.#expectedBytes) return this.end();
    this.#wakeAll();
    while (!this.#stored && this.#size - this.#slowest() > UNSTORED_WINDOW_BYTES) {
      await new Promise<void>((resolve) => this.#drained = resolve);
    }
    this.#forget();
  }

  /** The origin has sent all of it. */
  end(): void {
    if (this.#state !== "filling") return;
    this.#state = "complete";
    this.#wakeAll();
    this.#ended.resolve();
  }

  /** The origin failed in the middle: followers see their body break off. */
  fail(error: unknown): void {
    if (this.#state !== "filling") return;
    this.#state = "failed";
    this.#error = error;
    this.#drained?.();
    this.#wakeAll();
    this.#ended.resolve();
  }

  /**
   * A body that follows the fill from its first byte. Errors when the fill does.
   *
   * @param onLeave Called once when the follower has read all, or has left.
   */
  follow(onLeave: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
    const follower: Follower = { position: this.#offset, wake: undefined };
    this.#followers.add(follower);
    const leave = () => {
      if (!this.#followers.delete(follower)) return;
      this.#forget();
      onLeave();
    };
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        while (follower.position === this.#size && this.#state === "filling") {
          await new Promise<void>((resolve) => follower.wake = resolve);
        }
        if (this.#state === "failed") {
          leave();
          return controller.error(this.#error);
        }
        const chunk = this.#at(follower.position);
        if (chunk !== undefined) {
          follower.position += chunk.byteLength;
          this.#forget();
          controller.enqueue(chunk);
        }
        if (follower.position === this.#size && this.#state === "complete") {
          leave();
          controller.close();
        }
      },
      cancel: () => {
        follower.wake?.();
        leave();
      },
    }, { highWaterMark: 0 });
  }

  #at(position: number): Uint8Array<ArrayBuffer> | undefined {
    let offset = this.#offset;
    for (const chunk of this.#chunks) {
      if (position < offset + chunk.byteLength) return chunk.subarray(position - offset);
      offset += chunk.byteLength;
    }
    return undefined;
  }

  #slowest(): number {
    let slowest = this.#size;
    for (const follower of this.#followers) slowest = Math.min(slowest, follower.position);
    return slowest;
  }

  /** Drops what no follower needs any more, when the body is not to be kept. */
  #forget(): void {
    if (this.#stored) return;
    const slowest = this.#slowest();
    for (let first = this.#chunks[0]; first; first = this.#chunks[0]) {
      if (this.#offset + first.byteLength > slowest) break;
      this.#offset += first.byteLength;
      this.#chunks.shift();
    }
    this.#drained?.();
    this.#drained = undefined;
  }

  #wakeAll(): void {
    this.#started.resolve();
    for (const follower of this.#followers) {
      const wake = follower.wake;
      follower.wake = undefined;
      wake?.();
    }
  }
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
