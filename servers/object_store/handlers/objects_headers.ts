// The header fields of an object: which of them an upload leaves, and how they are answered.

import { checksumAlgorithmOf } from "../../s3/checksum.ts";
import { S3Error } from "../../s3/error.ts";
import { invalidRequest, notImplemented } from "../../s3/errors.ts";
import type { ChecksumAlgorithm } from "../../s3/payload.ts";
import type { ObjectRecord } from "../storage.ts";

/** What S3 calls a content of which nothing is said. */
const DEFAULT_TYPE = "binary/octet-stream";

/** The fields that are kept with an object beside its metadata. */
const KEPT = [
  "cache-control",
  "content-disposition",
  "content-language",
  "expires",
  "x-amz-website-redirect-location",
] as const;

/** What comes before the names of a user's own metadata. */
const META = "x-amz-meta-";

/** The most bytes that names and values of a user's own metadata have together. */
const MAX_META_BYTES = 2_048;

/**
 * Fields that ask for what this store does not do. To take them silently would promise encryption or
 * retention that nobody gets.
 */
const NOT_IMPLEMENTED = [
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-customer-algorithm",
  "x-amz-object-lock-mode",
  "x-amz-object-lock-legal-hold",
] as const;

/**
 * The fields that an object keeps of the request which makes it: a PutObject, a CopyObject that replaces
 * them, or a CreateMultipartUpload. Names are in lower case. `aws-chunked` is how the content travelled,
 * not how it is encoded, so it is left out.
 *
 * @throws {S3Error} `MetadataTooLarge` (400), or `NotImplemented` (501).
 */
export function objectHeaders(headers: Headers): Record<string, string> {
  for (const name of NOT_IMPLEMENTED) {
    if (headers.has(name)) throw notImplemented(`What ${name} asks for`);
  }
  const kept: Record<string, string> = {
    "content-type": headers.get("content-type") || DEFAULT_TYPE,
  };
  const encodings = (headers.get("content-encoding") ?? "").split(",").map((one) => one.trim())
    .filter((one) => one !== "" && one.toLowerCase() !== "aws-chunked");
  if (encodings.length > 0) kept["content-encoding"] = encodings.join(", ");
  for (const name of KEPT) {
    const value = headers.get(name);
    if (value !== null && value !== "") kept[name] = value;
  }
  let metaBytes = 0;
  for (const [name, value] of headers) {
    if (!name.startsWith(META)) continue;
    metaBytes += name.length - META.length + value.length;
    kept[name] = encodedWord(value);
  }
  if (metaBytes > MAX_META_BYTES) {
    const message = "There is more metadata than an object may have.";
    throw new S3Error("MetadataTooLarge", 400, message, {
      Size: String(metaBytes),
      MaxSizeAllowed: String(MAX_META_BYTES),
    });
  }
  return kept;
}

/**
 * A value as S3 answers it: one that is not ASCII becomes an encoded word (RFC 2047), each byte that
 * came taken for a character of ISO 8859-1. Source: S3 User Guide, "Working with object metadata", whose
 * example this is: `ÄMÄZÕÑ S3` in UTF-8 comes back as `=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=`.
 */
function encodedWord(value: string): string {
  if (/^[ -~\t]*$/.test(value)) return value;
  return `=?UTF-8?B?${new TextEncoder().encode(value).toBase64()}?=`;
}

/**
 * The checksum that a request asks the store to compute, by `x-amz-checksum-algorithm`.
 *
 * @throws {S3Error} `InvalidRequest` (400) for one that S3 does not have.
 */
export function requestedChecksum(headers: Headers): ChecksumAlgorithm | undefined {
  const name = headers.get("x-amz-checksum-algorithm");
  if (name === null) return undefined;
  const algorithm = checksumAlgorithmOf(name);
  if (algorithm !== undefined) return algorithm;
  throw invalidRequest(
    "Expected one of the checksums CRC32, CRC32C, CRC64NVME, SHA1 and SHA256.",
  );
}

/** The fields by which an answer names its object's state, also a 304. */
export function validators(object: ObjectRecord): [name: string, value: string][] {
  return [
    ["etag", `"${object.etag}"`],
    ["last-modified", new Date(object.lastModifiedMs).toUTCString()],
  ];
}

/** The fields of an object's checksum. */
export function checksumHeaders(
  { checksum }: Pick<ObjectRecord, "checksum">,
): [name: string, value: string][] {
  return checksum === undefined ? [] : [
    [`x-amz-checksum-${checksum.algorithm}`, checksum.value],
    ["x-amz-checksum-type", checksum.type],
  ];
}
