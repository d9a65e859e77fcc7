// The body of what an object fetched: attributed while somebody waits for more of it.

import type { Activity } from "../activity.ts";

/** What of a fetched response a new one cannot be given. */
const KEPT = ["url", "redirected", "type", "headers"] as const;

function keepFrom(original: Response, made: Response): Response {
  const clone = made.clone;
  for (const name of KEPT) {
    Object.defineProperty(made, name, { value: original[name], configurable: true });
  }
  Object.defineProperty(made, "clone", {
    value: () => keepFrom(original, clone.call(made)),
    configurable: true,
    writable: true,
  });
  return made;
}

/**
 * The same response with a body that is an activity while a read of it is pending. Between reads,
 * and when nobody reads it, an unread body keeps no object in memory: workerd 2026-11-17 evicts the
 * object then.
 *
 * @param begin Makes that activity.
 * @param onOver Called once when the body was read to its end, cancelled or broke.
 */
export function attributedBody(
  response: Response,
  begin: () => Activity,
  onOver: () => void,
): Response {
  const source = response.body?.getReader();
  if (source === undefined) return response;
  const body = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const activity = begin();
      try {
        const { done, value } = await source.read();
        if (!done) return controller.enqueue(value);
        onOver();
        controller.close();
        controller.byobRequest?.respond(0);
      } catch (error) {
        onOver();
        throw error;
      } finally {
        activity.end();
      }
    },
    cancel(reason) {
      onOver();
      return source.cancel(reason);
    },
  });
  const { status, statusText, headers } = response;
  return keepFrom(response, new Response(body, { status, statusText, headers }));
}
