// What the uploads of a burst consist of: pieces of one content that overlap, so that no two are alike.

import { BLOCK_BYTES, ObjectContent } from "../../probes/s3/content.ts";

/** Contents of one burst; they share their memory. */
export class Contents {
  readonly #content: ObjectContent;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  /**
   * Makes contents.
   *
   * @param count How many.
   * @param largestBytes How large one may be.
   * @param seed Tells the contents of one run from those of another.
   */
  constructor(count: number, largestBytes: number, seed: number) {
    this.#content = new ObjectContent({ sizeBytes: largestBytes + count * BLOCK_BYTES, seed });
    this.#bytes = this.#content.read(0, this.#content.sizeBytes);
  }

  /** One of them. */
  of(index: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
    const at = index * BLOCK_BYTES;
    return this.#bytes.subarray(at, at + sizeBytes);
  }

  /** Whether bytes are what one of them has at `offset`; else where they differ first. */
  check(index: number, offset: number, bytes: Uint8Array): "same" | { atByte: number } {
    const found = this.#content.check(index * BLOCK_BYTES + offset, bytes);
    return found === "same" ? found : { atByte: found.atByte - index * BLOCK_BYTES };
  }
}

/** A number that tells runs apart. */
export function seedOf(nonce: string): number {
  return Number.parseInt(nonce.replaceAll("-", "").slice(0, 8), 16) >>> 0;
}
