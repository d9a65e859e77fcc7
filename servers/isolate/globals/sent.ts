// Streams on their way out: the runtime reads them, for the request that sends them.

import { currentRequest, type RequestContext } from "../request_context.ts";

const senders = new WeakMap<object, RequestContext>();

/** A stream is read for a request from now on, where it is read outside of all. */
export function sendFor(stream: ReadableStream, request: RequestContext): void {
  senders.set(stream, request);
}

/** For whom a stream is read, by code that is of no request; else undefined. */
export function senderOf(stream: object): RequestContext | undefined {
  return currentRequest() === undefined ? senders.get(stream) : undefined;
}

/**
 * A stream that reads another as code of a request. One that fails ends as if it were whole, as
 * workerd 2026-11-17 ends a content that is sent in chunks.
 */
export function sentFor(stream: ReadableStream, request: RequestContext): ReadableStream {
  const reader = request.run(() => stream.getReader());
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await request.run(() => reader.read());
        if (!done) return controller.enqueue(value);
      } catch {
        // The end that follows is all that the other side hears of it.
      }
      controller.close();
    },
    cancel: (reason) => request.run(() => reader.cancel(reason)),
  }, { highWaterMark: 0 });
}
