// AWS Signature Version 4 as arithmetic: the signing key, the strings that are signed, the comparison.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** The one algorithm, as requests name it. Source: S3 API reference, "Authenticating Requests". */
export const ALGORITHM = "AWS4-HMAC-SHA256";

/** SHA-256 of nothing, in lower-case hex. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** What a signature is valid for. */
export interface Scope {
  /** The day: `yyyymmdd`. */
  date: string;
  /** The region. */
  region: string;
}

/** How many signing keys are remembered. A store has few: one a day, region and access key. */
const MAX_SIGNING_KEYS = 256;
const signingKeys = new Map<string, Uint8Array>();

/** The key that requests of one day to S3 in one region are signed with. */
export function signingKey(secret: string, scope: Scope): Uint8Array {
  const id = `${scope.date}/${scope.region}/${secret}`;
  const known = signingKeys.get(id);
  if (known !== undefined) return known;
  let key: Uint8Array = new TextEncoder().encode(`AWS4${secret}`);
  for (const part of [scope.date, scope.region, "s3", "aws4_request"]) {
    key = createHmac("sha256", key).update(part).digest();
  }
  if (signingKeys.size === MAX_SIGNING_KEYS) signingKeys.clear();
  signingKeys.set(id, key);
  return key;
}

/** A scope as strings that are signed have it. */
export function scopeText({ date, region }: Scope): string {
  return `${date}/${region}/s3/aws4_request`;
}

/** The parts of a request that its signature covers. */
export interface CanonicalParts {
  /** The method, in upper case. */
  method: string;
  /** The path, in the form in which it is signed. */
  path: string;
  /** The query, likewise. */
  query: string;
  /** The names of the signed header fields, in the signer's order. */
  signedHeaders: readonly string[];
  /** The value of a header field, as it came. */
  header(name: string): string;
  /** `x-amz-content-sha256`, or what stands for it. */
  payloadHash: string;
}

/** The text whose hash is signed. Field values are trimmed, runs of spaces in them become one. */
export function canonicalRequest(parts: CanonicalParts): string {
  let fields = "";
  for (const name of parts.signedHeaders) {
    // Not trim() and \s: a value is bytes, and of UTF-8 some would pass for spaces.
    const value = parts.header(name).replaceAll(/[ \t]+/g, " ").replaceAll(/^ | $/g, "");
    fields += `${name}:${value}\n`;
  }
  return `${parts.method}\n${parts.path}\n${parts.query}\n${fields}\n` +
    `${parts.signedHeaders.join(";")}\n${parts.payloadHash}`;
}

/**
 * The signature of a request.
 *
 * @param timestamp `yyyymmddThhmmssZ`.
 * @return 64 digits of lower-case hex.
 */
export function requestSignature(
  key: Uint8Array,
  timestamp: string,
  scope: Scope,
  canonical: string,
): string {
  // Header values are strings of bytes, one a character.
  const hash = createHash("sha256").update(canonical, "latin1").digest("hex");
  return hmacHex(key, `${ALGORITHM}\n${timestamp}\n${scopeText(scope)}\n${hash}`);
}

/** HMAC-SHA-256, in lower-case hex. */
export function hmacHex(key: Uint8Array, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

/** Compares two signatures in a time that does not tell where they differ. */
export function sameSignature(one: string, other: string): boolean {
  const a = new TextEncoder().encode(one);
  const b = new TextEncoder().encode(other);
  return a.length === b.length && timingSafeEqual(a, b);
}
