// What a request's header says about its content: framing, length, digests; checked while it is read.

import { base64ToBytes, checksumAlgorithmOf, isChecksum } from "./checksum.ts";
import { S3Error } from "./error.ts";
import { notImplemented } from "./errors.ts";
import type { ChecksumAlgorithm } from "./payload.ts";

/** How a content is framed: not at all, or in aws-chunked with what is signed. */
export type Framing = "plain" | "signed" | "signed-trailer" | "unsigned-trailer";

/** What is said about a content. */
export interface ContentClaims {
  /** How it is framed. */
  framing: Framing;
  /** The length of what is on the wire, in bytes: Content-Length. */
  wireBytes: number | undefined;
  /** The length of the content without framing, in bytes. */
  lengthBytes: number | undefined;
  /** Its SHA-256, in lower-case hex. */
  sha256: string | undefined;
  /** Its MD5, in lower-case hex. */
  md5: string | undefined;
  /** Its checksum; without a value where that comes in the trailer. */
  checksum: { algorithm: ChecksumAlgorithm; value: string | undefined } | undefined;
}

const FRAMINGS: Readonly<Record<string, Framing>> = {
  "UNSIGNED-PAYLOAD": "plain",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": "signed",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": "signed-trailer",
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER": "unsigned-trailer",
};

/** Fields that begin like a checksum and are none. */
const NO_CHECKSUMS = ["algorithm", "mode", "type"];

/**
 * Reads what a header says about the content.
 *
 * @param headers The header fields.
 * @param sha256 What stands for `x-amz-content-sha256`: a hex digest or one of S3's words.
 * @param ofContent Whether `x-amz-checksum-*` is about this content. Of a CompleteMultipartUpload it is
 * about the object.
 *
 * @throws {S3Error} `InvalidArgument`, `InvalidDigest` or `InvalidRequest` (400), `NotImplemented` (501)
 * for a checksum or a transfer coding of a kind that is not known, `MissingContentLength` (411) where aws-chunked comes
 * without `x-amz-decoded-content-length`.
 */
export function readContentClaims(
  headers: Headers,
  sha256: string,
  ofContent: boolean,
): ContentClaims {
  const digest = /^[0-9a-f]{64}$/i.test(sha256) ? sha256.toLowerCase() : undefined;
  const framing = digest !== undefined
    ? "plain"
    : Object.hasOwn(FRAMINGS, sha256)
    ? FRAMINGS[sha256]
    : undefined;
  if (framing === undefined) {
    throw new S3Error(
      "InvalidArgument",
      400,
      `x-amz-content-sha256 must be a SHA-256 in hex or one of ${
        Object.keys(FRAMINGS).join(", ")
      }.`,
      { ArgumentName: "x-amz-content-sha256", ArgumentValue: sha256 },
    );
  }
  checkTransferEncoding(headers);
  const wireBytes = readLength(headers, "content-length");
  const decodedBytes = framing === "plain"
    ? wireBytes
    : readLength(headers, "x-amz-decoded-content-length");
  if (framing !== "plain" && decodedBytes === undefined) {
    throw new S3Error(
      "MissingContentLength",
      411,
      "A content in chunks needs the x-amz-decoded-content-length header.",
    );
  }
  return {
    framing,
    wireBytes,
    lengthBytes: decodedBytes,
    sha256: digest,
    md5: readMd5(headers),
    checksum: ofContent ? readChecksum(headers, framing) : undefined,
  };
}

/**
 * Refuses a request whose end two readers of it may not agree on: what one takes for its content is the
 * next request to the other (RFC 9112 §6.3 and §11.2). Deno's listener refuses most of these by itself.
 */
function checkTransferEncoding(headers: Headers): void {
  const coding = headers.get("transfer-encoding");
  if (coding === null) return;
  if (headers.has("content-length")) {
    throw invalid("A request may have only one of Content-Length and Transfer-Encoding.");
  }
  if (coding.trim().toLowerCase() !== "chunked") {
    throw notImplemented(`Transfer-Encoding: ${coding}`);
  }
}

function readLength(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new S3Error("InvalidArgument", 400, `${name} must be a number of bytes.`, {
    ArgumentName: name,
    ArgumentValue: text,
  });
}

function readMd5(headers: Headers): string | undefined {
  const text = headers.get("content-md5");
  if (text === null) return undefined;
  const bytes = base64ToBytes(text);
  if (bytes?.length === 16) return bytes.toHex();
  throw new S3Error("InvalidDigest", 400, "Content-MD5 must be the Base64 of 16 bytes.", {
    "Content-MD5": text,
  });
}

function readChecksum(headers: Headers, framing: Framing): ContentClaims["checksum"] {
  const found: { algorithm: ChecksumAlgorithm; value: string | undefined }[] = [];
  for (const [field, value] of headers) {
    if (!field.startsWith("x-amz-checksum-")) continue;
    const name = field.slice("x-amz-checksum-".length);
    if (NO_CHECKSUMS.includes(name)) continue;
    const algorithm = algorithmOf(name);
    if (!isChecksum(algorithm, value)) throw invalid(`The value of ${field} is invalid.`);
    found.push({ algorithm, value });
  }
  for (const name of trailerNames(headers, framing)) {
    if (!name.startsWith("x-amz-checksum-")) {
      throw invalid("x-amz-trailer may only name x-amz-checksum- fields.");
    }
    found.push({ algorithm: algorithmOf(name.slice("x-amz-checksum-".length)), value: undefined });
  }
  if (found.length > 1) throw invalid("A content may have only one x-amz-checksum- field.");
  const [checksum] = found;
  const announced = headers.get("x-amz-sdk-checksum-algorithm");
  if (announced === null) return checksum;
  if (checksum === undefined) {
    throw invalid("x-amz-sdk-checksum-algorithm came without an x-amz-checksum- field or trailer.");
  }
  if (checksumAlgorithmOf(announced) !== checksum.algorithm) {
    throw invalid("The value of x-amz-sdk-checksum-algorithm is not that of the checksum.");
  }
  return checksum;
}

function trailerNames(headers: Headers, framing: Framing): string[] {
  const text = headers.get("x-amz-trailer");
  if (text === null) return [];
  if (framing !== "signed-trailer" && framing !== "unsigned-trailer") {
    throw invalid("x-amz-trailer needs an x-amz-content-sha256 that ends in -TRAILER.");
  }
  return text.split(",").map((name) => name.trim().toLowerCase());
}

function algorithmOf(name: string): ChecksumAlgorithm {
  const algorithm = checksumAlgorithmOf(name);
  if (algorithm !== undefined) return algorithm;
  throw new S3Error("NotImplemented", 501, `Checksums of the kind ${name} are not implemented.`, {
    Header: `x-amz-checksum-${name}`,
  });
}

function invalid(message: string): S3Error {
  return new S3Error("InvalidRequest", 400, message);
}
