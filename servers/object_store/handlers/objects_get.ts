// GetObject and HeadObject.

import { invalidArgument, noSuchBucket, noSuchKey, preconditionFailed } from "../../s3/errors.ts";
import { type Call, CLIENT_CLOSED_REQUEST, type Handler, type StoreContext } from "../call.ts";
import type { ObjectRecord } from "../storage.ts";
import { openBody } from "./objects_body.ts";
import { checksumHeaders, validators } from "./objects_headers.ts";
import { precondition } from "./objects_precondition.ts";
import { select, type Selection } from "./objects_range.ts";

/** Header fields that a signed request can have answered otherwise, by the parameters that do it. */
const OVERRIDES = [
  ["response-cache-control", "cache-control"],
  ["response-content-disposition", "content-disposition"],
  ["response-content-encoding", "content-encoding"],
  ["response-content-language", "content-language"],
  ["response-content-type", "content-type"],
  ["response-expires", "expires"],
] as const;

type Fields = readonly (readonly [name: string, value: string])[];

/** What a read comes to before its body: a 304, or the bytes that go out. */
type Read = { notModified: ObjectRecord } | {
  object: ObjectRecord;
  selection: Selection;
  overrides: Fields;
};

/**
 * Answers a GetObject: all of an object, a range or a part of it, or a 304. A GET that has a body to
 * send waits for its turn first, and then sends the object that is there by then.
 */
export const getObject: Handler = async (call, context) => {
  const { bucket, key, region, signal, lent } = call;
  const asked = judge(call, context);
  if ("notModified" in asked || isEmpty(asked)) return head(call, asked, null);
  const turn = await context.locks.open({ bucket, key, region }, signal);
  if (turn === undefined) return new Response(null, { status: CLIENT_CLOSED_REQUEST });
  try {
    const read = judge(call, context);
    if ("notModified" in read || isEmpty(read)) {
      turn.end();
      return head(call, read, null);
    }
    const { storage, onError } = context;
    const { object: { segments }, selection: { start, end } } = read;
    const source = { storage, segments, start, end, lent, onError };
    return head(call, read, await openBody(source, turn, signal));
  } catch (error) {
    turn.end();
    throw error;
  }
};

/** Answers a HeadObject: what a GetObject would, without the body, and without waiting for any. */
export const headObject: Handler = (call, context) => head(call, judge(call, context), null);

/**
 * The object that a call is about.
 *
 * @throws {S3Error} `NoSuchBucket` or `NoSuchKey`, both 404.
 */
export function requireObject(
  { storage }: Pick<StoreContext, "storage">,
  bucket: string,
  key: string,
): ObjectRecord {
  requireBucket({ storage }, bucket);
  const object = storage.object(bucket, key);
  if (object === undefined) throw noSuchKey(key);
  return object;
}

/**
 * Lets a bucket pass that is there.
 *
 * @throws {S3Error} `NoSuchBucket` (404).
 */
export function requireBucket({ storage }: Pick<StoreContext, "storage">, bucket: string): void {
  if (storage.bucket(bucket) === undefined) throw noSuchBucket(bucket);
}

/** Finds the object, and weighs what the request makes of it. */
function judge(call: Call, context: StoreContext): Read {
  const object = requireObject(context, call.bucket, call.key);
  const result = precondition(call.headers, object);
  if (result === "not-modified") return { notModified: object };
  if (result === "failed") {
    throw preconditionFailed(call.headers.has("if-match") ? "If-Match" : "If-Unmodified-Since");
  }
  return { object, selection: select(call, object), overrides: overridesOf(call.query) };
}

function isEmpty(read: Read): boolean {
  return "selection" in read && read.selection.start === read.selection.end;
}

/** Puts the head of an answer before its body. */
function head(call: Call, read: Read, body: BodyInit | null): Response {
  if ("notModified" in read) {
    const { headers } = read.notModified;
    const response = new Response(null, { status: 304 });
    append(response, validators(read.notModified));
    for (const name of ["cache-control", "expires"]) {
      if (headers[name] !== undefined) response.headers.append(name, headers[name]);
    }
    return response;
  }
  const { object, overrides, selection: { start, end, partial } } = read;
  const response = new Response(body, { status: partial ? 206 : 200 });
  append(response, Object.entries(object.headers));
  append(response, validators(object));
  append(response, [
    ["accept-ranges", "bytes"],
    ["content-length", String(end - start)],
  ]);
  if (partial) {
    response.headers.append("content-range", `bytes ${start}-${end - 1}/${object.sizeBytes}`);
  }
  if (object.partSizes !== undefined && call.query.has("partNumber")) {
    response.headers.append("x-amz-mp-parts-count", String(object.partSizes.length));
  }
  // A checksum of the whole beside a part of it would fail the clients that hold them together.
  if (!partial && call.headers.get("x-amz-checksum-mode")?.toUpperCase() === "ENABLED") {
    append(response, checksumHeaders(object));
  }
  for (const [name, value] of overrides) response.headers.set(name, value);
  return response;
}

function append(response: Response, fields: Fields): void {
  for (const [name, value] of fields) response.headers.append(name, value);
}

function overridesOf(query: URLSearchParams): Fields {
  if (query.size === 0) return [];
  return OVERRIDES.flatMap(([parameter, name]) => {
    const value = query.get(parameter);
    if (value === null) return [];
    try {
      return [...new Headers([[name, value]])];
    } catch {
      throw invalidArgument("The value cannot be that of a header field", parameter, value);
    }
  });
}
