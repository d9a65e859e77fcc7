// What an S3 store answers instead of doing it, in a line for people: the cause and the next step.

import { parseS3Error, type S3ErrorDocument } from "./error_document.ts";

export { elementOf } from "./error_document.ts";

/** An answer that is not what was asked for, and the circumstances. */
export interface Refusal {
  /** What was tried, such as `create bucket 'b'`. */
  tried: string;
  /** The permission that it takes, such as `s3:CreateBucket`. */
  permission: string;
  /** Where it was tried: scheme, host, port and path prefix, no user and no query. */
  at: string;
  /** The bucket, if the request named one. */
  bucket: string | undefined;
  /** What the request was signed for. */
  region: string;
  /** Whether it was signed. */
  signed: boolean;
  /** The status. */
  status: number;
  /** The header fields. */
  headers: Headers;
  /** The content. */
  text: string;
  /** The time of this machine at which the answer came, in milliseconds since the Unix epoch. */
  atMs: number;
  /** Takes secrets out of what the store says. */
  hide: (text: string) => string;
}

/** More of a name is not shown, in characters: a host has at most 253 (RFC 1035 §2.3.4). */
const LONGEST_NAME = 280;

/** A clock that differs by more is refused, in seconds (S3 API reference, RequestTimeTooSkewed). */
const MAX_SKEW_SECONDS = 900;

/** The store's own words, in one short line without what they repeat of the request. */
function plain(text: string, hide: Refusal["hide"], longest = 200): string {
  const line = hide(text).replace(/[\s\p{Cc}]+/gu, " ").trim().replace(/\.$/, "");
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

const WORDS: Readonly<Record<string, (refusal: Refusal, error: S3ErrorDocument) => string>> = {
  InvalidAccessKeyId: unknownKey,
  XAdminUserNotFound: unknownKey, // versitygw 1.8
  SignatureDoesNotMatch: ({ region }) =>
    "the signature does not match: check the secret access key first, then the region " +
    `(signed for '${region}') and whether something on the way changes path or Host`,
  RequestTimeTooSkewed: skew,
  RequestExpired: skew,
  ExpiredToken: () => "the session token has expired: get a new one",
  InvalidToken: badToken,
  InvalidTokenId: badToken, // MinIO
  AuthorizationHeaderMalformed: wrongRegion,
  AuthorizationQueryParametersError: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  InvalidRegion: wrongRegion,
  InvalidRegionName: wrongRegion,
  NoSuchBucket: ({ bucket }) =>
    `there is no bucket '${bucket ?? ""}': make it, or name another with --bucket`,
  NoSuchKey: () => "there is no such object",
  BucketNotEmpty: ({ bucket }) => `bucket '${bucket ?? ""}' is not empty: remove its objects first`,
  BucketAlreadyExists: ({ bucket }) =>
    `the bucket name '${bucket ?? ""}' is someone else's: name a bucket of yours with --bucket`,
  TooManyBuckets: () => "the account has as many buckets as it may: name one with --bucket",
  AccessDenied: denied,
  AllAccessDisabled: denied,
  AccountProblem: denied,
  Unauthorized: denied,
  MissingSecurityHeader: denied,
  PermanentRedirect: redirected,
  TemporaryRedirect: redirected,
  Redirect: redirected,
  SlowDown: () => "the store asks for fewer requests: try again later",
  ServiceUnavailable: () => "the store is not available just now: try again later",
  InternalError: () => "the store failed by itself: try again, then look at its log",
  NotImplemented: () => "the store does not do this",
  EntityTooLarge: () => "the object is too large for the store: give a smaller --size",
  XMinioStorageFull: () => "the store's disk is full",
  InsufficientStorage: () => "the store is full",
  QuotaExceeded: () => "the quota of the bucket is used up",
};

function unknownKey(): string {
  return "the store does not know the access key id: check AWS_ACCESS_KEY_ID (or " +
    "R2_ACCESS_KEY_ID), and that the key is one of this store";
}

function badToken(): string {
  return "the store does not accept the session token: check AWS_SESSION_TOKEN";
}

/** By how much this machine's clock is ahead of the store's, in seconds, where the store says. */
function secondsAhead({ headers, atMs }: Refusal): number | undefined {
  const theirs = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(theirs) ? undefined : Math.round((atMs - theirs) / 1_000);
}

function skew(refusal: Refusal): string {
  const seconds = secondsAhead(refusal);
  if (seconds === undefined) return "the clocks of this machine and the store differ too much";
  const how = seconds >= 0 ? "ahead of" : "behind";
  return `this machine's clock is ${Math.abs(seconds)} s ${how} the store's: set it right`;
}

function wrongRegion({ region, headers, hide }: Refusal, error: S3ErrorDocument): string {
  // AWS names it in an element, MinIO and others in the sentence: "expecting 'eu-west-1'".
  const right = error.region ?? headers.get("x-amz-bucket-region") ??
    /expect\w*\s+['"]?([a-z][a-z0-9-]*)['"]?/.exec(error.message)?.[1];
  if (right !== undefined && right !== region) {
    const named = plain(right, hide, LONGEST_NAME);
    return `the request was for region '${region}', expected '${named}': give --region ${named}`;
  }
  const why = plain(error.message, hide);
  return /region|location/i.test(`${error.code} ${why}`)
    ? `the store refuses region '${region}': ${why}`
    : why;
}

function denied(refusal: Refusal, error?: S3ErrorDocument): string {
  const { permission, signed } = refusal;
  if (!signed) {
    return "access denied, and the request was not signed: set AWS_ACCESS_KEY_ID and " +
      "AWS_SECRET_ACCESS_KEY (or R2_*), or name a profile with --profile";
  }
  // A link of the wrong time is refused in these words, and anything asked for with HEAD in none.
  if (Math.abs(secondsAhead(refusal) ?? 0) > MAX_SKEW_SECONDS) return skew(refusal);
  return error === undefined
    ? "access denied, and the answer does not say why: check the key and its secret, and that it " +
      `has the permission ${permission}`
    : `access denied: the key needs the permission ${permission}`;
}

function redirected(refusal: Refusal, error?: S3ErrorDocument): string {
  const { headers, region, at, hide } = refusal;
  const said = headers.get("x-amz-bucket-region") ?? error?.region;
  if (said !== undefined && said !== null && said !== region) {
    const right = plain(said, hide, LONGEST_NAME);
    return `the bucket is in region '${right}', not '${region}': give --region ${right} and that ` +
      "region's endpoint as --target";
  }
  const elsewhere = error?.endpoint ?? locationOf(headers, at);
  return elsewhere === undefined
    ? "the store redirects and does not say where: check --target and --region"
    : `the store redirects to ${plain(elsewhere, hide, LONGEST_NAME)}: give that as --target`;
}

/** Scheme and host of a Location; its path and query may hold what is nobody else's business. */
function locationOf(headers: Headers, base: string): string | undefined {
  const location = headers.get("location");
  if (location === null || !URL.canParse(location, base)) return undefined;
  return new URL(location, base).origin;
}

/**
 * The line for an answer that refuses what was asked. It never holds a key, a signature or a token,
 * and of a sentence of the store's own only what is said of a code not known here.
 */
export function describeRefusal(refusal: Refusal): string {
  const { tried, at, status, headers, text, hide } = refusal;
  const begin = `Cannot ${tried} at ${at}:`;
  const error = parseS3Error(text);
  if (error !== undefined) {
    const words = WORDS[error.code];
    const why = words?.(refusal, error) ?? (plain(error.message, hide) || `status ${status}`);
    return `${begin} ${why} (${plain(error.code, hide)})`;
  }
  if (status === 501 || status === 405) {
    return `${begin} it answers ${status}, and not as S3: expected the endpoint of an S3 API`;
  }
  // An answer to HEAD has no content, and some stores leave it out elsewhere too.
  if (text === "" && looksLikeS3(headers)) {
    if (status === 403 || status === 401) return `${begin} ${denied(refusal)} (${status})`;
    if (status === 404) return `${begin} there is no such bucket or object (404)`;
    if (status === 400 && headers.has("x-amz-bucket-region")) {
      return `${begin} ${redirected(refusal)} (400)`;
    }
    if (status === 301 || status === 307) return `${begin} ${redirected(refusal)} (${status})`;
    return `${begin} the store answers ${status} and does not say why`;
  }
  if (status >= 300 && status < 400) return `${begin} ${redirected(refusal)} (${status})`;
  return `${begin} ${notS3(status, headers, hide)}`;
}

/** What is said of every answer that is none of an S3 store's. */
export const NOT_AS_S3 = "it answers, but not as S3";

/** Why an answer is none of an S3 store's, and where one might be. */
export function notS3(status: number, headers: Headers, hide: Refusal["hide"]): string {
  const type = plain(headers.get("content-type")?.split(";", 1)[0] ?? "", hide, 60);
  const what = type === "" ? "no content type" : `'${type}'`;
  return `${NOT_AS_S3}: received ${status} with ${what}, expected S3's XML; ` +
    "give the S3 endpoint as --target, not a console or a website";
}

/** Whether an answer without content may be a store's: they number their requests, or speak XML. */
function looksLikeS3(headers: Headers): boolean {
  const type = headers.get("content-type");
  return type === null || /\bxml\b/i.test(type) || STORE_FIELDS.some((name) => headers.has(name));
}

/** Fields that only stores have; the third is moto's, on answers that it labels as HTML. */
const STORE_FIELDS = [
  ...["x-amz-request-id", "x-amz-id-2", "x-amzn-requestid", "x-amz-bucket-region"],
];
