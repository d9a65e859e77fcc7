// Requests as they are on the wire, one on a connection of its own, and what came of each as an attempt.

import { until } from "../../lab/until.ts";
import { ExchangeError } from "../../probes/exchange.ts";
import type { Http1Connection } from "../../probes/http1.ts";
import { parseS3Error } from "../../probes/s3/error_document.ts";
import { elementOf } from "../../probes/s3/refusal.ts";
import type { SdkAttempt } from "../../probes/s3/sdk_attempts.ts";
import { withoutSecrets } from "../../probes/s3/secrets.ts";
import type { StoreRequest } from "../../probes/s3/signing.ts";
import { type Context, isTold, type Stage } from "./stage.ts";
import { type InconclusiveError, messageOf } from "../../lab/errors.ts";

/** How slow a line may be on which contents still come through, in bytes a millisecond. */
const SLOW_LINE = 5_000;

/** More of an answer is not read, in bytes. */
const MAX_ANSWER_BYTES = 1 << 20;

/** Answers after which nothing has begun. */
const REFUSED = [400, 401, 403, 404, 405, 409, 411, 412, 501];

/** Answers to who may not ask that. */
const UNAUTHORIZED = [401, 403];

/** One request and what came of it. */
export interface Asked extends SdkAttempt {
  /** Whether the answer is as S3 answers: without content, or a document of its. */
  isS3: boolean;
  /** The answer's entity tag. */
  etag: string | null;
}

/** How a request is made. */
export interface AskOptions {
  /** The operation by S3's name. */
  operation: string;
  /** How long it may take, in milliseconds. Default: the threshold, and what its content takes. */
  limitMs?: number;
  /** Announces more content than there is. */
  declaredLength?: number;
  /** The timeline's name for it. Default: the operation. */
  lane?: string;
}

/**
 * Asks, and waits for the answer, however it turns out. An object that is put is removed when the run ends.
 *
 * @throws {InconclusiveError} when it is refused for being sent without a key.
 */
export async function ask(
  context: Context,
  stage: Stage,
  request: StoreRequest,
  options: AskOptions,
): Promise<Asked> {
  const { clock, timeline, params: { thresholdMs }, access } = context;
  const { operation, declaredLength, lane = operation } = options;
  const { client } = stage;
  const sentAtMs = clock.now();
  const bytes = declaredLength ?? request.body?.length ?? 0;
  const limitMs = options.limitMs ?? thresholdMs + bytes / SLOW_LINE;
  timeline.add(lane, "sent", { operation, bytes });
  const isObject = request.method === "PUT" && request.query === undefined;
  const takeBack = isObject && request.key !== undefined ? stage.wrote(request.key) : undefined;
  const told = (rest: Pick<Asked, "end" | "status" | "why"> & Partial<Asked>): Asked => {
    timeline.add(lane, rest.end, {
      ...(rest.status !== null && { status: rest.status }),
      ...(rest.why !== null && { why: rest.why }),
    });
    return {
      ...{ operation, key: request.key ?? null, attempt: 1, sentAtMs, endedAtMs: clock.now() },
      ...{ isS3: false, etag: null },
      ...rest,
    };
  };
  let connection: Http1Connection | undefined;
  let unsigned: InconclusiveError | undefined;
  try {
    const signed = await client.signed(request);
    connection = await client.connectFor(request);
    const exchange = connection.send({
      ...signed,
      maxBodyBytes: MAX_ANSWER_BYTES,
      ...(declaredLength !== undefined && { declaredLength }),
    });
    const answer = Promise.all([exchange.headers, exchange.body]);
    answer.catch(() => {});
    const got = await until(context, answer, sentAtMs + limitMs);
    if (got === undefined) return told({ end: "stalled", status: null, why: null });
    const [{ status, headers }, body] = got;
    stage.heard();
    if (REFUSED.includes(status)) takeBack?.();
    const text = new TextDecoder().decode(body.bytes);
    // Whoever has given no key by mistake is to be told so, and not of what else this may mean.
    const isUnsigned = access.store?.credentials === undefined;
    if (isUnsigned && UNAUTHORIZED.includes(status)) {
      unsigned = client.refusal(request, { status, headers, text });
      throw unsigned;
    }
    const why = status < 300 ? null : parseS3Error(text)?.code ?? null;
    const isS3 = text === "" ? request.method === "HEAD" || status < 300 : isXml(text);
    return told({ end: "answered", status, why, isS3, etag: headers.get("etag") });
  } catch (error) {
    context.signal.throwIfAborted();
    if (error === unsigned) throw error;
    if (!isTold(error) && !(error instanceof ExchangeError)) throw error;
    const why = withoutSecrets(messageOf(error), access).slice(0, 200);
    return told({ end: "broken", status: null, why });
  } finally {
    connection?.close();
  }
}

function isXml(text: string): boolean {
  return parseS3Error(text) !== undefined || /^\s*(<\?xml[^>]*>\s*)?<\w+/.test(text);
}

/**
 * Begins a multipart upload, which is aborted when the run ends unless it is over then.
 *
 * @throws {InconclusiveError} when it is refused.
 */
export async function createUpload(
  stage: Stage,
  key: string,
  headers: StoreRequest["headers"] = [],
): Promise<string> {
  const { client, bucket } = stage;
  const request: StoreRequest = { method: "POST", bucket, key, query: { uploads: "" }, headers };
  stage.mayHaveBegun(key);
  const answer = await client.call(request, { accept: REFUSED });
  stage.heard();
  if (answer.status >= 400) {
    stage.isKnown(key);
    throw client.refusal(request, answer);
  }
  const uploadId = elementOf(answer.text, "InitiateMultipartUploadResult")?.["UploadId"];
  if (typeof uploadId !== "string") throw client.notS3(request, answer);
  stage.began(key, uploadId);
  stage.isKnown(key);
  return uploadId;
}

/** The request for one part. */
export function partRequest(
  { bucket }: Stage,
  { key, uploadId, number = 1 }: { key: string; uploadId: string; number?: number },
  more: Pick<StoreRequest, "body" | "headers" | "contentSha256">,
): StoreRequest {
  const query = { partNumber: String(number), uploadId };
  return { method: "PUT", bucket, key, query, contentSha256: "UNSIGNED-PAYLOAD", ...more };
}

/**
 * Completes an upload of one part; its object is removed when the run ends.
 *
 * @throws {InconclusiveError} when it is refused.
 */
export async function completeUpload(
  stage: Stage,
  { key, uploadId, etag, crc32 }: { key: string; uploadId: string; etag: string; crc32?: string },
): Promise<void> {
  const checksum = crc32 === undefined ? "" : `<ChecksumCRC32>${crc32}</ChecksumCRC32>`;
  const body = new TextEncoder().encode(
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>" +
      `<ETag>${etag}</ETag>${checksum}</Part></CompleteMultipartUpload>`,
  );
  stage.wrote(key);
  await stage.client.call({
    ...{ method: "POST", bucket: stage.bucket, key, query: { uploadId }, body },
  });
  stage.ended(uploadId);
}

/**
 * The numbers of the parts that an upload has.
 *
 * @throws {InconclusiveError} when it is refused.
 */
export async function partsOf(
  { client, bucket }: Stage,
  { key, uploadId }: { key: string; uploadId: string },
): Promise<string[]> {
  const { text } = await client.call({ method: "GET", bucket, key, query: { uploadId } });
  return [...text.matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, number = ""]) => number);
}
