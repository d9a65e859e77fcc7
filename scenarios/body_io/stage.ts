// The stage of every `body-io` case: the gateway's bucket, keys of this run alone, and that all is removed again.

import { realClock } from "../../lab/clock.ts";
import { formatDuration } from "../../lab/duration.ts";
import { IncompleteError, InconclusiveError, messageOf } from "../../lab/errors.ts";
import type { ProbeContext } from "../../lab/scenario.ts";
import { elementOf } from "../../probes/s3/error_document.ts";
import { INTERRUPTED } from "../../lab/verdict.ts";
import { NOT_AS_S3 } from "../../probes/s3/refusal.ts";
import { StoreClient } from "../../probes/s3/store_client.ts";
import { type BodyIoParams, LEAST_THRESHOLD_MS } from "./params.ts";

/** What a case of this scenario is given. */
export type Context = ProbeContext<BodyIoParams>;

/** How many requests clean up at once. */
const CLEANERS = 4;

/** How long cleaning up may take, in milliseconds of the wall clock. */
const CLEANING_MS = 20_000;

/** The same where the target never answered anything, so that hardly anything is there. */
const MUTE_CLEANING_MS = 3_000;

/** After which time it is said what an interrupted run still does, in milliseconds of the wall clock. */
const SAID_AFTER_MS = 1_000;

/** The bucket and what a run writes to it. */
export interface Stage {
  /** Sends raw requests. */
  client: StoreClient;
  /** The bucket as the gateway's clients see it. */
  bucket: string;
  /** A key of this run; it is removed when the run ends, where {@linkcode Stage.wrote} was told. */
  keyOf(name: string): string;
  /**
   * Has an object removed when the run ends. What this gives takes it back, for a write that was refused,
   * unless there was one of the key before.
   */
  wrote(key: string): () => void;
  /** Has an upload aborted when the run ends, if it is there then. */
  began(key: string, uploadId: string): void;
  /** Says that an upload is over. */
  ended(uploadId: string): void;
  /** Has uploads of a key looked for when the run ends: one may have begun whose id is not known. */
  mayHaveBegun(key: string): void;
  /** Says that what may have begun has not, or is known. */
  isKnown(key: string): void;
  /** Says that the target has answered something: so it may have done what it was asked for. */
  heard(): void;
}

/**
 * Sets the stage. Nothing is asked of the target, which may have to be cold: only whether somebody is
 * there.
 *
 * @throws {InconclusiveError} when nobody is there, no bucket is named, or the threshold is too short.
 */
export async function setStage(context: Context): Promise<Stage> {
  const { access, clock, signal, nonce, params: { thresholdMs } } = context;
  if (thresholdMs < LEAST_THRESHOLD_MS) {
    throw new InconclusiveError(
      `a threshold of ${formatDuration(thresholdMs)} cannot tell what is stuck from what a busy ` +
        `machine does late, expected ${formatDuration(LEAST_THRESHOLD_MS)} or more: give a lower ` +
        "--speed or a larger --threshold-ms",
    );
  }
  const bucket = access.store?.bucket;
  if (bucket === undefined) {
    throw new InconclusiveError(
      "no bucket is named, and a gateway's buckets are its own: give --bucket NAME",
    );
  }
  const client = StoreClient.for(access, { clock, signal });
  (await client.connectFor({})).close();
  const written: Written = {
    ...{ keys: new Set(), uploads: new Map(), unknown: new Set() },
    isHeard: false,
  };
  const { keys, uploads, unknown } = written;
  let stopSaying = () => {};
  const saySoon = () => {
    if (!isInterrupted(signal)) return;
    const say = () => context.warn(sayCleaning(context, bucket, written));
    stopSaying = realClock.setTimeout(say, SAID_AFTER_MS);
  };
  signal.addEventListener("abort", saySoon, { once: true });
  context.scope.defer(async () => {
    const limitMs = limitOf(written);
    const late = new AbortController();
    const cancelLimit = realClock.setTimeout(
      () => late.abort(new Error(`it was not over after ${formatDuration(limitMs)}`)),
      limitMs,
    );
    await removeAll(context, client.withSignal(late.signal), bucket, written);
    cancelLimit();
    signal.removeEventListener("abort", saySoon);
    stopSaying();
  });
  return {
    client,
    bucket,
    keyOf: (name) => `edge-repro/${nonce}/${name}`,
    wrote(key) {
      const isNew = !keys.has(key);
      keys.add(key);
      return () => void (isNew && keys.delete(key));
    },
    began: (key, uploadId) => void uploads.set(uploadId, key),
    ended: (uploadId) => void uploads.delete(uploadId),
    mayHaveBegun: (key) => void unknown.add(key),
    isKnown: (key) => void unknown.delete(key),
    heard: () => void (written.isHeard = true),
  };
}

/** Whether the run was ended by whoever started it. */
const isInterrupted = ({ reason }: AbortSignal) =>
  reason instanceof IncompleteError && reason.message === INTERRUPTED;

/** How long cleaning up may take, in milliseconds of the wall clock. */
const limitOf = ({ isHeard }: Written) => isHeard ? CLEANING_MS : MUTE_CLEANING_MS;

/** What is still done while the user waits for the end. */
function sayCleaning({ nonce }: Context, bucket: string, written: Written): string {
  const limit = formatDuration(limitOf(written));
  return `interrupted: waits for what is under way, and then removes what was written below ` +
    `edge-repro/${nonce}/ in bucket '${bucket}', for ${limit} at most; a second Ctrl-C ends at once ` +
    "and leaves it there";
}

/** What is to be removed. */
interface Written {
  /** Objects. */
  keys: Set<string>;
  /** Uploads that are not over: their keys by their ids. */
  uploads: Map<string, string>;
  /** Keys of which uploads may have begun. */
  unknown: Set<string>;
  /** Whether the target has answered anything. */
  isHeard: boolean;
}

async function removeAll(
  context: Context,
  client: StoreClient,
  bucket: string,
  { keys, uploads, unknown }: Written,
): Promise<void> {
  const left: string[] = [];
  // What does not speak S3 has nothing of ours.
  const note = (why: string) => void (why.includes(NOT_AS_S3) || left.push(why));
  const work = async (jobs: readonly (() => Promise<unknown>)[]) => {
    const queue = jobs.values();
    const clean = async () => {
      for (const job of queue) await job().catch((error) => note(messageOf(error)));
    };
    await Promise.all(Array.from({ length: CLEANERS }, clean));
  };
  const abort = (key: string, uploadId: string) => () =>
    client.call({ method: "DELETE", bucket, key, query: { uploadId } }, { accept: [404] });
  await work([
    ...[...uploads].map(([uploadId, key]) => abort(key, uploadId)),
    ...[...keys].map((key) => () => client.remove(bucket, key)),
  ]);
  const what = `below edge-repro/${context.nonce}/ in bucket '${bucket}'`;
  if (unknown.size > 0) {
    const prefix = `edge-repro/${context.nonce}/`;
    await uploadsBelow(client, bucket, prefix).then(
      (found) => work(found.map(({ key, uploadId }) => abort(key, uploadId))),
      (error) =>
        messageOf(error).includes(NOT_AS_S3) || context.warn(
          `uploads ${what} may have begun without an answer that tells their ids, and could not be ` +
            `looked for (${messageOf(error)})`,
        ),
    );
  }
  if (left.length > 0) {
    const things = left.length === 1 ? "object or upload" : "objects or uploads";
    context.warn(
      `maybe left behind ${what}: ${left.length} ${things} could not be removed (${left[0]})`,
    );
  }
}

/** The uploads that are under way: the first 1,000, which is as many as a run begins. */
async function uploadsBelow(
  client: StoreClient,
  bucket: string,
  prefix: string,
): Promise<{ key: string; uploadId: string }[]> {
  const request = { method: "GET", bucket, query: { uploads: "", prefix } };
  const answer = await client.call(request);
  const found = elementOf(answer.text, "ListMultipartUploadsResult");
  if (found === undefined) throw client.notS3(request, answer);
  return [found["Upload"] ?? []].flat().flatMap((one) => {
    const { Key: key, UploadId: uploadId } = one as Record<string, unknown>;
    const isOfRun = typeof key === "string" && key.startsWith(prefix);
    return isOfRun && typeof uploadId === "string" ? [{ key, uploadId }] : [];
  });
}

/** Whether an error is the target's, to be told of, and not the run's end. */
export function isTold(error: unknown): error is InconclusiveError {
  return error instanceof InconclusiveError && !(error instanceof IncompleteError);
}
