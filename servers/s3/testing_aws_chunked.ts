// For tests: writes a content in aws-chunked, signed or not, as a client would.

import { createHash } from "node:crypto";
import type { ChunkSigner } from "./aws_chunked.ts";
import { concat } from "./concat.ts";
import { EMPTY_SHA256, hmacHex, scopeText, signingKey } from "./sigv4.ts";

/** A signer such as a request's own signature gives. */
export const TEST_SIGNER: ChunkSigner = {
  key: signingKey("secret", { date: "20261121", region: "auto" }),
  timestamp: "20261121T100000Z",
  scope: { date: "20261121", region: "auto" },
  seed: "0".repeat(64),
};

/** How to write it. */
export interface Chunked {
  /** The sizes of the chunks, which take from the content in order; the rest is one more. */
  sizes: readonly number[];
  /** Given where it is to be signed. */
  signer?: ChunkSigner | undefined;
  /** Lines of a trailer, without line ends; absent for none. */
  trailer?: readonly string[] | undefined;
}

/** The bytes on the wire. */
export function writeChunked(content: Uint8Array, how: Chunked): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const text = (line: string) => parts.push(new TextEncoder().encode(line));
  let previous = how.signer?.seed ?? "";
  const sign = (kind: string, hashes: string) => {
    if (how.signer === undefined) return "";
    const { key, timestamp, scope } = how.signer;
    previous = hmacHex(
      key,
      [`AWS4-HMAC-SHA256-${kind}`, timestamp, scopeText(scope), previous, hashes].join("\n"),
    );
    return previous;
  };
  const chunk = (bytes: Uint8Array) => {
    const hash = createHash("sha256").update(bytes).digest("hex");
    const signature = sign("PAYLOAD", `${EMPTY_SHA256}\n${hash}`);
    text(`${bytes.length.toString(16)}${signature && `;chunk-signature=${signature}`}\r\n`);
    if (bytes.length > 0) {
      parts.push(bytes.slice());
      text("\r\n");
    }
  };
  let at = 0;
  for (const size of [...how.sizes, content.length]) {
    const bytes = content.subarray(at, at + size);
    at += bytes.length;
    if (bytes.length > 0) chunk(bytes);
  }
  chunk(new Uint8Array());
  if (how.trailer !== undefined) {
    for (const line of how.trailer) text(`${line}\r\n`);
    const lines = how.trailer.map((line) => `${line}\n`).join("");
    const signature = sign("TRAILER", createHash("sha256").update(lines).digest("hex"));
    if (signature !== "") text(`x-amz-trailer-signature:${signature}\r\n`);
  }
  text("\r\n");
  return concat(parts);
}
