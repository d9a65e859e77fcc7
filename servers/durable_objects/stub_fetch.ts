// Lets an object answer a request; the request is under way as long as the answer's body is.

import type { HostedObject } from "./hosted_object.ts";
import { isWorkersWebSocket, WebSocketEnd } from "./sockets/web_socket.ts";

/**
 * Resolves with the answer as soon as its header is there.
 *
 * @throws What the object's `fetch` throws, and with workerd's text when there is none or it gives no
 * `Response`.
 */
export async function fetchFrom(object: HostedObject, request: Request): Promise<Response> {
  let answered = (_: Response) => {};
  let failed = (_: unknown) => {};
  const first = new Promise<Response>((resolve, reject) => {
    answered = resolve;
    failed = reject;
  });
  object.handle("request", "request", async (instance) => {
    if (instance.fetch === undefined) {
      throw new Error("Handler does not export a fetch() function.");
    }
    const response = await instance.fetch(request);
    if (!(response instanceof Response)) {
      throw new TypeError(
        "Incorrect type for Promise: the Promise did not resolve to 'Response'.",
      );
    }
    const { webSocket } = response;
    if (isWorkersWebSocket(webSocket)) WebSocketEnd.endOf(webSocket).handedOut = true;
    if (response.body === null || webSocket) return answered(response);
    const { response: watched, over } = watch(response);
    answered(watched);
    // The request is under way as long as its answer is.
    await over;
  }).catch(failed);
  return await first;
}

/** The same response, with what tells when its body is over. */
function watch(response: Response): { response: Response; over: Promise<void> } {
  let end = () => {};
  const over = new Promise<void>((resolve) => end = resolve);
  const reader = response.body?.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const part = await reader?.read();
        if (part === undefined || part.done) {
          controller.close();
          end();
        } else controller.enqueue(part.value);
      } catch (error) {
        controller.error(error);
        end();
      }
    },
    async cancel(reason) {
      end();
      await reader?.cancel(reason);
    },
  }, { highWaterMark: 0 });
  const { status, statusText, headers } = response;
  return { response: new Response(body, { status, statusText, headers }), over };
}
