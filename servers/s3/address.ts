// Which bucket and key a raw request target names, in its path or with the bucket in the host's name.

import { checkBucketName } from "./bucket_name.ts";
import { S3Error } from "./error.ts";

/** What the target of a request names. */
export interface Address {
  /** The bucket; empty where none is named. */
  bucket: string;
  /** The key, decoded; empty where none is named. */
  key: string;
  /** The query. */
  query: URLSearchParams;
}

/** The longest key, in bytes of UTF-8. Source: S3 User Guide, "Naming Amazon S3 objects". */
const MAX_KEY_BYTES = 1024;
const utf8 = new TextEncoder();

/**
 * Reads a raw request target: nothing in it is normalised, so that a key `a/../b` or `/x` is what it
 * says. A `+` in a path stands for itself.
 *
 * @param url The target as it came: a path with its query, or an absolute URL, as `Deno.serve` gives it.
 * @param host The `Host` field, where there is one; else the URL's authority is taken.
 * @param virtualHosts The server's own names, before which a bucket may stand: `BUCKET.NAME`. An
 *   address in the place of a name is never such a host.
 * @throws {S3Error} `InvalidURI`, `InvalidArgument`, `InvalidBucketName` or `KeyTooLongError`, all 400.
 */
export function resolveAddress(
  url: string,
  host: string | null,
  virtualHosts: readonly string[],
): Address {
  const { authority, path, search } = splitTarget(url);
  const query = parseQuery(search);
  const virtual = bucketOfHost(host ?? authority, virtualHosts);
  const slash = virtual === undefined ? path.indexOf("/", 1) : 0;
  const named = virtual ?? decode(path.slice(1, slash < 0 ? undefined : slash));
  const key = slash < 0 ? "" : decode(path.slice(slash + 1));
  if (named !== "" || key !== "") checkBucketName(named);
  checkKeyLength(key);
  return { bucket: named, key, query };
}

/**
 * Lets a key pass that is not too long.
 *
 * @throws {S3Error} `KeyTooLongError` (400) for one of more than 1,024 bytes of UTF-8.
 */
export function checkKeyLength(key: string): void {
  // A UTF-16 unit takes 3 bytes at most: short keys, nearly all there are, need no encoding.
  if (key.length * 3 <= MAX_KEY_BYTES) return;
  const size = utf8.encode(key).byteLength;
  if (size <= MAX_KEY_BYTES) return;
  throw new S3Error("KeyTooLongError", 400, "The key has more than 1,024 bytes.", {
    Size: String(size),
    MaxSizeAllowed: String(MAX_KEY_BYTES),
  });
}

function splitTarget(url: string): { authority: string; path: string; search: string } {
  // It has no place in a target, and servers do not agree on what it would mean there.
  if (url.includes("#")) throw invalidUri();
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?]*)(.*)$/is.exec(url);
  const rest = absolute?.[2] ?? url;
  const mark = rest.indexOf("?");
  const path = mark < 0 ? rest : rest.slice(0, mark);
  if (path !== "" && !path.startsWith("/")) throw invalidUri();
  return {
    authority: absolute?.[1] ?? "",
    path: path === "" ? "/" : path,
    search: mark < 0 ? "" : rest.slice(mark + 1),
  };
}

function parseQuery(search: string): URLSearchParams {
  try {
    decodeURIComponent(search);
  } catch {
    throw new S3Error("InvalidArgument", 400, "The query is not percent-encoded UTF-8.");
  }
  // The parser takes one leading `?` for the mark itself: it is given one, and keeps any other.
  return new URLSearchParams(`?${search}`);
}

function bucketOfHost(host: string, virtualHosts: readonly string[]): string | undefined {
  const name = host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
  const own = virtualHosts.map((one) => one.toLowerCase()).filter((one) => !isAddress(one));
  if (isAddress(name) || own.includes(name)) return undefined;
  const suffix = own.filter((one) => name.endsWith(`.${one}`))
    .reduce((longest, one) => one.length > longest.length ? one : longest, "");
  if (suffix === "") return undefined;
  const bucket = name.slice(0, -suffix.length - 1);
  checkBucketName(bucket);
  return bucket;
}

/** An IPv4 address, or an IPv6 one in brackets. */
function isAddress(host: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) || host.startsWith("[");
}

function decode(text: string): string {
  if (!text.isWellFormed()) throw invalidUri();
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidUri();
  }
}

function invalidUri(): S3Error {
  return new S3Error("InvalidURI", 400, "The URL cannot be read.");
}
