// A content in S3's own chunks, unsigned and with a checksum behind it, as clients send streams.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { HeaderList } from "../exchange.ts";

/** What a client has put on the wire as its content, without HTTP's own framing. */
export interface AwsChunkedWire {
  /** How many bytes. */
  bytes: number;
  /** Their hash, in lower-case hex. */
  sha256: string;
  /** Whether HTTP's own framing around them was chunked. */
  isChunked: boolean;
}

/** A content and the header fields that go with it. */
export interface AwsChunkedBody {
  /** The content with its framing. */
  body: Uint8Array<ArrayBuffer>;
  /** To be sent with it. */
  headers: HeaderList;
  /** What it is signed as. */
  contentSha256: string;
  /** What is on the wire. */
  wire: AwsChunkedWire;
  /** The content's CRC32 in Base64, which stands behind it. */
  crc32: string;
}

/**
 * Frames a content in chunks of given sizes, the last of which takes what is left. Source: S3 API
 * reference, "Signature calculations: trailing headers", `STREAMING-UNSIGNED-PAYLOAD-TRAILER`.
 *
 * @example
 * ```ts
 * import { awsChunkedBody } from "./aws_chunked_body.ts";
 *
 * const { body } = awsChunkedBody(new TextEncoder().encode("hello"), [2]);
 * console.log(new TextDecoder().decode(body).split("\r\n"));
 * // [ "2", "he", "3", "llo", "0", "x-amz-checksum-crc32:NhCmhg==", "", "" ]
 * ```
 */
export function awsChunkedBody(bytes: Uint8Array, sizes: readonly number[]): AwsChunkedBody {
  const pieces: Uint8Array[] = [];
  const chunk = (piece: Uint8Array) =>
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n"));
  let at = 0;
  for (const size of sizes) {
    chunk(bytes.subarray(at, at + size));
    at += size;
  }
  if (at < bytes.length) chunk(bytes.subarray(at));
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32(bytes));
  const checksum = four.toString("base64");
  pieces.push(Buffer.from(`0\r\nx-amz-checksum-crc32:${checksum}\r\n\r\n`));
  const body = new Uint8Array(Buffer.concat(pieces));
  const sha256 = createHash("sha256").update(body).digest("hex");
  return {
    body,
    headers: [
      ["Content-Encoding", "aws-chunked"],
      ["x-amz-decoded-content-length", String(bytes.length)],
      ["x-amz-trailer", "x-amz-checksum-crc32"],
    ],
    contentSha256: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    wire: { bytes: body.length, sha256, isChunked: false },
    crc32: checksum,
  };
}
