// Reads without a signature, below a URL of each public bucket, as of a bucket with a custom domain.

import { resolveAddress } from "../s3/address.ts";
import { methodNotAllowed, noSuchBucket, noSuchKey } from "../s3/errors.ts";
import type { Payload } from "../s3/payload.ts";
import type { Call } from "./call.ts";

/** The path below which a public bucket's objects are: `/_edge-repro/public/BUCKET/KEY`. */
export const PUBLIC_PATH = "/_edge-repro/public";

const METHODS = "GET, HEAD, OPTIONS";

/** Lets a page of any origin read, and see what it needs to seek in a video (Fetch standard, CORS). */
const CORS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers":
    "Accept-Ranges, Content-Length, Content-Range, ETag, Last-Modified, x-amz-request-id",
};

/** The field by which a request chooses its region. */
export const REGION_FIELD = "x-edge-repro-region";

const PREFLIGHT: Readonly<Record<string, string>> = {
  ...CORS,
  "access-control-allow-methods": METHODS,
  "access-control-allow-headers":
    `Range, If-Match, If-None-Match, If-Modified-Since, If-Range, ${REGION_FIELD}`,
  "access-control-max-age": "86400",
};

/** What a request without content carries. */
const NOTHING: Payload = {
  lengthBytes: 0,
  async *chunks() {},
  digest: () => ({ sizeBytes: 0, md5: "d41d8cd98f00b204e9800998ecf8427e" }),
  text: () => Promise.resolve(""),
};

/**
 * The call that a request below {@linkcode PUBLIC_PATH} makes, or the answer to its preflight. What a
 * signed request may ask for by its query is not heeded.
 *
 * @param rest What follows the path, raw: `/BUCKET/KEY`, with a query where there is one.
 * @throws {S3Error} `MethodNotAllowed` (405), or `NoSuchBucket` or `NoSuchKey` (404): a bucket that is
 * not public is none.
 */
export function publicCall(
  request: Request,
  rest: string,
  publicBuckets: ReadonlySet<string>,
  region: string,
): Omit<Call, "lent"> | Response {
  const { method, headers, signal } = request;
  if (method === "OPTIONS") return new Response(null, { status: 204, headers: PREFLIGHT });
  if (method !== "GET" && method !== "HEAD") {
    throw methodNotAllowed(method, METHODS);
  }
  const [path = ""] = rest.split("?", 1);
  const { bucket, key } = resolveAddress(path, null, []);
  if (!publicBuckets.has(bucket)) throw noSuchBucket(bucket);
  if (key === "") throw noSuchKey(key);
  return {
    operation: method === "GET" ? "GetObject" : "HeadObject",
    bucket,
    key,
    query: new URLSearchParams(),
    headers,
    payload: NOTHING,
    signal,
    region,
  };
}

/** Whether a URL, as it came, is one of a public bucket's: its answer may be read by any page. */
export function isBelowPublicPath(url: string): boolean {
  return url.startsWith(`${PUBLIC_PATH}/`, url.indexOf("/", url.indexOf("://") + 3));
}

/** Lets pages of any origin read the answer. */
export function allowAnyOrigin(response: Response): Response {
  for (const [name, value] of Object.entries(CORS)) response.headers.set(name, value);
  return response;
}
