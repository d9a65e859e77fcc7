// The way to backends on the Workers runtime: `fetch`, with a length that the runtime lets through.

import { realClock } from "../../lab/clock.ts";
import { type Outbound, type Platform, type Send, UnreachableError } from "./outbound.ts";

/** A stream of the Workers runtime that says how long it is. */
interface FixedLength {
  new (bytes: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>;
}

/**
 * Sends by `fetch`. A body that is a stream goes out chunked, whatever header fields say, unless it comes
 * out of a `FixedLengthStream`: then with Content-Length (workerd 2026-11-17). What comes back is handed
 * on as it is, so that the runtime passes it along without our code; a backend that falls silent in the
 * middle of it is therefore noticed by the client alone.
 */
export const sendByFetch: Send = async (outbound) => {
  const { method, url, headers, signal, onOver } = outbound;
  try {
    return await fetch(url, {
      method,
      headers,
      body: bodyOf(outbound),
      redirect: "manual",
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    // The runtime says "Network connection lost." of all that can go wrong before an answer.
    throw new UnreachableError("Cannot reach a backend: received no answer", { cause: error });
  } finally {
    // The rest of the answer is the runtime's, which does not tell when that is over.
    onOver();
  }
};

function bodyOf({ body, lengthBytes, framing }: Outbound): BodyInit | null {
  if (!(body instanceof ReadableStream)) return body;
  const isFixed = framing === "fixed" && lengthBytes !== undefined;
  const pipe = isFixed ? new (fixedLength())(lengthBytes) : new TransformStream();
  // Its failure is the request's, and is thrown there.
  body.pipeTo(pipe.writable).catch(() => {});
  return pipe.readable;
}

function fixedLength(): FixedLength {
  const found: unknown = Reflect.get(globalThis, "FixedLengthStream");
  if (typeof found === "function") return found as FixedLength;
  throw new Error(
    "Cannot keep a length: received no FixedLengthStream, expected the Workers runtime",
  );
}

/** The platform that a Worker runs on. */
export function workerPlatform(onError: (error: unknown) => void): Platform {
  return {
    send: sendByFetch,
    fetch: (url, init) => fetch(url, init),
    clock: realClock,
    keepsDotSegments: false,
    onError,
  };
}
