// One array of bytes out of several.

/**
 * Puts arrays of bytes one after the other.
 *
 * @return A copy, also of a single one.
 *
 * @example
 * ```ts
 * import { concat } from "./concat.ts";
 *
 * console.log(concat([new Uint8Array([1]), new Uint8Array([2, 3])])); // Uint8Array(3) [ 1, 2, 3 ]
 * ```
 */
export function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
