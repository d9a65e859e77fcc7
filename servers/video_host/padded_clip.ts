// Makes an MP4 file longer than every buffer between a store and a reader, without its length in memory.

/** A box begins with its length, 32 bits, and its type, four letters (ISO/IEC 14496-12 §4.2). */
const HEADER_BYTES = 8;

/** One piece of padding; a blob that is made of others refers to them and copies nothing. */
const PIECE_BYTES = 1 << 20;

/**
 * Puts a `free` box behind an MP4 file (ISO/IEC 14496-12 §8.1.2): players skip it. The result's
 * length is known, so that an upload of it has a Content-Length, and its padding is one mebibyte of
 * memory however long it is.
 *
 * @param clip A whole MP4 file.
 * @param sizeBytes How long the result is to be.
 * @throws {RangeError} when `sizeBytes` has no room for the clip and a box, or for one box's length.
 *
 * @example
 * ```ts
 * import { clipBytes } from "./clip.ts";
 * import { padClip } from "./padded_clip.ts";
 *
 * console.log(padClip(clipBytes(), 32 << 20).size); // 33554432
 * ```
 */
export function padClip(clip: Uint8Array<ArrayBuffer>, sizeBytes: number): Blob {
  const boxBytes = sizeBytes - clip.length;
  const least = clip.length + HEADER_BYTES;
  if (!(Number.isInteger(boxBytes) && boxBytes >= HEADER_BYTES && boxBytes < 2 ** 32)) {
    throw new RangeError(
      `Cannot pad the clip: received a size of ${sizeBytes} bytes, expected ${least} to ` +
        `${clip.length + 2 ** 32 - 1}`,
    );
  }
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, boxBytes);
  new TextEncoder().encodeInto("free", header.subarray(4));
  const zeros = boxBytes - HEADER_BYTES;
  const piece = new Blob([new Uint8Array(Math.min(PIECE_BYTES, zeros))]);
  const pieces = Array.from({ length: Math.floor(zeros / PIECE_BYTES) }, () => piece);
  return new Blob([clip, header, ...pieces, piece.slice(0, zeros % PIECE_BYTES)], {
    type: "video/mp4",
  });
}
