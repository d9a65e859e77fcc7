// Which bucket names S3 takes.

import { S3Error } from "./error.ts";

const RESERVED_PREFIXES = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/**
 * Whether S3 takes a name for a general purpose bucket: 3 to 63 lower-case letters, digits, dots and
 * hyphens; a letter or digit at both ends; no two dots together; no IPv4 address; no reserved affix.
 * Source: S3 User Guide, "General purpose bucket naming rules".
 *
 * @example
 * ```ts
 * import { isBucketName } from "./bucket_name.ts";
 *
 * console.log(isBucketName("videos")); // true
 * console.log(isBucketName("Videos")); // false
 * ```
 */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes("..") &&
    !IPV4.test(name) && !RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) &&
    !RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix));
}

/**
 * Lets a bucket's name pass.
 *
 * @throws {S3Error} `InvalidBucketName` (400) when {@linkcode isBucketName} does not hold.
 */
export function checkBucketName(name: string): void {
  if (isBucketName(name)) return;
  throw new S3Error("InvalidBucketName", 400, "A bucket cannot have that name.", {
    BucketName: name,
  });
}
