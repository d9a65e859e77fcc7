// The clip: six seconds of H.264, drawn by make_clip.sh, as bytes.

import base64 from "./clip.mp4.b64" with { type: "text" };

let decoded: Uint8Array<ArrayBuffer> | undefined;

/**
 * The clip as an MP4 file: 640 × 360 pixels, 24 frames a second, no sound, `moov` before `mdat`.
 *
 * @returns The same bytes each time; they must not be changed.
 */
export function clipBytes(): Uint8Array<ArrayBuffer> {
  decoded ??= Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return decoded;
}
