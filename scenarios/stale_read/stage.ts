// The stage of every `stale-read` case: a bucket, an object just uploaded to it and another; all removed again.

import { IncompleteError, InconclusiveError, messageOf } from "../../lab/errors.ts";
import { formatDuration } from "../../lab/duration.ts";
import type { ProbeContext } from "../../lab/scenario.ts";
import { ExchangeError, type ExchangeErrorCode } from "../../probes/exchange.ts";
import { ObjectContent } from "../../probes/s3/content.ts";
import { StoreClient } from "../../probes/s3/store_client.ts";
import { LEAST_THRESHOLD_MS, type StaleReadParams } from "./params.ts";

/** What a case of this scenario is given. */
export type Context = ProbeContext<StaleReadParams>;

/** An object of the run. */
export interface StoredObject {
  key: string;
  content: ObjectContent;
}

/** What a run has uploaded. */
export interface Stage {
  client: StoreClient;
  bucket: string;
  /** The one that is read. */
  object: StoredObject;
  /** Another, for telling a store that is slow from one that keeps this object back. */
  other: StoredObject;
  /** How long the upload of `object` took, in milliseconds. */
  uploadMs: number;
  /** Has `key` removed when the run ends, also when its upload is cut in the middle. */
  willWrite(key: string): void;
  /** Has a multipart upload aborted when the run ends. What is returned says that it is completed. */
  willUpload(key: string, uploadId: string): () => void;
}

/** Large enough for a body, small enough to cost nothing, in bytes. */
const OTHER_BYTES = 65_536;

/** What the objects say that they are: a browser shows it as a document, and does not save it. */
export const CONTENT_TYPE = "video/mp4";

const contents = new Map<string, ObjectContent>();

/** Content that is alike in all runs, so that it is hashed once, however many runs there are. */
export function contentOf(sizeBytes: number, seed: number, version: number = 0): ObjectContent {
  const name = `${sizeBytes} ${seed} ${version}`;
  const content = contents.get(name) ?? new ObjectContent({ sizeBytes, seed, version });
  contents.set(name, content);
  return content;
}

/** What a stage is set with. */
export interface StageOptions {
  /** How large the object is that is read, in bytes. Default: the parameter of that name. */
  objectBytes?: number;
}

/** What a run wrote, or may have written. */
interface Written {
  /** Whether the bucket is the run's own, and may be there. */
  bucket: boolean;
  keys: Set<string>;
  /** The key of each multipart upload, by the upload's id. */
  uploads: Map<string, string>;
}

/** How long a request may wait, in milliseconds: over any lock, and over a slow line. */
export function patienceMs({ lockTimeoutMs, thresholdMs }: StaleReadParams): number {
  return lockTimeoutMs + 10 * thresholdMs + 30_000;
}

/**
 * Uploads both objects, the one that is read last: its first read comes right after. Without a bucket
 * given the run makes one. However the run ends, what it made is removed; what cannot be removed is
 * named in a warning.
 *
 * @throws {InconclusiveError} when the store refuses any of it, or the threshold is too short to judge by.
 */
export async function setStage(
  context: Context,
  { objectBytes = context.params.objectSize }: StageOptions = {},
): Promise<Stage> {
  const { access, clock, signal, timeline, nonce, params: { thresholdMs } } = context;
  if (thresholdMs < LEAST_THRESHOLD_MS) {
    throw new InconclusiveError(
      `a threshold of ${formatDuration(thresholdMs)} cannot tell what is held from what a busy ` +
        `machine does late, expected ${formatDuration(LEAST_THRESHOLD_MS)} or more: give a lower ` +
        "--speed or a larger --threshold-ms",
    );
  }
  const client = StoreClient.for(access, { clock, signal });
  const given = access.store?.bucket;
  const bucket = given ?? `edge-repro-${nonce}`;
  const written: Written = { bucket: given === undefined, keys: new Set(), uploads: new Map() };
  context.scope.defer(() => removeAll(context, client, bucket, written));
  if (given === undefined) {
    await unlessRefused(client.createBucket(bucket), () => written.bucket = false);
    timeline.add("store", "bucket-created", { bucket });
  }
  const upload = async (name: string, content: ObjectContent) => {
    const key = `edge-repro/${nonce}/${name}`;
    written.keys.add(key);
    const uploading = client.upload(bucket, key, content, { contentType: CONTENT_TYPE });
    const { sentAtMs, completedAtMs } = await unlessRefused(
      uploading,
      () => written.keys.delete(key),
    );
    timeline.add("store", "uploaded", { key, bytes: content.sizeBytes }, completedAtMs);
    return { object: { key, content }, tookMs: completedAtMs - sentAtMs };
  };
  const other = await upload("other", contentOf(OTHER_BYTES, 2));
  const { object, tookMs } = await upload("object", contentOf(objectBytes, 1));
  return {
    client,
    bucket,
    object,
    other: other.object,
    uploadMs: tookMs,
    willWrite: (key) => void written.keys.add(key),
    willUpload(key, uploadId) {
      written.uploads.set(uploadId, key);
      return () => void written.uploads.delete(uploadId);
    },
  };
}

/**
 * The same, and calls back when the store has said no, or was never reached: then nothing was written.
 * Whatever else goes wrong leaves that open.
 */
async function unlessRefused<T>(writing: Promise<T>, onRefused: () => void): Promise<T> {
  try {
    return await writing;
  } catch (error) {
    const told = error instanceof InconclusiveError && !(error instanceof IncompleteError);
    const unreached = told && error.cause instanceof ExchangeError &&
      UNREACHED.has(error.cause.code);
    if (told && (error.cause === undefined || unreached)) onRefused();
    throw error;
  }
}

/** What fails before a request is sent, or shows that whoever got it is no store. */
const UNREACHED: ReadonlySet<ExchangeErrorCode> = new Set([
  "refused",
  "unreachable",
  "timeout",
  "tls",
  "too-many-files",
  "not-permitted",
  "not-http",
]);

/** Removes what the run wrote. The run's own signal may have aborted by then, and is not heeded. */
async function removeAll(
  context: Context,
  client: StoreClient,
  bucket: string,
  { bucket: ownBucket, keys, uploads }: Written,
): Promise<void> {
  const { timeline, warn } = context;
  const cleaner = client.withSignal(new AbortController().signal);
  const leftBehind = (what: string, why: string) => {
    timeline.add("store", "left-behind", { what, why });
    warn(`left behind: ${what} at ${context.access.url.origin}: ${why}`);
  };
  for (const [uploadId, key] of uploads) {
    try {
      await cleaner.call({ method: "DELETE", bucket, key, query: { uploadId } }, { accept: [404] });
    } catch (error) {
      leftBehind(`parts of an upload of '${key}' to bucket '${bucket}'`, messageOf(error));
    }
  }
  for (const key of keys) {
    const what = `object '${key}' in bucket '${bucket}'`;
    try {
      const { headers } = await cleaner.remove(bucket, key);
      const version = headers.get("x-amz-version-id");
      if (version !== null && version !== "null") {
        leftBehind(`versions of ${what}`, "the bucket keeps what is deleted (versioning)");
      } else timeline.add("store", "removed", { key });
    } catch (error) {
      leftBehind(what, messageOf(error));
    }
  }
  if (!ownBucket) return;
  try {
    await cleaner.deleteBucket(bucket);
    timeline.add("store", "bucket-removed", { bucket });
  } catch (error) {
    leftBehind(`bucket '${bucket}'`, messageOf(error));
  }
}
