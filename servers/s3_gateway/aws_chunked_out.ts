// Writes aws-chunked framing with unsigned chunks around a content whose signed chunks have been checked.

import { CHECKSUM_BYTES, checksumAlgorithmOf } from "../s3/checksum.ts";
import { S3Error } from "../s3/error.ts";
import type { Payload } from "../s3/payload.ts";
import type { Meter } from "./outbound.ts";
import { heldBack, type Pieces } from "./relay.ts";

/** What stands for the content's hash in what is signed of such a request. */
export const CHUNKED_HASH = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/** The size of all chunks but the last, so that the whole length is known before: stores take 8 KiB on. */
const CHUNK_BYTES = 64 << 10;
const utf8 = new TextEncoder();
const CRLF = utf8.encode("\r\n");

/**
 * The length of a content with framing, in bytes.
 *
 * @param lengthBytes Without.
 * @param trailer `x-amz-trailer`; empty for none.
 */
export function reframedBytes(lengthBytes: number, trailer: string): number {
  const whole = Math.floor(lengthBytes / CHUNK_BYTES);
  const rest = lengthBytes % CHUNK_BYTES;
  const framed = (bytes: number) => bytes.toString(16).length + 2 + bytes + 2;
  return whole * framed(CHUNK_BYTES) + (rest === 0 ? 0 : framed(rest)) +
    trailerText(trailer, undefined).length;
}

/**
 * The content with framing.
 *
 * @param payload What came; its end is checked before the end goes out.
 * @param trailer `x-amz-trailer`; empty for none.
 */
export async function* reframed(payload: Payload, trailer: string, meter: Meter): Pieces {
  for await (const chunk of heldBack(ofSize(payload.chunks(), meter), meter)) {
    yield utf8.encode(`${chunk.length.toString(16)}\r\n`);
    yield chunk;
    yield CRLF;
  }
  yield utf8.encode(trailerText(trailer, payload.digest().checksum?.value));
}

/** The last, empty chunk, and the trailer with its value, or with one of the same length. */
function trailerText(trailer: string, value: string | undefined): string {
  if (trailer === "") return "0\r\n\r\n";
  const name = trailer.trim().toLowerCase();
  const algorithm = checksumAlgorithmOf(name.replace(/^x-amz-checksum-/, ""));
  if (algorithm === undefined) {
    throw new S3Error("InvalidRequest", 400, "x-amz-trailer may only name x-amz-checksum- fields.");
  }
  const blank = "=".repeat(Math.ceil(CHECKSUM_BYTES[algorithm] / 3) * 4);
  return `0\r\n${name}:${value ?? blank}\r\n\r\n`;
}

/** The same bytes in chunks of one size, but for the last. */
async function* ofSize(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>, meter: Meter): Pieces {
  let chunk = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  const release = meter.hold(CHUNK_BYTES);
  try {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length;) {
        const part = piece.subarray(at, at + CHUNK_BYTES - filled);
        chunk.set(part, filled);
        at += part.length;
        filled += part.length;
        if (filled < CHUNK_BYTES) continue;
        yield chunk;
        chunk = new Uint8Array(CHUNK_BYTES);
        filled = 0;
      }
    }
    if (filled > 0) yield chunk.subarray(0, filled);
  } finally {
    release();
  }
}
