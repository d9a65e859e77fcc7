import { assert, assertEquals, assertThrows } from "@std/assert";
import { currentEvent } from "../context.ts";
import { TestingObject, withObject } from "./testing_object.ts";

/** A server that answers each message with itself, and says goodbye as it is told. */
function startEcho() {
  const closed: number[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => data === "bye" ? socket.close(4000, "bye") : socket.send(data);
    socket.onclose = ({ code }) => void closed.push(code);
    return response;
  });
  return {
    url: `ws://127.0.0.1:${server.addr.port}/a`,
    closed,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function happened(socket: WebSocket, type: string): Promise<void> {
  // The class's own method: not an event of the object.
  return new Promise((resolve) =>
    EventTarget.prototype.addEventListener.call(socket, type, () => resolve(), { once: true })
  );
}

Deno.test(
  "an outgoing WebSocket counts until it is closed, and its events are the object's",
  withObject(async (object) => {
    await using server = startEcho();
    const seen: unknown[] = [];
    const note = (what: unknown) => seen.push([what, currentEvent()?.object === object]);
    const socket = object.run(() => {
      const socket = new WebSocket(`${server.url}?secret=1`);
      socket.onopen = () => note("open");
      socket.addEventListener("message", ({ data }) => note(data));
      socket.addEventListener("close", { handleEvent: (event) => note(event.type) });
      return socket;
    });
    assertEquals(object.shown(), [`WebSocket web_socket_test.ts:N ${server.url}`]);
    await happened(socket, "open");
    socket.send("hello");
    await happened(socket, "message");
    socket.send("bye");
    await happened(socket, "close");
    assertEquals(seen, [["open", true], ["hello", true], ["close", true]]);
    assertEquals([object.activities.size, object.entered, object.watchers], [0, 3, 0]);
  }),
);

Deno.test(
  "listeners are added once, taken away again, and replaced",
  withObject(async (object) => {
    await using server = startEcho();
    const seen: string[] = [];
    const one = () => void seen.push("one");
    const gone = () => void seen.push("gone");
    const socket = object.run(() => new WebSocket(server.url));
    socket.addEventListener("open", one);
    socket.addEventListener("open", one);
    socket.addEventListener("open", gone);
    socket.removeEventListener("open", gone);
    socket.onopen = gone;
    socket.onopen = one;
    assertEquals(socket.onopen, one);
    socket.onmessage = gone;
    socket.onmessage = null;
    assertEquals(socket.onmessage, null);
    await happened(socket, "open");
    socket.send("x");
    await happened(socket, "message");
    socket.close();
    await happened(socket, "close");
    assertEquals(seen, ["one", "one"]);
  }),
);

Deno.test(
  "what a listener throws goes to the object's log",
  withObject(async (object) => {
    await using server = startEcho();
    const socket = object.run(() => new WebSocket(server.url));
    socket.onopen = () => {
      throw new Error("mine");
    };
    await happened(socket, "open");
    socket.close();
    await happened(socket, "close");
    assertEquals(object.lines, ["error Error: mine"]);
  }),
);

Deno.test(
  "a connection that fails is over",
  withObject(async (object) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const seen: string[] = [];
    const socket = object.run(() => new WebSocket(`ws://127.0.0.1:${port}/`));
    socket.onerror = ({ type }) => void seen.push(type);
    socket.onclose = ({ type }) => void seen.push(type);
    await happened(socket, "close");
    await Promise.resolve();
    assertEquals([seen, object.activities.size, object.watchers], [["error", "close"], 0, 0]);
  }),
);

Deno.test(
  "when an incarnation ends its sockets are closed, it hears nothing more, and can open none",
  withObject(async (object) => {
    await using server = startEcho();
    const seen: string[] = [];
    const socket = object.run(() => new WebSocket(server.url));
    socket.onclose = () => void seen.push("close");
    await happened(socket, "open");
    object.end();
    await happened(socket, "close");
    assertEquals([seen, object.sizes], [[], [1]]);
    assertThrows(() => object.run(() => new WebSocket(server.url)), Error, "evicted");
    await server[Symbol.asyncDispose]();
    assertEquals(server.closed.length, 1);
  }),
);

Deno.test(
  "the class has the constants, and the instances, that it has in Workers",
  withObject(async (object) => {
    await using server = startEcho();
    const names = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];
    for (const prefix of ["", "READY_STATE_"]) {
      assertEquals(names.map((name) => Reflect.get(WebSocket, prefix + name)), [0, 1, 2, 3]);
    }
    const pair = new WebSocketPair();
    class Own extends WebSocket {}
    assert(pair[0] instanceof WebSocket && !(pair[0] instanceof Own));
    const makers = [
      () => new WebSocket(server.url),
      () => object.run(() => new WebSocket(server.url)),
      () => object.run(() => new Own(server.url)),
    ];
    for (const [index, make] of makers.entries()) {
      const socket = make();
      assert(socket instanceof WebSocket);
      assertEquals(socket instanceof Own, index === 2);
      assertEquals(socket.constructor, index === 2 ? Own : WebSocket);
      await happened(socket, "open");
      socket.close();
      await happened(socket, "close");
    }
    assertThrows(() => Reflect.apply(WebSocket as unknown as () => void, undefined, []), TypeError);
    assertEquals([object.entered, new TestingObject().entered], [0, 0]);
  }),
);
