// A request's target as the client sent it, and the one form of it that signatures are made over.

/** Path and query of a request, still percent-encoded, byte for byte as the client sent them. */
export interface Target {
  /** Begins with a slash. */
  path: string;
  /** Without the question mark; empty where there is none. */
  query: string;
}

/**
 * Takes path and query from a request's URL without normalising them: `new URL()` would resolve `..`,
 * which a key may contain. `Deno.serve` (Deno 2.9) hands on the raw target. What follows a `#` is no
 * part of it.
 *
 * @example
 * ```ts
 * import { targetOf } from "./target.ts";
 *
 * console.log(targetOf("http://127.0.0.1:9000/b/a/../k%20?x")); // { path: "/b/a/../k%20", query: "x" }
 * ```
 */
export function targetOf(url: string): Target {
  const hash = url.indexOf("#");
  const whole = hash === -1 ? url : url.slice(0, hash);
  const authority = whole.indexOf("://") + 3;
  const slash = whole.indexOf("/", authority);
  const mark = whole.indexOf("?", authority);
  const end = mark === -1 ? whole.length : mark;
  return {
    path: slash === -1 || slash > end ? "/" : whole.slice(slash, end),
    query: mark === -1 ? "" : whole.slice(mark + 1),
  };
}

const NOT_PLAIN_IN_PATH = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~/]/gu;
const NOT_PLAIN_IN_QUERY = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~]/gu;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;
const utf8 = new TextEncoder();

/**
 * The path in the form that S3 signs: decoded and encoded again, so that clients which differ in what
 * they percent-encode sign the same. Only letters, digits and `-._~/` stay as they are, dot segments
 * and empty ones too; escapes that are no UTF-8 stay escapes. A `+` is a plus.
 */
export function canonicalPath(path: string): string {
  return path.replaceAll(
    NOT_PLAIN_IN_PATH,
    (piece) => piece.toUpperCase() === "%2F" ? "/" : encoded(piece),
  );
}

/**
 * The query in the form that S3 signs: each name and value decoded and encoded again, ordered by name
 * and then by value. A `+` is a space, as `URLSearchParams` has it.
 *
 * @param without The name of a parameter to leave out, as it stands in the query.
 */
export function canonicalQuery(query: string, without?: string): string {
  if (query === "") return "";
  const pairs: [name: string, value: string][] = [];
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = equals === -1 ? pair : pair.slice(0, equals);
    if (name === without) continue;
    pairs.push([canonicalPiece(name), equals === -1 ? "" : canonicalPiece(pair.slice(equals + 1))]);
  }
  return pairs
    .sort(([a, x], [b, y]) => a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0)
    .map(([name, value]) => `${name}=${value}`).join("&");
}

function canonicalPiece(piece: string): string {
  return piece.replaceAll("+", "%20").replaceAll(NOT_PLAIN_IN_QUERY, encoded);
}

/** One escape, or one character that is to become escapes. */
function encoded(piece: string): string {
  if (piece.length === 3 && piece.startsWith("%")) {
    const character = String.fromCharCode(parseInt(piece.slice(1), 16));
    return UNRESERVED.test(character) ? character : piece.toUpperCase();
  }
  return [...utf8.encode(piece)]
    .map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("");
}
