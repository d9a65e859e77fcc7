// The requests that are made beside an abandoned read: of the object, in whole or in part, by several clients.

import { InconclusiveError } from "../../lab/errors.ts";
import type { HeaderList } from "../../probes/exchange.ts";
import type { ObjectContent } from "../../probes/s3/content.ts";
import { ContentReader, type ContentReport } from "../../probes/s3/content_reader.ts";
import { elementOf } from "../../probes/s3/error_document.ts";
import { sdkRead } from "../../probes/s3/sdk_reader.ts";
import type { StoreRequest } from "../../probes/s3/signing.ts";
import type { Request } from "./attempt.ts";
import {
  CONTENT_TYPE,
  contentOf,
  type Context,
  patienceMs,
  type Stage,
  type StoredObject,
} from "./stage.ts";

/** The first and last byte of a range, counted from 0. */
export interface ByteRange {
  first: number;
  last: number;
}

/** The header field that asks for a range (RFC 9110 §14.2). */
export function rangeField({ first, last }: ByteRange): HeaderList[number] {
  return ["Range", `bytes=${first}-${last}`];
}

/** What a GET has of its own. */
export interface GetForm {
  range?: ByteRange;
  /** Asks the bucket's public URL, without a signature. */
  publicly?: boolean;
  /** Asks elsewhere. */
  endpoint?: URL;
  /** What the object may be as well. */
  or?: ObjectContent | readonly ObjectContent[];
  /** Told what was looked at when it came to its end, before that is judged. */
  onReport?: (report: ContentReport) => void;
  /** Waits for the last byte rather than the first. */
  whole?: boolean;
}

/** How much of a refusal's text is looked at, in characters. */
const REFUSAL_CHARS = 4_096;

/** A GET of an object that leaves at its first byte, or at its last; bytes of another object fail it. */
export function get(stage: Stage, { key, content }: StoredObject, form: GetForm = {}): Request {
  const { client, bucket } = stage;
  const { range, publicly, endpoint, or = [], onReport, whole = false } = form;
  const request: StoreRequest = {
    method: "GET",
    bucket,
    key,
    ...(range && { headers: [rangeField(range)] }),
    ...(publicly && { publicly }),
    ...(endpoint && { endpoint }),
  };
  return async ({ signal, sent }) => {
    const caller = client.withSignal(signal);
    const seen = new ContentReader([content, or].flat(), range?.first ?? 0);
    const first = Promise.withResolvers<number>();
    let text = "";
    const under = await caller.begin(request, {
      // What comes with the header comes before the status is known here.
      onBody(bytes, atMs) {
        if (text.length < REFUSAL_CHARS) text += new TextDecoder().decode(bytes.subarray(0, 4_096));
        seen.push(bytes);
        first.resolve(atMs);
      },
    });
    using _connection = under.connection;
    const { exchange } = under;
    sent(exchange.sentAtMs);
    const { status, headers } = await exchange.headers;
    if (status !== 200 && status !== 206) {
      await exchange.body;
      throw caller.refusal(request, { status, headers, text });
    }
    const complete = exchange.body.then(({ firstByteAtMs, completedAtMs }) => {
      if (firstByteAtMs !== null) return completedAtMs;
      throw new InconclusiveError("its body was empty");
    });
    const atMs = await (whole ? complete : Promise.race([first.promise, complete]));
    onReport?.(seen.report());
    const { foreignAtByte } = seen.report();
    if (foreignAtByte === null) return atMs;
    throw new InconclusiveError(`byte ${foreignAtByte} of its body is not the object's`);
  };
}

/** The same with the AWS SDK: up to the first byte. */
export function getWithSdk(
  { access, clock }: Context,
  { bucket }: Stage,
  { key }: StoredObject,
): Request {
  return async ({ signal, sent }) => {
    sent(clock.now());
    const { firstByteAtMs, failure } = await sdkRead(access, { bucket, key, clock, signal });
    if (firstByteAtMs !== null) return firstByteAtMs;
    throw new InconclusiveError(failure ?? "its body was empty");
  };
}

/** A small exchange, up to the header of its answer. */
export function call(
  { params, clock }: Context,
  { client }: Stage,
  request: StoreRequest,
  accept: readonly number[] = [],
): Request {
  return async ({ signal, sent }) => {
    sent(clock.now());
    const limitMs = patienceMs(params);
    return (await client.withSignal(signal).call(request, { accept, limitMs })).headersAtMs;
  };
}

/**
 * A small exchange that is answered with a document, up to its end: what S3 begins to answer with 200 it
 * can still end with an error.
 *
 * @param root The name of the document's element.
 * @param look Given what is in it; throws for what is none of what was asked for.
 */
export function ask(
  { params }: Context,
  { client }: Stage,
  request: StoreRequest,
  root: string,
  look: (element: Record<string, unknown>) => void = () => {},
): Request {
  return async ({ signal, sent }) => {
    sent(client.clock.now());
    const limitMs = patienceMs(params);
    const caller = client.withSignal(signal);
    const answer = await caller.call(request, { limitMs });
    const element = elementOf(answer.text, root);
    if (element === undefined) throw caller.refusal(request, answer);
    look(element);
    return answer.completedAtMs;
  };
}

/** The version of what an object is overwritten with; that of the first is 0. */
export const NEW_VERSION = 1;

/**
 * What an object is overwritten with: other bytes.
 *
 * @param sizeBytes How many. Default: as many.
 */
export function newContentOf(
  { content }: StoredObject,
  sizeBytes: number = content.sizeBytes,
): ObjectContent {
  return contentOf(sizeBytes, content.seed, NEW_VERSION);
}

/**
 * Uploads content, up to the end of the answer.
 *
 * @param onStored Told the entity tag that the store gave it.
 */
export function put(
  { client, bucket }: Stage,
  key: string,
  content: ObjectContent,
  onStored: (etag: string) => void = () => {},
): Request {
  return async ({ signal, sent }) => {
    sent(client.clock.now());
    const { etag, completedAtMs } = await client.withSignal(signal)
      .upload(bucket, key, content, { contentType: CONTENT_TYPE });
    onStored(etag);
    return completedAtMs;
  };
}
