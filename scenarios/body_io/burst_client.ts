// Makes bursts: multipart uploads and batch deletes by the AWS SDK, all at once, each with its retries.

import type { S3Client } from "@aws-sdk/client-s3";
import { type SdkAttempt, sdkWriter } from "../../probes/s3/sdk_attempts.ts";
import { messageOf } from "../../lab/errors.ts";
import { isGood } from "./attempts.ts";
import type { Alone, Burst } from "./burst.ts";
import { Contents, seedOf } from "./contents.ts";
import { ExchangeWatch, figuresFailure } from "./gateway_figures.ts";
import { IN_FLIGHT_BYTES, LAST_PART_BYTES, SMALL_PART_BYTES } from "./params.ts";
import { withoutSecrets } from "../../probes/s3/secrets.ts";
import { type Expected, nameOf, readBack } from "./read_back.ts";
import { SilenceWatch } from "./silence_watch.ts";
import { type Context, isTold, type Stage } from "./stage.ts";

/** How long what is under way may take when the run is given up, in milliseconds. */
const ENDING_MS = 2_000;

/** The operation that begins an upload, and those that leave an object. */
const BEGINS = "CreateMultipartUpload";
const WRITES = ["CompleteMultipartUpload", "PutObject"];

/** What begins at once, and what of it there is to know afterwards. */
interface Units extends Pick<Burst, "wanted" | "unit" | "opening"> {
  /** Does the whole of one of them. */
  make(client: S3Client, index: number): Promise<unknown>;
}

/** Writes all objects of a burst, and reads them back. */
export async function uploadBurst(
  context: Context,
  stage: Stage,
  wanted: Burst["wanted"],
): Promise<Burst> {
  const { numUploads, largeUploads, partSize, partsPerUpload } = context.params;
  const largeBytes = (partsPerUpload - 1) * partSize + LAST_PART_BYTES;
  const sizeOf = (index: number) => index < largeUploads ? largeBytes : SMALL_PART_BYTES;
  const contents = new Contents(numUploads, sizeOf(0), seedOf(context.nonce));
  const done: Expected[] = [];
  const { Upload } = await import("@aws-sdk/lib-storage");
  const seen = await burstOf(context, stage, {
    ...{ wanted, unit: "upload", opening: numUploads },
    async make(client, index) {
      const key = stage.keyOf(`${wanted}-upload-${index + 1}`);
      const sizeBytes = sizeOf(index);
      const params = { Bucket: stage.bucket, Key: key, Body: contents.of(index, sizeBytes) };
      await (index < largeUploads
        ? new Upload({ client, params, partSize }).done()
        : uploadSmall(client, params));
      done.push({
        ...{ key, sizeBytes },
        check: (offset, bytes) => contents.check(index, offset, bytes),
      });
    },
  });
  return { ...seen, ...await readBack(context, stage, done) };
}

/** The same three requests that lib-storage makes, for a content that it would send in one. */
async function uploadSmall(
  client: S3Client,
  { Body, ...at }: { Bucket: string; Key: string; Body: Uint8Array },
): Promise<void> {
  const {
    AbortMultipartUploadCommand,
    CompleteMultipartUploadCommand,
    CreateMultipartUploadCommand,
    UploadPartCommand,
  } = await import("@aws-sdk/client-s3");
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
  const of = { ...at, UploadId };
  try {
    const part = { ...of, PartNumber: 1, Body };
    const { ETag } = await client.send(new UploadPartCommand(part));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await client.send(new CompleteMultipartUploadCommand({ ...of, MultipartUpload }));
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand(of)).catch(() => {});
    throw error;
  }
}

/** Deletes many keys at once, none of which is there. */
export async function deleteBurst(
  context: Context,
  stage: Stage,
  wanted: Burst["wanted"],
): Promise<Burst> {
  const { numDeletes, keysPerDelete } = context.params;
  const { DeleteObjectsCommand } = await import("@aws-sdk/client-s3");
  const seen = await burstOf(context, stage, {
    ...{ wanted, unit: "batch delete", opening: numDeletes },
    async make(client, index) {
      const Objects = Array.from(
        { length: keysPerDelete },
        (_, key) => ({ Key: stage.keyOf(`deleted/${index}/${key}`) }),
      );
      const command = new DeleteObjectsCommand({
        Bucket: stage.bucket,
        Delete: { Objects, Quiet: true },
      });
      const { Errors = [] } = await client.send(command);
      const [first] = Errors;
      if (first !== undefined) throw new Error(`${Errors.length} keys: ${first.Code}`);
    },
  });
  return { ...seen, wrong: [], unread: [] };
}

async function burstOf(
  context: Context,
  stage: Stage,
  { make, ...what }: Units,
): Promise<Omit<Burst, "wrong" | "unread">> {
  const { access, clock, scope, signal, timeline, params: { thresholdMs } } = context;
  const attempts: SdkAttempt[] = [];
  using watch = new SilenceWatch(clock, thresholdMs);
  const ending = new AbortController();
  const client = await sdkWriter(access, {
    ...{ clock, inFlightBytes: IN_FLIGHT_BYTES, stuck: watch.controller.signal },
    ending: ending.signal,
    onBegin({ operation, key, partBytes }) {
      watch.begin(partBytes);
      if (key !== null && WRITES.includes(operation)) stage.wrote(key);
    },
    onAttempt(attempt) {
      watch.end();
      attempts.push(attempt);
      tell(timeline, attempt);
      const { operation, key, status } = attempt;
      if (attempt.end === "answered") stage.heard();
      const isRefused = status !== null && status < 500;
      if (key !== null && operation === BEGINS && !isRefused) stage.mayHaveBegun(key);
    },
    onUploadId: (key, uploadId) => stage.began(key, uploadId),
    onUploadEnd: (uploadId) => stage.ended(uploadId),
  });
  let units: Promise<PromiseSettledResult<unknown>[]> = Promise.resolve([]);
  let stopWaiting = () => {};
  // Only answers tell what there is to remove: what is under way is waited for, and nothing else sent.
  const end = async () => {
    ending.abort();
    stopWaiting();
    stopWaiting = clock.setTimeout(() => watch.controller.abort(), ENDING_MS);
    await units;
    stopWaiting();
    client.destroy();
  };
  const over = Promise.withResolvers<void>();
  scope.defer(() => over.promise);
  signal.addEventListener("abort", end, { once: true });
  try {
    const exchanges = await ExchangeWatch.start(context);
    timeline.add("burst", "begins", { [what.unit]: what.opening });
    units = Promise.allSettled(
      Array.from({ length: what.opening }, (_, index) => make(client, index)),
    );
    await Promise.all([units, exchanges.during(units)]);
    signal.throwIfAborted();
    const failures = (await units).flatMap((one) => one.status === "rejected" ? [one.reason] : []);
    const [first] = failures;
    const exchange = await exchanges.end();
    const isWell = attempts.every((one) => one.attempt > 1 || isGood(one));
    return {
      ...{ ...what, attempts, exchange },
      figuresFailure: exchange === null ? figuresFailure(context) : null,
      failed: failures.length,
      whyFailed: first === undefined ? null : withoutSecrets(messageOf(first), access),
      alone: isWell ? null : await askAlone(context, stage),
    };
  } finally {
    signal.removeEventListener("abort", end);
    await end();
    over.resolve();
  }
}

/** What comes of a small request that nobody is beside. */
async function askAlone({ timeline }: Context, { client, bucket }: Stage): Promise<Alone> {
  const query = { "list-type": "2", "max-keys": "1" };
  try {
    await client.call({ method: "GET", bucket, query });
    timeline.add("alone", "answered");
    return { works: true, why: null };
  } catch (error) {
    if (!isTold(error)) throw error;
    timeline.add("alone", "refused", { why: error.message });
    return { works: false, why: error.message };
  }
}

function tell(timeline: Context["timeline"], attempt: SdkAttempt): void {
  const { operation, key, end, status, why, sentAtMs, endedAtMs } = attempt;
  const lane = key === null ? "burst" : nameOf(key);
  const told = { operation, attempt: attempt.attempt };
  timeline.add(lane, "sent", told, sentAtMs);
  timeline.add(lane, end, {
    ...told,
    ...(status !== null && { status }),
    ...(why !== null && { why }),
  }, endedAtMs);
}
