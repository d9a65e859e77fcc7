// A request's answer on its way out: its end is the end of the request.

import { isStreamed } from "./globals/bodies.ts";
import type { RequestContext } from "./request_context.ts";

/** What the runtime answers where a Worker does not. */
export function internalError(status: number): Response {
  const text = status === 503 ? "Service Unavailable" : "Internal Server Error";
  return new Response(text, { status });
}

/** The same stream, read as code of the request; tells when nothing more comes. */
function watched(
  request: RequestContext,
  body: ReadableStream<Uint8Array>,
  onOver: () => void,
): ReadableStream<Uint8Array> {
  const reader = request.run(() => body.getReader());
  // A request that is cancelled can send no more.
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      try {
        const { done, value } = await request.run(() => reader.read());
        if (!done) return controller.enqueue(value);
        controller.close();
        controller.byobRequest?.respond(0);
      } catch (error) {
        controller.error(error);
      }
      onOver();
    },
    async cancel(reason) {
      try {
        await request.run(() => reader.cancel(reason));
      } finally {
        onOver();
      }
    },
  });
}

/**
 * What goes out of what a handler has answered.
 *
 * @param onOver Called when all of it has gone out, or nobody wants the rest.
 */
export function outgoing(
  request: RequestContext,
  asked: Request,
  response: Response,
  onOver: () => void,
): Response {
  const { status, statusText, headers } = response;
  // An upgrade cannot be made anew, and nobody reads the body of an answer to HEAD.
  if (!isStreamed(response) || status === 101 || asked.method === "HEAD") {
    onOver();
    return response;
  }
  const { body } = response;
  if (body === null) {
    onOver();
    return response;
  }
  return new Response(watched(request, body, onOver), { status, statusText, headers });
}
