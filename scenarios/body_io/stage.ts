// The stage of every `body-io` case: the gateway's bucket, keys of this run alone, and that all is removed again.

import { formatDuration } from "../../lab/duration.ts";
import { IncompleteError, InconclusiveError, messageOf } from "../../lab/errors.ts";
import type { ProbeContext } from "../../lab/scenario.ts";
import { StoreClient } from "../../probes/s3/store_client.ts";
import { type BodyIoParams, LEAST_THRESHOLD_MS } from "./params.ts";

/** What a case of this scenario is given. */
export type Context = ProbeContext<BodyIoParams>;

/** How many requests clean up at once. */
const CLEANERS = 4;

/** How long cleaning up may take, in milliseconds of the wall clock. */
const CLEANING_MS = 20_000;

/** The bucket and what a run writes to it. */
export interface Stage {
  /** Sends raw requests. */
  client: StoreClient;
  /** The bucket as the gateway's clients see it. */
  bucket: string;
  /** A key of this run; it is removed when the run ends, if it was told to {@linkcode Stage.wrote}. */
  keyOf(name: string): string;
  /** Has what is below a key removed when the run ends. */
  wrote(key: string): void;
  /** Has an upload aborted when the run ends, if it is there then. */
  began(key: string, uploadId: string): void;
  /** Says that an upload is over. */
  ended(uploadId: string): void;
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
  const keys = new Set<string>();
  const uploads = new Map<string, string>();
  context.scope.defer(() => removeAll(context, client, bucket, { keys, uploads }));
  return {
    client,
    bucket,
    keyOf: (name) => `edge-repro/${nonce}/${name}`,
    wrote: (key) => void keys.add(key),
    began: (key, uploadId) => void uploads.set(uploadId, key),
    ended: (uploadId) => void uploads.delete(uploadId),
  };
}

async function removeAll(
  context: Context,
  given: StoreClient,
  bucket: string,
  { keys, uploads }: { keys: Set<string>; uploads: Map<string, string> },
): Promise<void> {
  const late = AbortSignal.timeout(CLEANING_MS);
  const client = given.withSignal(late);
  const left: string[] = [];
  const jobs = [
    ...[...uploads].map(([uploadId, key]) => async () => {
      const request = { method: "DELETE", bucket, key, query: { uploadId } };
      await client.call(request, { accept: [404] });
    }),
    ...[...keys].map((key) => () => client.remove(bucket, key)),
  ].values();
  const clean = async () => {
    for (const job of jobs) {
      try {
        await job();
      } catch (error) {
        left.push(messageOf(error));
      }
    }
  };
  await Promise.all(Array.from({ length: CLEANERS }, clean));
  if (left.length > 0) {
    context.warn(
      `left behind below edge-repro/${context.nonce}/ in bucket '${bucket}': ${left.length} ` +
        `objects or uploads could not be removed (${left[0]})`,
    );
  }
}

/** Whether an error is the target's, to be told of, and not the run's end. */
export function isTold(error: unknown): error is InconclusiveError {
  return error instanceof InconclusiveError && !(error instanceof IncompleteError);
}
