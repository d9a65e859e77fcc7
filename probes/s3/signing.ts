// A request of the S3 API as it goes on the wire: addressed by path, and signed with Signature Version 4.

import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import type { StoreCredentials } from "../../lab/scenario.ts";
import type { HeaderList } from "../exchange.ts";

/** What is asked of a store. */
export interface StoreRequest {
  /** The HTTP method. */
  method: string;
  /** The bucket; left out for ListBuckets. */
  bucket?: string;
  /** The object's key, as it is: not encoded. */
  key?: string;
  /** Query parameters; a subresource such as `uploads` has the value "". */
  query?: Readonly<Record<string, string>>;
  /** Header fields beside those that every request has. */
  headers?: HeaderList;
  /** The content. */
  body?: Uint8Array;
  /** The content's SHA-256 in hex. Default: that of `body`, which without one is empty. */
  contentSha256?: string;
  /** Signs the query instead of the header, as a link that is handed on is. */
  presign?: boolean;
  /** Sends no signature at all. */
  anonymous?: boolean;
  /** Asks the public URL of the bucket, without a signature and without the target's own headers. */
  publicly?: boolean;
  /** Where to send it, when that is not the target: `access.store.otherRegion`, say. */
  endpoint?: URL;
}

/** How and for whom a request is signed. */
export interface SigningOptions {
  /** Scheme, host and port; a path is a prefix of the request's path. */
  endpoint: URL;
  /** The Host header, when it is not the endpoint's. */
  host?: string | undefined;
  /** Sent with the request, names in lower case; those of `x-amz-` are signed too. */
  headers: Readonly<Record<string, string>>;
  /** What it is signed for. */
  region: string;
  /** Signs it; without it the request is anonymous. */
  credentials?: StoreCredentials | undefined;
  /** The time to sign with, in milliseconds since the Unix epoch. */
  atMs: number;
  /** How long a presigned request is good for, in seconds. */
  expiresSeconds: number;
}

/** A request as it goes on the wire. */
export interface SignedRequest {
  /** The method. */
  method: string;
  /** Path and query, encoded. */
  path: string;
  /** The path alone: the query may hold a signature. */
  shownPath: string;
  /** All header fields, `Host` first. */
  headers: [string, string][];
}

const EMPTY_SHA256 = createHash("sha256").digest("hex");

/** One segment or value with everything but RFC 3986's unreserved characters encoded, as S3 asks. */
function encode(text: string): string {
  // RFC 3986 §2.3; encodeURIComponent leaves five more as they are.
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The path of an object below an endpoint, each byte of the key as it is: `a b/../c+d` becomes
 * `/bucket/a%20b/../c%2Bd`. Dots stay: whoever resolves them on the way breaks the signature, and
 * is found out.
 *
 * @throws {URIError} for a key with half a surrogate pair, which has no bytes.
 */
export function objectPath(endpoint: URL, bucket?: string, key?: string): string {
  const parts = [bucket, key].filter((part) => part !== undefined).join("/").split("/");
  return `${prefixOf(endpoint)}/${parts.map(encode).join("/")}`;
}

/** The endpoint's own path, encoded as S3 encodes it: a signature covers it too. */
function prefixOf(endpoint: URL): string {
  const path = endpoint.pathname.replace(/\/$/, "");
  try {
    return path.split("/").map((part) => encode(decodeURIComponent(part))).join("/");
  } catch {
    return path;
  }
}

/** Signs a request, or leaves it anonymous where there is no key. */
export async function signRequest(
  request: StoreRequest,
  options: SigningOptions,
): Promise<SignedRequest> {
  const { method, query = {}, headers = [], body, presign = false, anonymous = false } = request;
  const { endpoint, region, credentials } = options;
  const path = objectPath(endpoint, request.bucket, request.key);
  // Only its host is signed; the path is put into the signer below, for `new URL` resolves dots.
  const url = new URL(`${endpoint.protocol}//${options.host ?? endpoint.host}/`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const extra = Object.entries(options.headers);
  const unsigned: [string, string][] = [
    ["User-Agent", "edge-repro"],
    ["Accept", "*/*"],
    ...extra.filter(([name]) => !name.startsWith("x-amz-")),
  ];
  const signable: [string, string][] = [
    ...extra.filter(([name]) => name.startsWith("x-amz-")),
    ...headers.map(([name, value]): [string, string] => [name, value]),
  ];
  if (anonymous || credentials === undefined) {
    const search = canonicalQuery(Object.entries(query));
    return {
      method,
      path: search === "" ? path : `${path}?${search}`,
      shownPath: path,
      headers: [["Host", url.host], ...unsigned, ...signable],
    };
  }
  const sha256 = request.contentSha256 ??
    (body === undefined ? EMPTY_SHA256 : createHash("sha256").update(body).digest("hex"));
  if (presign) url.searchParams.set("X-Amz-Expires", String(options.expiresSeconds));
  const signer = new AwsV4Signer({
    method,
    url: url.href,
    headers: presign ? signable : [...signable, ["x-amz-content-sha256", sha256]],
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    ...(credentials.sessionToken !== undefined && { sessionToken: credentials.sessionToken }),
    service: "s3",
    region,
    datetime: new Date(options.atMs).toISOString().replace(/[:-]|\.\d{3}/g, ""),
    signQuery: presign,
  });
  // aws4fetch 1.0.20 takes a plain `+` of a path for a space, and what `new URL` made of `..`.
  signer.encodedPath = path;
  await signer.sign();
  // What was signed is what is sent: URLSearchParams alone would write a space as `+`.
  const search = canonicalQuery([...signer.url.searchParams]);
  return {
    method,
    path: search === "" ? path : `${path}?${search}`,
    shownPath: path,
    headers: [["Host", url.host], ...unsigned, ...signer.headers],
  };
}

function canonicalQuery(entries: [string, string][]): string {
  return entries.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
}
