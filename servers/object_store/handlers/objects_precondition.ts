// Preconditions of reads, as RFC 9110 orders them and S3 answers them.

import type { ObjectRecord } from "../storage.ts";

/** What a precondition comes to: go on, answer 304, or answer 412. */
export type PreconditionResult = "proceed" | "not-modified" | "failed";

const MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
const DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun";
/** The three formats of RFC 9110 §5.6.7; the last is in GMT without saying so. */
const IMF_FIXDATE = new RegExp(`^(${DAYS}), \\d{2} (${MONTHS}) \\d{4} \\d{2}:\\d{2}:\\d{2} GMT$`);
const RFC850 = new RegExp(`^[A-Z][a-z]+day, \\d{2}-(${MONTHS})-\\d{2} \\d{2}:\\d{2}:\\d{2} GMT$`);
const ASCTIME = new RegExp(`^(${DAYS}) (${MONTHS}) [ \\d]\\d \\d{2}:\\d{2}:\\d{2} \\d{4}$`);

/** The seconds since the Unix epoch that an HTTP date says, or undefined where it is none. */
export function parseHttpDate(text: string): number | undefined {
  const known = IMF_FIXDATE.test(text) || RFC850.test(text)
    ? text
    : ASCTIME.test(text)
    ? `${text} GMT`
    : "";
  const ms = Date.parse(known);
  return Number.isNaN(ms) ? undefined : ms / 1_000;
}

/**
 * Whether a list of entity tags has this one. Tags without quotes are taken too, as S3 does.
 *
 * @param weak Whether `W/"..."` may match: in If-None-Match it may (RFC 9110 §13.1.2).
 */
export function matchesEtag(list: string, etag: string, weak: boolean): boolean {
  return list.split(",").some((item) => {
    const tag = item.trim();
    if (tag === "*") return true;
    const isWeak = tag.startsWith("W/");
    return (weak || !isWeak) && (isWeak ? tag.slice(2) : tag).replace(/^"(.*)"$/, "$1") === etag;
  });
}

/**
 * Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of
 * RFC 9110 §13.2.2: a date counts only where the tag condition of its kind is not there.
 *
 * @param prefix What stands before the fields' names: `x-amz-copy-source-` where the source of a copy
 * is judged.
 */
export function precondition(
  headers: Headers,
  object: Pick<ObjectRecord, "etag" | "lastModifiedMs">,
  prefix = "",
): PreconditionResult {
  const modified = Math.floor(object.lastModifiedMs / 1_000);
  const field = (name: string) => headers.get(prefix + name);
  const date = (name: string) => parseHttpDate(field(name) ?? "");

  const ifMatch = field("if-match");
  if (ifMatch !== null) {
    if (!matchesEtag(ifMatch, object.etag, false)) return "failed";
  } else {
    const unmodifiedSince = date("if-unmodified-since");
    if (unmodifiedSince !== undefined && modified > unmodifiedSince) return "failed";
  }
  const ifNoneMatch = field("if-none-match");
  if (ifNoneMatch !== null) {
    return matchesEtag(ifNoneMatch, object.etag, true) ? "not-modified" : "proceed";
  }
  const modifiedSince = date("if-modified-since");
  return modifiedSince !== undefined && modified <= modifiedSince ? "not-modified" : "proceed";
}

/**
 * Whether a Range is to be heeded, by If-Range (RFC 9110 §13.1.5): the tag compares strongly, the date
 * exactly.
 */
export function rangeHolds(
  headers: Headers,
  object: Pick<ObjectRecord, "etag" | "lastModifiedMs">,
): boolean {
  const ifRange = headers.get("if-range")?.trim();
  if (ifRange === undefined) return true;
  const date = parseHttpDate(ifRange);
  if (date !== undefined) return date === Math.floor(object.lastModifiedMs / 1_000);
  return ifRange !== "*" && !ifRange.includes(",") && matchesEtag(ifRange, object.etag, false);
}
