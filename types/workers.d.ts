// The globals of the Workers runtime that an object's code uses, for the code in this tree that is
// written for it. They are there inside of objects only: the host puts them there.

/** Both ends of a WebSocket: `0` goes to the client, `1` stays. */
// deno-lint-ignore no-var -- a global that may be assigned is declared like this
declare var WebSocketPair: {
  new (): {
    0: import("../servers/durable_objects/api.ts").WorkersWebSocket;
    1: import("../servers/durable_objects/api.ts").WorkersWebSocket;
  };
};

/** A request that the runtime answers by itself. */
// deno-lint-ignore no-var -- a global that may be assigned is declared like this
declare var WebSocketRequestResponsePair: {
  new (
    request: string,
    response: string,
  ): import("../servers/durable_objects/api.ts").AutoResponsePair;
};

interface ResponseInit {
  /** The client's end, for an answer with status 101. */
  webSocket?: import("../servers/durable_objects/api.ts").WorkersWebSocket | null;
}

interface Response {
  /** The client's end of an answer with status 101. */
  readonly webSocket?: import("../servers/durable_objects/api.ts").WorkersWebSocket | null;
}

/** `ctx`: what an object can do with itself. */
type DurableObjectState = import("../servers/durable_objects/api.ts").DurableObjectState;

/** A binding: all objects of a class. */
type DurableObjectNamespace = import("../servers/durable_objects/api.ts").DurableObjectNamespace;
