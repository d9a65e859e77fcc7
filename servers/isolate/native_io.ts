// I/O of the runtime that is not behind a dispatched global: done outside, owned by the request.

import { runOutside } from "../durable_objects/context.ts";
import { CallPlace } from "../durable_objects/place.ts";
import { refused } from "./foreign_touch.ts";
import { ownAnswer, touchOutgoing } from "./globals/bodies.ts";
import { sendFor } from "./globals/sent.ts";
import { currentRequest } from "./request_context.ts";

/**
 * Does I/O for the request whose code runs, as `fetch` would: it is under way until it is over, and a
 * response that comes of it belongs to the request. Its own promises and events are nobody's, so that
 * a connection may be used by one request after the other. Outside of requests it only calls back.
 *
 * @param io Does it, by `node:http` for example. The signal aborts when the request is over before it.
 * @param sends The bodies that it will read: another request's are refused, as `fetch` refuses them,
 *   and a stream around one is read by `getReader()` as code of this request.
 */
export function nativeIo<T>(
  io: (signal: AbortSignal) => Promise<T>,
  sends: readonly (ReadableStream | Request | null | undefined)[] = [],
): Promise<T> {
  const request = currentRequest();
  const ended = new AbortController();
  if (request === undefined) return io(ended.signal);
  const error = touchOutgoing(sends, nativeIo);
  if (error !== undefined) return refused(error);
  for (const one of sends) {
    const stream = one instanceof Request ? one.body : one;
    if (stream) sendFor(stream, request);
  }
  const place = new CallPlace(nativeIo);
  const activity = request.activities.begin("fetch", place);
  const forget = request.onEnd(() => ended.abort());
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      activity.end();
      request.run(end);
    };
    runOutside(() => io(ended.signal)).then((value) => {
      if (value instanceof Response) ownAnswer(value, request, place);
      // What it brings may still be on its way.
      else forget();
      settle(() => resolve(value));
    }, (reason) => {
      forget();
      settle(() => reject(reason));
    });
  });
}

/**
 * So many bytes are buffered by the request whose code runs, beyond what it reads with `text()` and
 * its like, which counts by itself. Returns what gives them back; else they are held until it is over.
 * Outside of requests nothing is counted.
 *
 * @param onRelease Called when they are given back, or the request is over; more than once does no harm.
 */
export function holdBytes(bytes: number, onRelease: () => void = () => {}): () => void {
  const request = currentRequest();
  if (request === undefined) return onRelease;
  // Before it is held, which may end the request.
  const forget = request.onEnd(onRelease);
  const release = request.hold(bytes);
  return () => {
    forget();
    onRelease();
    release();
  };
}
