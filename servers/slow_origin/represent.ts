// Makes the slow origin's answer from what was asked for: status, validators, range, framing, body.

import type { Clock } from "../../lab/clock.ts";
import { bodyLine, streamBody, variantOf } from "./body.ts";
import { CHUNK_BYTES, type Controls, isBodiless } from "./controls.ts";
import type { Exchange } from "./exchange.ts";
import { Refusal } from "./refusal.ts";
import { isNotModified, selectRange } from "./selection.ts";

/** When an answer must be over. */
export interface AnswerTimes {
  /** Gives the time and the pauses. */
  clock: Clock;
  /** When a stall ends, in milliseconds since the epoch; Infinity for never. */
  deadline: number;
}

/** The headers that a request can have sent as they are, on full and 304 answers alike. */
function metadata(controls: Controls): Headers {
  const headers = new Headers({ "accept-ranges": "bytes" });
  if (controls.cacheControl !== "") headers.set("cache-control", controls.cacheControl);
  if (controls.vary !== undefined) headers.set("vary", controls.vary);
  if (controls.etag !== undefined) headers.set("etag", controls.etag);
  if (controls.lastModified !== undefined) headers.set("last-modified", controls.lastModified);
  return headers;
}

/** The mid-body fault among the faults. */
function midwayOf({ fault }: Controls): "close" | "stall" | undefined {
  return fault === "close-mid-body" ? "close" : fault === "stall-mid-body" ? "stall" : undefined;
}

/**
 * Makes the answer to a request whose delay is over. Conditions and ranges count for GET and HEAD of a
 * 200 only (RFC 9110 §13.2.1, §14.2).
 *
 * @throws {Refusal} with status 416 when the range has no byte of the body.
 */
export function represent(
  request: Request,
  path: string,
  controls: Controls,
  exchange: Exchange,
  times: AnswerTimes,
): Response {
  const headers = metadata(controls);
  const line = bodyLine(path, exchange.n, variantOf(request.headers, controls.vary));
  const sizeBytes = controls.sizeBytes ?? line.length;
  const isGet = request.method === "GET";
  const isHead = request.method === "HEAD";
  const selects = controls.status === 200 && (isGet || isHead);
  const notModified = selects && isNotModified(request.headers, controls);
  const range = selects && isGet && !notModified
    ? selectRange(request.headers, sizeBytes, controls)
    : undefined;
  if (range === "unsatisfiable") {
    throw new Refusal(416, `Cannot send this range: the body has ${sizeBytes} bytes`, {
      "content-range": `bytes */${sizeBytes}`,
    });
  }
  const status = notModified ? 304 : range === undefined ? controls.status : 206;
  const { from, length } = range ?? { from: 0, length: sizeBytes };
  if (range !== undefined) {
    headers.set("content-range", `bytes ${from}-${from + length - 1}/${sizeBytes}`);
  }

  const isLength = controls.framing === "length";
  if (!isBodiless(status)) {
    headers.set("content-type", "text/plain; charset=utf-8");
    if (isLength) headers.set("content-length", String(length));
  }
  exchange.head();
  if (isBodiless(status) || isHead || (isLength && length === 0)) {
    exchange.end("answered");
    return new Response(null, { status, headers });
  }
  const body = streamBody(
    {
      line,
      from,
      length,
      chunks: controls.chunks ?? Math.ceil(length / CHUNK_BYTES),
      paceMs: controls.paceMs,
      midway: midwayOf(controls),
      stallMs: Math.max(times.deadline - times.clock.now(), 0),
    },
    exchange,
    times.clock,
  );
  return new Response(body, { status, headers });
}
