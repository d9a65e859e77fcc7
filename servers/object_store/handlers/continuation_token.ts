// Where a list goes on, in a form that clients hand back and cannot read or make up by accident.

import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { invalidArgument } from "../../s3/errors.ts";

const CHECK_BYTES = 4;

/** The token that says: go on behind this name. */
export function encodeToken(name: string): string {
  const check = Buffer.alloc(CHECK_BYTES);
  check.writeUInt32BE(crc32(name));
  return Buffer.concat([check, Buffer.from(name)]).toString("base64url");
}

/**
 * The name that a token was made of.
 *
 * @throws {S3Error} `InvalidArgument` (400) for a text that {@linkcode encodeToken} did not make.
 */
export function decodeToken(token: string): string {
  const bytes = Buffer.from(token, "base64url");
  const name = bytes.subarray(CHECK_BYTES).toString();
  if (bytes.length >= CHECK_BYTES && encodeToken(name) === token) return name;
  throw invalidArgument(
    "The continuation token is not one of this server's.",
    "continuation-token",
    token,
  );
}
