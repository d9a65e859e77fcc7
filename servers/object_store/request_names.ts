// What a request to the store is about: the store itself, or a bucket or an object by its name.

import { resolveAddress } from "../s3/address.ts";
import { isBelowPublicPath, PUBLIC_PATH } from "./public_reads.ts";

/** What stands before the pathnames of our own; it cannot be the name of a bucket. */
const INTERNAL_PREFIX = "/_edge-repro/";

/**
 * The raw target of a request that is for the server itself, rather than for a key of that name;
 * undefined for any other.
 *
 * @param hostnames The store's own names, before which a bucket may stand.
 * @throws {S3Error} as `resolveAddress`.
 */
export function internalPath(
  { url, headers }: Request,
  hostnames: readonly string[],
): string | undefined {
  const slash = url.indexOf("/", url.indexOf("://") + 3);
  if (slash < 0 || !url.startsWith(INTERNAL_PREFIX, slash)) return undefined;
  const { bucket } = resolveAddress("/", headers.get("host"), hostnames);
  return bucket === "" ? url.slice(slash) : undefined;
}

/** What an error says that it is about: `/BUCKET/KEY`, or `/` where that cannot be told. */
export function resourceOf({ url, headers }: Request, hostnames: readonly string[]): string {
  const target = isBelowPublicPath(url) ? url.replace(PUBLIC_PATH, "") : url;
  try {
    const { bucket, key } = resolveAddress(target, headers.get("host"), hostnames);
    return key === "" ? `/${bucket}` : `/${bucket}/${key}`;
  } catch {
    return "/";
  }
}
