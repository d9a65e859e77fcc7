// Who refers to which blob: records of objects and parts, and reads under way.

import type { Segment } from "./storage.ts";

interface Count {
  sizeBytes: number;
  references: number;
  /** Just received: it stays, though nobody refers to it yet. */
  unclaimed: boolean;
}

/** Counts references to blobs, and says when one can go. */
export class BlobCount {
  readonly #counts = new Map<string, Count>();
  readonly #drop: (blob: string) => void;
  #bytes = 0;

  /** @param drop Called with a blob to which nobody refers any more. */
  constructor(drop: (blob: string) => void) {
    this.#drop = drop;
  }

  /** The length of all blobs together, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts a new blob. It stays until it was referred to and is no more, or {@linkcode abandon}. */
  add({ blob, sizeBytes }: Segment): void {
    this.#counts.set(blob, { sizeBytes, references: 0, unclaimed: true });
    this.#bytes += sizeBytes;
  }

  /** Whether a blob is there. */
  has(blob: string): boolean {
    return this.#counts.has(blob);
  }

  /**
   * A record refers to each of the segments' blobs from now on.
   *
   * @throws {Error} when one of them is not there; then none is referred to.
   */
  claim(segments: readonly Segment[]): void {
    this.hold(segments);
    for (const { blob } of segments) {
      const count = this.#counts.get(blob);
      if (count !== undefined) count.unclaimed = false;
    }
  }

  /** A read refers to each of the segments' blobs from now on. Errors as {@linkcode claim}. */
  hold(segments: readonly Segment[]): void {
    const missing = segments.find(({ blob }) => !this.#counts.has(blob));
    if (missing !== undefined) {
      throw new Error(`Cannot refer to blob ${missing.blob}: it is not in the store`);
    }
    for (const { blob } of segments) {
      const count = this.#counts.get(blob);
      if (count !== undefined) count.references++;
    }
  }

  /** Ends what {@linkcode claim} or {@linkcode hold} began. */
  release(segments: readonly Segment[]): void {
    for (const { blob } of segments) {
      const count = this.#counts.get(blob);
      if (count === undefined) continue;
      count.references--;
      this.#settle(blob, count);
    }
  }

  /** Gives up a new blob: without a reference it goes. */
  abandon(blob: string): void {
    const count = this.#counts.get(blob);
    if (count === undefined) return;
    count.unclaimed = false;
    this.#settle(blob, count);
  }

  #settle(blob: string, count: Count): void {
    if (count.references > 0 || count.unclaimed) return;
    this.#counts.delete(blob);
    this.#bytes -= count.sizeBytes;
    this.#drop(blob);
  }
}
