// Who sent a request and what it carries: the signature is checked here, the content while it is read.

import type { Clock } from "../../lab/clock.ts";
import type { ChunkSigner } from "./aws_chunked.ts";
import { type Claim, readClaim } from "./claim.ts";
import { type ContentClaims, readContentClaims } from "./content_claims.ts";
import { S3Error } from "./error.ts";
import type { Payload } from "./payload.ts";
import { ReceivedPayload } from "./received_payload.ts";
import { canonicalRequest, requestSignature, sameSignature, signingKey } from "./sigv4.ts";
import { canonicalPath, canonicalQuery, type Target, targetOf } from "./target.ts";

/** A request whose signature holds, or which has none. */
export interface Signed {
  /** Who signed it; null for a request without any signature. */
  accessKeyId: string | null;
  /** What it carries. */
  payload: Payload;
  /** What it says of that. */
  claims: ContentClaims;
}

/** What signatures are checked against. */
export interface AuthenticateOptions {
  /**
   * The secret of an access key id; undefined for one that is not known.
   *
   * @param sessionToken The session token that came with it, where one did.
   * @throws {S3Error} for a session token that does not hold.
   */
  secretOf(accessKeyId: string, sessionToken: string | undefined): string | undefined;
  /** The regions that a signature may name. The first is told to who names another. */
  regions: readonly string[];
  /** The time by which signatures expire. */
  clock: Pick<Clock, "now">;
}

/** By how much a client's clock may differ. Source: S3 API reference, `RequestTimeTooSkewed`. */
const MAX_SKEW_MS = 15 * 60_000;

/**
 * Checks the signature of a request to S3, in its Authorization field or presigned in its query, by
 * Signature Version 4. Reads nothing of the content: its payload is checked while it is read.
 *
 * What a client percent-encodes of the path makes no difference, as long as it decodes to what was
 * signed; a path signed just as it was sent holds too. `host` and each `x-amz-*` field must be signed;
 * `x-amz-content-sha256` is part of what is signed in any case. A session token is signed like any
 * field; what it is worth is for `secretOf` to say.
 *
 * Source: S3 API reference, "Authenticating Requests (AWS Signature Version 4)".
 *
 * @throws {S3Error} `AccessDenied`, `InvalidAccessKeyId`, `RequestTimeTooSkewed` or
 * `SignatureDoesNotMatch` (403), `AuthorizationHeaderMalformed`, `AuthorizationQueryParametersError`,
 * `InvalidArgument`, `InvalidDigest` or `InvalidRequest` (400), `MissingContentLength` (411),
 * `NotImplemented` (501).
 */
export function authenticate(request: Request, options: AuthenticateOptions): Signed {
  const { headers } = request;
  const target = targetOf(request.url);
  const query = new URLSearchParams(target.query);
  const date = headers.get("x-amz-date") ?? headers.get("date");
  const claim = readClaim(headers.get("authorization"), date, query, options.regions);
  const sha256 = payloadHashOf(headers, query, claim);
  const session = headers.get("x-amz-security-token") ?? query.get("X-Amz-Security-Token");
  const signer = claim &&
    checkClaim(request, target, claim, sha256, session ?? undefined, options);
  // The checksum that completes a multipart upload is the object's, not that of the list of parts.
  const ofContent = !(request.method === "POST" && query.has("uploadId"));
  const claims = readContentClaims(headers, sha256, ofContent);
  if (signer === undefined && claims.framing.startsWith("signed")) {
    throw new S3Error("AccessDenied", 403, "Chunks are signed, but the request is not.");
  }
  return {
    accessKeyId: claim?.accessKeyId ?? null,
    payload: new ReceivedPayload(request, claims, signer),
    claims,
  };
}

/** What stands in the place of the content's hash in what is signed. */
function payloadHashOf(headers: Headers, query: URLSearchParams, claim: Claim | undefined): string {
  const field = headers.get("x-amz-content-sha256");
  if (claim?.from !== "header") {
    return query.get("X-Amz-Content-Sha256") ?? field ?? "UNSIGNED-PAYLOAD";
  }
  if (field !== null) return field;
  throw new S3Error(
    "InvalidRequest",
    400,
    "A signed request needs the x-amz-content-sha256 header.",
  );
}

/** Returns what the content's chunks are signed with, should they be. */
function checkClaim(
  request: Request,
  target: Target,
  claim: Claim,
  payloadHash: string,
  session: string | undefined,
  { clock, secretOf }: AuthenticateOptions,
): ChunkSigner {
  checkTime(claim, clock.now());
  const secret = secretOf(claim.accessKeyId, session);
  if (secret === undefined) {
    throw new S3Error("InvalidAccessKeyId", 403, "The access key id is not known here.");
  }
  checkSignedHeaders(request.headers, claim.signedHeaders);
  const { scope, timestamp, signature: seed } = claim;
  const key = signingKey(secret, scope);
  const query = canonicalQuery(
    target.query,
    claim.from === "query" ? "X-Amz-Signature" : undefined,
  );
  const header = (name: string) => request.headers.get(name) ?? hostOf(request.url, name);
  const { method } = request;
  const { signedHeaders } = claim;
  for (const path of new Set([canonicalPath(target.path), target.path])) {
    const parts = { method, path, query, signedHeaders, header, payloadHash };
    const expected = requestSignature(key, timestamp, scope, canonicalRequest(parts));
    if (sameSignature(expected, seed)) return { key, timestamp, scope, seed };
  }
  throw new S3Error(
    "SignatureDoesNotMatch",
    403,
    "The signature is not that of this request: check the secret key and the way it is signed.",
  );
}

/** HTTP/2 has the host in the URL alone, and so has a request made in memory. */
function hostOf(url: string, name: string): string {
  return name === "host" ? /:\/\/([^/?#]*)/.exec(url)?.[1] ?? "" : "";
}

function checkTime(claim: Claim, nowMs: number): void {
  const aheadMs = claim.signedAtMs - nowMs;
  if (claim.expiresS === undefined) {
    if (Math.abs(aheadMs) <= MAX_SKEW_MS) return;
    throw new S3Error(
      "RequestTimeTooSkewed",
      403,
      "The time of the request and the time of the server are too far apart.",
      {
        RequestTime: claim.timestamp,
        ServerTime: new Date(nowMs).toISOString(),
        MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
      },
    );
  }
  if (aheadMs > MAX_SKEW_MS) throw new S3Error("AccessDenied", 403, "The URL is not valid yet.");
  const expiresMs = claim.signedAtMs + claim.expiresS * 1000;
  if (nowMs <= expiresMs) return;
  throw new S3Error("AccessDenied", 403, "The URL has expired.", {
    "X-Amz-Expires": String(claim.expiresS),
    Expires: new Date(expiresMs).toISOString(),
    ServerTime: new Date(nowMs).toISOString(),
  });
}

function checkSignedHeaders(headers: Headers, signed: readonly string[]): void {
  const missing = signed.includes("host") ? [] : ["host"];
  for (const [name] of headers) {
    if (!name.startsWith("x-amz-") || name === "x-amz-content-sha256") continue;
    if (!signed.includes(name)) missing.push(name);
  }
  if (missing.length === 0) return;
  throw new S3Error("AccessDenied", 403, "Some headers of the request are not signed.", {
    HeadersNotSigned: missing.join(", "),
  });
}
