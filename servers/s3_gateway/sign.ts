// Signs a request to a backend (Signature Version 4, in its header fields).

import { AwsV4Signer } from "aws4fetch";
import type { BackendKey } from "./config.ts";

/** A request to sign. */
export interface Unsigned {
  /** In upper case. */
  method: string;
  /** Scheme, host and port. */
  origin: string;
  /** Percent-encoded as S3 signs it, each segment as it is to stay. */
  path: string;
  /** Percent-encoded likewise; without a question mark, empty for none. */
  query: string;
  /** The header fields, without `Host`. All but a few that proxies change are signed. */
  headers: Headers;
  /** `x-amz-content-sha256`. */
  payloadHash: string;
}

/** What requests are signed for and by. */
export interface Signing {
  /** Undefined leaves them unsigned. */
  key: BackendKey | undefined;
  /** The backend's region. */
  region: string;
  /** The world's time, in milliseconds. */
  nowMs: number;
}

/** Keys of a day and a region, as the signer keeps them; temporary ones are never asked for again. */
const signingKeys = new Map<string, ArrayBuffer>();
const MAX_SIGNING_KEYS = 256;

/** The header fields of a request with those of its signature. */
export async function signed(request: Unsigned, signing: Signing): Promise<Headers> {
  const { method, origin, path, query, payloadHash } = request;
  const { key, region, nowMs } = signing;
  const headers = new Headers(request.headers);
  headers.set("x-amz-content-sha256", payloadHash);
  if (key === undefined) return headers;
  if (signingKeys.size > MAX_SIGNING_KEYS) signingKeys.clear();
  const { accessKeyId, secretAccessKey, sessionToken } = key;
  const signer = new AwsV4Signer({
    method,
    url: origin,
    headers,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    service: "s3",
    region,
    datetime: new Date(nowMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, ""),
    cache: signingKeys,
  });
  // From a URL it would take them with dot segments resolved, and a plus for a space.
  signer.encodedPath = path;
  signer.encodedSearch = query;
  signer.canonicalHeaders = canonicalFields(signer);
  return (await signer.sign()).headers;
}

/**
 * The signed fields as text. The signer hashes it as UTF-8, while a field's value is a string of bytes,
 * which in most cases are UTF-8 (aws4fetch 1.0.20 would hash the code of each byte).
 */
function canonicalFields({ signableHeaders, headers, url }: AwsV4Signer): string {
  return signableHeaders.map((name) => {
    const value = name === "host" ? url.host : headers.get(name) ?? "";
    return `${name}:${asText(value.replaceAll(/[ \t]+/g, " ").trim())}`;
  }).join("\n");
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function asText(value: string): string {
  if (/^[ -~]*$/.test(value)) return value;
  try {
    return utf8.decode(Uint8Array.from(value, (character) => character.charCodeAt(0)));
  } catch {
    return value;
  }
}
