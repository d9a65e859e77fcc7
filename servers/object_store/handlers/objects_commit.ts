// Putting a finished object in its place: one writer of a key at a time, if its conditions hold.

import { noSuchKey, notImplemented, preconditionFailed } from "../../s3/errors.ts";
import type { Call, StoreContext } from "../call.ts";
import type { ObjectRecord, Storage } from "../storage.ts";
import { requireBucket } from "./objects_get.ts";
import { matchesEtag } from "./objects_precondition.ts";

/** By store, and by bucket and key: what resolves when the last writer in line is done. */
const lines = new WeakMap<Storage, Map<string, Promise<unknown>>>();

/**
 * Does `work` when nobody else works on this key: between looking at what is there and replacing it
 * nobody else may, or two uploads of `If-None-Match: *` could both succeed.
 */
export async function inTurn<T>(
  storage: Storage,
  bucket: string,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  let line = lines.get(storage);
  if (line === undefined) lines.set(storage, line = new Map());
  const name = `${bucket}/${key}`;
  const before = line.get(name);
  const mine = before === undefined ? work() : before.then(work, work);
  line.set(name, mine);
  try {
    return await mine;
  } finally {
    if (line.get(name) === mine) line.delete(name);
  }
}

/**
 * Lets a write pass whose If-Match and If-None-Match hold for what is there now. S3 knows `*` alone in
 * If-None-Match of a write.
 *
 * @throws {S3Error} `PreconditionFailed` (412), `NoSuchKey` (404) for If-Match where there is nothing,
 * `NotImplemented` (501).
 */
export function checkWrite(
  { headers, bucket, key }: Pick<Call, "headers" | "bucket" | "key">,
  { storage }: Pick<StoreContext, "storage">,
): void {
  requireBucket({ storage }, bucket);
  const ifNoneMatch = headers.get("if-none-match");
  const ifMatch = headers.get("if-match");
  if (ifNoneMatch === null && ifMatch === null) return;
  const present = storage.object(bucket, key);
  if (ifNoneMatch !== null) {
    if (ifNoneMatch.trim() !== "*") throw notImplemented("If-None-Match of a write, but for *,");
    if (present !== undefined) throw preconditionFailed("If-None-Match");
  }
  if (ifMatch === null) return;
  if (present === undefined) throw noSuchKey(key);
  if (!matchesEtag(ifMatch, present.etag, false)) throw preconditionFailed("If-Match");
}

/** Stores an object under the call's key, if the call's conditions hold by then. */
export function commit(call: Call, { storage }: StoreContext, object: ObjectRecord): Promise<void> {
  return inTurn(storage, call.bucket, call.key, async () => {
    checkWrite(call, { storage });
    await storage.putObject(call.bucket, call.key, object);
  });
}
