// What a request says about its signature, in its Authorization field or in its query, not yet believed.

import { S3Error } from "./error.ts";
import { ALGORITHM, type Scope } from "./sigv4.ts";

/** A signature and what it says that it is made of. */
export interface Claim {
  /** Where it stands: `header` is the Authorization field, `query` a presigned URL. */
  from: "header" | "query";
  /** Who signed. */
  accessKeyId: string;
  /** The day and region it is for. */
  scope: Scope;
  /** Names of the signed header fields, in lower case, in the order given. */
  signedHeaders: readonly string[];
  /** The signature. */
  signature: string;
  /** When it was made: `yyyymmddThhmmssZ`. */
  timestamp: string;
  /** The same in milliseconds since the Unix epoch. */
  signedAtMs: number;
  /** For how many seconds it is good; only of a presigned URL. */
  expiresS?: number;
}

/** Seven days. Source: S3 API reference, "Authenticating Requests: Using Query Parameters". */
const MAX_EXPIRES_S = 604_800;
const QUERY_FIELDS = ["Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires"];

/**
 * Reads what a request claims; undefined where it has no signature at all.
 *
 * @param authorization The Authorization field.
 * @param date `x-amz-date`, or else Date.
 * @param query The query.
 * @param regions The regions that may be named.
 * @throws {S3Error} `InvalidArgument`, `InvalidRequest`, `AuthorizationHeaderMalformed` or
 * `AuthorizationQueryParametersError` (400), or `AccessDenied` (403) where there is no date.
 */
export function readClaim(
  authorization: string | null,
  date: string | null,
  query: URLSearchParams,
  regions: readonly string[],
): Claim | undefined {
  const inQuery = QUERY_FIELDS.some((field) => query.has(`X-Amz-${field}`));
  if (authorization !== null && inQuery) {
    throw new S3Error(
      "InvalidArgument",
      400,
      "Only one way to sign is allowed: the Authorization header or X-Amz- query parameters.",
      { ArgumentName: "Authorization" },
    );
  }
  if (authorization !== null) return claimOfHeader(authorization, date, regions);
  if (inQuery) return claimOfQuery(query, regions);
  if (query.has("AWSAccessKeyId")) throw unsupportedVersion();
  return undefined;
}

function claimOfHeader(
  authorization: string,
  date: string | null,
  regions: readonly string[],
): Claim {
  const [scheme = "", ...rest] = authorization.trim().split(/\s+/);
  if (scheme === "AWS") throw unsupportedVersion();
  if (scheme !== ALGORITHM) {
    throw new S3Error("InvalidArgument", 400, `Unsupported authorization type, use ${ALGORITHM}.`, {
      ArgumentName: "Authorization",
    });
  }
  const fields = new Map<string, string>();
  for (const field of rest.join("").split(",")) {
    const equals = field.indexOf("=");
    const name = field.slice(0, Math.max(equals, 0));
    if (name === "" || fields.has(name)) {
      throw malformed("it is not a list of different NAME=VALUE pairs");
    }
    fields.set(name, field.slice(equals + 1));
  }
  const field = (name: string) => {
    const value = fields.get(name) ?? "";
    if (value === "") throw malformed(`${name} is missing`);
    return value;
  };
  const { accessKeyId, scope } = readCredential(field("Credential"), regions, malformed);
  const signedHeaders = readNames(field("SignedHeaders"), malformed);
  const signature = field("Signature");
  const signedAtMs = timeOf(date ?? "");
  if (date === null || signedAtMs === undefined) {
    throw new S3Error("AccessDenied", 403, "A signature needs a valid x-amz-date or Date header.");
  }
  const timestamp = timestampOf(signedAtMs);
  if (!timestamp.startsWith(scope.date)) {
    throw malformed("the date in its credential is not the date of the request");
  }
  return { from: "header", accessKeyId, scope, signedHeaders, signature, timestamp, signedAtMs };
}

function claimOfQuery(query: URLSearchParams, regions: readonly string[]): Claim {
  const parameter = (name: string) => {
    const [value = "", ...more] = query.getAll(`X-Amz-${name}`);
    if (value === "" || more.length > 0) {
      throw badQuery(
        `a signature in the query needs one of each: ${
          QUERY_FIELDS.map((field) => `X-Amz-${field}`).join(", ")
        }`,
      );
    }
    return value;
  };
  const values = QUERY_FIELDS.map(parameter);
  const [
    algorithm = "",
    credential = "",
    signature = "",
    timestamp = "",
    names = "",
    expires = "",
  ] = values;
  if (algorithm !== ALGORITHM) throw badQuery(`X-Amz-Algorithm must be ${ALGORITHM}`);
  const { accessKeyId, scope } = readCredential(credential, regions, badQuery);
  const signedAtMs = timeOf(timestamp);
  if (signedAtMs === undefined || timestampOf(signedAtMs) !== timestamp) {
    throw badQuery("X-Amz-Date must have the form yyyymmddThhmmssZ");
  }
  if (!timestamp.startsWith(scope.date)) {
    throw badQuery("the date in X-Amz-Credential is not that of X-Amz-Date");
  }
  const expiresS = /^\d{1,6}$/.test(expires) ? Number(expires) : 0;
  if (expiresS < 1 || expiresS > MAX_EXPIRES_S) {
    throw badQuery(`X-Amz-Expires must be a number of seconds from 1 to ${MAX_EXPIRES_S}`);
  }
  const signedHeaders = readNames(names, badQuery);
  const from = "query";
  return { from, accessKeyId, scope, signedHeaders, signature, timestamp, signedAtMs, expiresS };
}

type Refusal = (why: string, details?: Record<string, string>) => S3Error;

function readCredential(
  credential: string,
  regions: readonly string[],
  refusal: Refusal,
): { accessKeyId: string; scope: Scope } {
  const parts = credential.split("/");
  const [date = "", region = "", service = "", terminator = ""] = parts.slice(-4);
  // A key id may itself contain slashes.
  const accessKeyId = parts.slice(0, -4).join("/");
  if (parts.length < 5 || accessKeyId === "" || !/^\d{8}$/.test(date)) {
    throw refusal("its credential is not KEY/YYYYMMDD/REGION/s3/aws4_request");
  }
  if (terminator !== "aws4_request") throw refusal("its credential must end in aws4_request");
  if (service !== "s3") throw refusal("its credential is for another service than s3");
  if (!regions.includes(region)) {
    const expected = regions[0] ?? "";
    const why = `the region ${JSON.stringify(region)} is wrong, expected ${
      JSON.stringify(expected)
    }`;
    throw refusal(why, { Region: expected });
  }
  return { accessKeyId, scope: { date, region } };
}

function readNames(text: string, refusal: Refusal): string[] {
  const names = text.split(";");
  if (!names.every((name) => /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name))) {
    throw refusal("its signed headers are not names in lower case, separated by semicolons");
  }
  return names;
}

/** The time of `yyyymmddThhmmssZ` or of an HTTP date, in milliseconds; undefined for anything else. */
function timeOf(text: string): number | undefined {
  const iso = /^\d{8}T\d{6}Z$/.test(text)
    ? text.replace(/^(....)(..)(..)T(..)(..)/, "$1-$2-$3T$4:$5:")
    : undefined;
  if (iso === undefined && !/^[A-Z][a-z]{2}, .* (?:GMT|UTC|[+-]0000)$/.test(text)) return undefined;
  const ms = Date.parse(iso ?? text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A time as signatures have it: `yyyymmddThhmmssZ`. */
function timestampOf(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

function malformed(why: string, details: Record<string, string> = {}): S3Error {
  const message = `The authorization header is malformed: ${why}.`;
  return new S3Error("AuthorizationHeaderMalformed", 400, message, details);
}

function badQuery(why: string, details: Record<string, string> = {}): S3Error {
  const message = `The signature in the query is malformed: ${why}.`;
  return new S3Error("AuthorizationQueryParametersError", 400, message, details);
}

function unsupportedVersion(): S3Error {
  const message = `Signature version 2 is not supported, use ${ALGORITHM}.`;
  return new S3Error("InvalidRequest", 400, message);
}
