// What an S3 store answers instead of doing it, in a line for people: the cause and the next step.

import { XMLParser } from "fast-xml-parser";

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
}

/** The elements of an S3 error that something is made of here. */
export interface S3ErrorDocument {
  /** The code that S3's reference lists. */
  code: string;
  /** The store's own sentence; may repeat parts of the request. */
  message: string;
  /** The region that it should have been. */
  region: string | undefined;
  /** The host that it should have been. */
  endpoint: string | undefined;
}

/** More text than this is no error document, in characters. */
const LONGEST_ERROR = 64 * 1024;

/** The error that a store answered with; undefined for anything else. */
export function parseS3Error(text: string): S3ErrorDocument | undefined {
  if (text.length > LONGEST_ERROR || !/<Error[\s>]/.test(text) || text.includes("<!")) {
    return undefined;
  }
  const error = elementOf(text, "Error");
  const of = (name: string) => {
    const value = error?.[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const code = of("Code");
  if (code === undefined) return undefined;
  return {
    code,
    message: of("Message") ?? "",
    region: of("Region"),
    endpoint: of("Endpoint"),
  };
}

/**
 * The root element of an XML document, if it has that name: its children by name, lists as arrays.
 * Namespaces' prefixes are dropped, entities of a document's own are not read.
 */
export function elementOf(text: string, name: string): Record<string, unknown> | undefined {
  let document: Record<string, unknown>;
  try {
    document = parser.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const root = document[name];
  if (root === "") return {};
  return typeof root === "object" && root !== null && !Array.isArray(root)
    ? root as Record<string, unknown>
    : undefined;
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  removeNSPrefix: true,
  parseTagValue: false,
  processEntities: { enabled: true, maxTotalExpansions: 100_000, maxExpandedLength: 4 << 20 },
  trimValues: false,
});

/** Words that a store's own sentence may not bring into ours: it can repeat what was signed. */
function plain(message: string): string {
  const line = message.replace(/[\s\p{Cc}]+/gu, " ").trim().replace(/\.$/, "");
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

const WORDS: Readonly<Record<string, (refusal: Refusal, error: S3ErrorDocument) => string>> = {
  InvalidAccessKeyId: () =>
    "the store does not know the access key id: check AWS_ACCESS_KEY_ID (or R2_ACCESS_KEY_ID), " +
    "and that the key is one of this store",
  SignatureDoesNotMatch: ({ region }) =>
    "the signature does not match: check the secret access key first, then the region " +
    `(signed for '${region}') and whether something on the way changes path or Host`,
  RequestTimeTooSkewed: skew,
  RequestExpired: skew,
  ExpiredToken: () => "the session token has expired: get a new one",
  InvalidToken: () => "the store does not accept the session token: check AWS_SESSION_TOKEN",
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

function skew({ headers, atMs }: Refusal): string {
  const theirs = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(theirs)) return "the clocks of this machine and the store differ too much";
  const seconds = Math.round((atMs - theirs) / 1_000);
  const how = seconds >= 0 ? "ahead of" : "behind";
  return `this machine's clock is ${Math.abs(seconds)} s ${how} the store's: set it right`;
}

function wrongRegion({ region, headers }: Refusal, error: S3ErrorDocument): string {
  // AWS names it in an element, MinIO and others in the sentence: "expecting 'eu-west-1'".
  const right = error.region ?? headers.get("x-amz-bucket-region") ??
    /expect\w*\s+['"]?([a-z][a-z0-9-]*)['"]?/.exec(error.message)?.[1];
  return right === undefined || right === region
    ? `the store refuses region '${region}': ${plain(error.message)}`
    : `the request was for region '${region}', expected '${right}': give --region ${right}`;
}

function denied({ permission, signed }: Refusal): string {
  return signed
    ? `access denied: the key needs the permission ${permission}`
    : "access denied, and the request was not signed: set AWS_ACCESS_KEY_ID and " +
      "AWS_SECRET_ACCESS_KEY (or R2_*), or name a profile with --profile";
}

function redirected(refusal: Refusal, error?: S3ErrorDocument): string {
  const { headers, region, at } = refusal;
  const right = headers.get("x-amz-bucket-region") ?? error?.region;
  if (right !== undefined && right !== null && right !== region) {
    return `the bucket is in region '${right}', not '${region}': give --region ${right} and that ` +
      "region's endpoint as --target";
  }
  const elsewhere = error?.endpoint ?? locationOf(headers, at);
  return elsewhere === undefined
    ? "the store redirects and does not say where: check --target and --region"
    : `the store redirects to ${elsewhere}: give that as --target`;
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
  const { tried, at, status, headers, text } = refusal;
  const begin = `Cannot ${tried} at ${at}:`;
  const error = parseS3Error(text);
  if (error !== undefined) {
    const words = WORDS[error.code];
    const why = words?.(refusal, error) ?? `${plain(error.message) || `status ${status}`}`;
    return `${begin} ${why} (${plain(error.code)})`;
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
  return `${begin} ${notS3(status, headers)}`;
}

/** Why an answer is none of an S3 store's, and where one might be. */
export function notS3(status: number, headers: Headers): string {
  const type = headers.get("content-type")?.split(";", 1)[0]?.trim().slice(0, 60);
  const what = type === undefined || type === "" ? "no content type" : `'${plain(type)}'`;
  return `it answers, but not as S3: received ${status} with ${what}, expected S3's XML; ` +
    "give the S3 endpoint as --target, not a console or a website";
}

/** Whether a header is one of a store's: they number their requests. */
function looksLikeS3(headers: Headers): boolean {
  return headers.has("x-amz-request-id") || headers.has("x-amz-id-2") ||
    headers.has("x-amz-bucket-region");
}
