// Completions of the last while, so that a client that missed the answer to one can ask for it again.

import { createHash } from "node:crypto";
import type { Call } from "../call.ts";
import type { ObjectRecord, Storage } from "../storage.ts";
import type { ListedPart } from "./multipart_completion.ts";

/** What an upload became. */
export type Completed = Pick<ObjectRecord, "etag" | "checksum">;

/** How many are remembered, of each store. */
const MOST = 1_000;

const completions = new WeakMap<Storage, Map<string, Completed>>();

/** Remembers what an upload became. */
export function remember(call: Call, storage: Storage, completed: Completed): void {
  let known = completions.get(storage);
  if (known === undefined) completions.set(storage, known = new Map());
  const [oldest] = known.keys();
  if (known.size === MOST && oldest !== undefined) known.delete(oldest);
  const { etag, checksum } = completed;
  known.set(nameOf(call), checksum === undefined ? { etag } : { etag, checksum });
}

/**
 * What the upload of a CompleteMultipartUpload has become already, which S3 answers once more:
 * an answer may be lost, and its clients try again. Undefined where it is not known to have become
 * anything.
 */
export function completedBefore(call: Call, storage: Storage): Completed | undefined {
  return completions.get(storage)?.get(nameOf(call));
}

/** The entity tag of an object made of these parts: the MD5 of theirs, and how many there are. */
export function etagOfParts(parts: readonly Pick<ListedPart, "etag">[]): string {
  const md5 = createHash("md5");
  for (const { etag } of parts) md5.update(etag, "hex");
  return `${md5.digest("hex")}-${parts.length}`;
}

function nameOf({ bucket, key, query }: Call): string {
  return JSON.stringify([bucket, key, query.get("uploadId")]);
}
