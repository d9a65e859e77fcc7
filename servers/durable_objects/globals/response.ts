// `Response` with the client's end of a WebSocket, as Workers have it.

import { currentEvent } from "../context.ts";
import type { WorkersWebSocket } from "../api.ts";
import { isWorkersWebSocket } from "../sockets/web_socket.ts";
import { type AnyConstructor, type Patches, standIn } from "./patches.ts";

/** The sockets that responses were made with. */
const sockets = new WeakMap<object, WorkersWebSocket>();

/** The client's end that a response was made with; undefined for any other response. */
export function webSocketOf(response: Response): WorkersWebSocket | undefined {
  return sockets.get(response);
}

/** Checks what a response is made with. The messages are the vendor's. */
function socketIn(
  body: unknown,
  init: ResponseInit | undefined,
): WorkersWebSocket | undefined {
  const socket: unknown = init?.webSocket ?? undefined;
  const status: unknown = init?.status ?? 200;
  if (socket === undefined) {
    // Outside of objects that is the runtime's own business.
    if (currentEvent() !== undefined && Number(status) < 200) {
      throw new RangeError(
        "Responses may only be constructed with status codes in the range 200 to 599, inclusive.",
      );
    }
    return undefined;
  }
  if (!isWorkersWebSocket(socket)) {
    throw new TypeError(
      "Incorrect type for the 'webSocket' field on 'InitializerDict': " +
        "the provided value is not of type 'WebSocket'.",
    );
  }
  if (status !== 101) {
    throw new RangeError("Responses with a WebSocket must have status code 101.");
  }
  if (body !== null && body !== undefined) {
    throw new TypeError(
      "Response with null body status (101, 204, 205, or 304) cannot have a body.",
    );
  }
  return socket;
}

/** Dispatches `Response`, everywhere: a Worker's own handler runs outside of objects. */
export function patchResponse(patches: Patches): void {
  const Original = globalThis.Response;
  const { prototype } = Original;
  const originalClone = prototype.clone;
  patches.getter(prototype, "webSocket", function () {
    return sockets.get(this as object) ?? null;
  });
  patches.method(prototype, "clone", originalClone, function (this: Response) {
    if (sockets.has(this)) {
      throw new TypeError("Cannot clone a response to a WebSocket handshake.");
    }
    return originalClone.call(this);
  });
  standIn(patches, Original as unknown as AnyConstructor, (args, newTarget) => {
    const socket = socketIn(args[0], args[1] as ResponseInit | undefined);
    const response: object = Reflect.construct(Original, args, newTarget);
    if (socket !== undefined) sockets.set(response, socket);
    return response;
  }, () => Reflect.apply(Original as unknown as () => never, undefined, []));
}
