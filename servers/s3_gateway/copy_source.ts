// The source of a copy, turned from the virtual bucket that the client names into the one behind it.

import { invalidArgument, notImplemented } from "../s3/errors.ts";
import { encodeKey, keyBehind, type Place, placeOf } from "./places.ts";

/** The header field that names it. */
export const COPY_SOURCE = "x-amz-copy-source";

/** A source as the client names it. */
export interface CopySource {
  /** The virtual bucket. */
  bucket: string;
  /** The key. */
  key: string;
  /** The version; undefined where none is named. */
  version: string | undefined;
}

/**
 * Reads the field: `BUCKET/KEY`, with a slash before it or without, percent-encoded.
 *
 * @throws {S3Error} `InvalidArgument` (400).
 */
export function parseCopySource(text: string): CopySource {
  const [encoded = "", version] = text.split("?versionId=", 2);
  let source: string;
  try {
    source = decodeURIComponent(encoded).replace(/^\//, "");
  } catch {
    throw invalidArgument("The copy source is not percent-encoded UTF-8", COPY_SOURCE, text);
  }
  const slash = source.indexOf("/");
  if (slash < 1 || slash === source.length - 1) {
    throw invalidArgument("A copy source names a bucket and a key: BUCKET/KEY", COPY_SOURCE, text);
  }
  return { bucket: source.slice(0, slash), key: source.slice(slash + 1), version };
}

/**
 * The field as the backend is to read it. A backend cannot copy what another has.
 *
 * @param target Where the copy goes.
 * @param mayRead Whether the client may read a virtual bucket; throws where it may not.
 * @throws {S3Error} `InvalidArgument` (400), `NoSuchBucket` (404), `AccessDenied` (403),
 *   `NotImplemented` (501) where the source is on another backend.
 */
export function copySourceBehind(
  text: string,
  places: ReadonlyMap<string, Place>,
  target: Place,
  mayRead: (place: Place) => void,
): string {
  const { bucket, key, version } = parseCopySource(text);
  const place = placeOf(places, bucket);
  mayRead(place);
  if (place.backendName !== target.backendName) {
    throw notImplemented("A copy from one store behind this gateway to another");
  }
  // A header field keeps dot segments.
  const path = `${place.backendBucket}/${encodeKey(keyBehind(place, key, true))}`;
  return version === undefined ? path : `${path}?versionId=${encodeURIComponent(version)}`;
}
