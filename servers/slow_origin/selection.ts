// Which part of a representation a request gets: all, none (304), or one byte range (206, 416).

/** The validators of a representation, as sent. */
export interface Validators {
  /** Its ETag. */
  etag: string | undefined;
  /** Its Last-Modified, an HTTP date. */
  lastModified: string | undefined;
}

/** A part of a representation, in bytes. */
export interface ByteRange {
  /** Where it begins. */
  from: number;
  /** How long it is. */
  length: number;
}

const opaque = (tag: string) => tag.replace(/^W\//, "");

/** Seconds since the epoch, the resolution of an HTTP date; NaN when it is none. */
const httpTime = (date: string) => Math.floor(Date.parse(date) / 1_000);

/**
 * Whether the client's copy is still good, so that 304 is the answer. If-None-Match is compared
 * weakly and shuts out If-Modified-Since (RFC 9110 §13.1.2, §13.1.3, §13.2.2).
 */
export function isNotModified(headers: Headers, { etag, lastModified }: Validators): boolean {
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null) {
    if (etag === undefined) return false;
    if (ifNoneMatch.trim() === "*") return true;
    const tags = ifNoneMatch.match(/(?:W\/)?"[^"]*"/g) ?? [];
    return tags.some((tag) => opaque(tag) === opaque(etag));
  }
  const since = headers.get("if-modified-since");
  if (since === null || lastModified === undefined) return false;
  return httpTime(lastModified) <= httpTime(since);
}

/** Whether If-Range, if there is one, lets the range through (RFC 9110 §13.1.5: strong only). */
function ifRangeHolds(headers: Headers, { etag, lastModified }: Validators): boolean {
  const ifRange = headers.get("if-range");
  if (ifRange === null) return true;
  if (ifRange.startsWith('"')) return ifRange === etag;
  return ifRange === lastModified;
}

/**
 * The single byte range that is asked for (RFC 9110 §14.1.2, §14.2).
 *
 * @param sizeBytes The size of the whole representation.
 * @returns `undefined` for all of it (no Range, more than one, not bytes, malformed, or If-Range does
 * not hold); `"unsatisfiable"` when no byte of it exists.
 */
export function selectRange(
  headers: Headers,
  sizeBytes: number,
  validators: Validators,
): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(headers.get("range")?.trim() ?? "");
  const [, first = "", last = ""] = match ?? [];
  if ((first === "" && last === "") || !ifRangeHolds(headers, validators)) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? "unsatisfiable" : { from: sizeBytes - length, length };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return undefined;
  if (from >= sizeBytes) return "unsatisfiable";
  const end = last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  return { from, length: end - from };
}
