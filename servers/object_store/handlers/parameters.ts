// What the operations that list read from their query.

import { invalidArgument } from "../../s3/errors.ts";

/** The largest number that S3 takes, beyond which it refuses instead of giving less. */
const MAX_INTEGER = 2_147_483_647;

/**
 * How many entries a page may have.
 *
 * @param most The most there are in one page; a larger number is taken for this one.
 * @throws {S3Error} `InvalidArgument` (400) for what is no whole number from 0 on.
 */
export function pageSize(query: URLSearchParams, name: string, most = 1_000): number {
  return Math.min(wholeNumber(query, name) ?? most, most);
}

/**
 * A whole number from 0 on; undefined where the parameter is not there.
 *
 * @throws {S3Error} `InvalidArgument` (400) for anything else.
 */
export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  // A form that is left empty asks for nothing.
  if (text === null || text === "") return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value <= MAX_INTEGER) return value;
  throw invalidArgument(
    `Expected ${name} from 0 to ${MAX_INTEGER}`,
    name,
    text,
  );
}

/**
 * How names are written: as they are, or percent-encoded with `encoding-type=url`, which lets through
 * what XML cannot carry. A slash stays a slash; a space is `%20`, which all clients decode.
 *
 * @throws {S3Error} `InvalidArgument` (400) for another encoding.
 */
export function nameEncoder(query: URLSearchParams): (name: string) => string {
  const type = query.get("encoding-type");
  if (type === null) return (name) => name;
  if (type === "url") return (name) => encodeURIComponent(name).replaceAll("%2F", "/");
  throw invalidArgument("Expected encoding-type=url, or none.", "encoding-type", type);
}
