// Where a virtual bucket and a key of it are behind the gateway, and how names are turned back.

import { checkKeyLength } from "../s3/address.ts";
import { S3Error } from "../s3/error.ts";
import { noSuchBucket } from "../s3/errors.ts";
import type { BackendConfig, GatewayConfig } from "./config.ts";

/** A virtual bucket, and what it stands for. */
export interface Place {
  /** As clients see it. */
  bucket: string;
  /** The name of the backend in the config. */
  backendName: string;
  /** The backend. */
  backend: BackendConfig;
  /** The bucket there. */
  backendBucket: string;
  /** What stands before all keys there. */
  prefix: string;
  /** Whether it can be read without a signature. */
  isPublic: boolean;
}

/** The virtual buckets of a config by name. A config is checked before. */
export function placesOf(config: GatewayConfig): ReadonlyMap<string, Place> {
  return new Map(
    Object.entries(config.buckets).map(([bucket, mapped]) => {
      const backend = config.backends[mapped.backend];
      if (backend === undefined) {
        throw new TypeError(
          `Cannot make a gateway: received '${mapped.backend}' as the backend of ${bucket}, expected one of backends`,
        );
      }
      const place: Place = {
        bucket,
        backendName: mapped.backend,
        backend,
        backendBucket: mapped.bucket ?? bucket,
        prefix: mapped.prefix ?? "",
        isPublic: mapped.access === "anonymous-read",
      };
      return [bucket, place];
    }),
  );
}

/**
 * Where a bucket is.
 *
 * @throws {S3Error} `NoSuchBucket` (404).
 */
export function placeOf(places: ReadonlyMap<string, Place>, bucket: string): Place {
  const place = places.get(bucket);
  if (place === undefined) throw noSuchBucket(bucket);
  return place;
}

/**
 * A client's key as it is behind the gateway.
 *
 * A path in which a segment is `.` or `..` is another path once it is resolved, as `fetch` does: it
 * would leave the prefix, or the bucket. Where that cannot be kept from happening the key is refused.
 *
 * @param keepsDotSegments Whether such segments get there as they are.
 * @throws {S3Error} `KeyTooLongError`, or `InvalidArgument` for such a key (400).
 */
export function keyBehind(place: Place, key: string, keepsDotSegments: boolean): string {
  const whole = place.prefix + key;
  checkKeyLength(whole);
  if (
    !keepsDotSegments && whole.split("/").some((segment) => segment === "." || segment === "..")
  ) {
    throw new S3Error(
      "InvalidArgument",
      400,
      "A key with a segment that is a dot or two cannot be passed on from here.",
      { ArgumentName: "key", ArgumentValue: key },
    );
  }
  return whole;
}

/** A key behind the gateway as clients know it; undefined for one of somebody else's. */
export function keyInFront(place: Place, key: string): string | undefined {
  return key.startsWith(place.prefix) ? key.slice(place.prefix.length) : undefined;
}

/** A name percent-encoded as S3 signs it: all but letters, digits and `-._~`. */
export function encodeName(name: string): string {
  return encodeURIComponent(name).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A key likewise, of which slashes stay. */
export function encodeKey(key: string): string {
  return encodeName(key).replaceAll("%2F", "/");
}
