import { assert, assertEquals, assertThrows } from "@std/assert";
import { type EventContext, runAs } from "../context.ts";
import { HibernatableSockets } from "./hibernatable_sockets.ts";
import { TestingObject, TestingOwner } from "./testing_owner.ts";
import type { WebSocketEnd } from "./web_socket.ts";
import { WebSocketPair, WebSocketRequestResponsePair } from "./web_socket_pair.ts";

const delivered = () => new Promise<void>((resolve) => setTimeout(resolve));

/** Accepts a socket, whose client keeps what it hears. */
function connect(sockets: HibernatableSockets, tags?: string[]) {
  const { 0: client, 1: server } = new WebSocketPair();
  const connection = sockets.accept(server, tags);
  const heard: unknown[] = [];
  client.binaryType = "arraybuffer";
  client.addEventListener("message", (event) => heard.push((event as MessageEvent).data));
  client.addEventListener("close", (event) => {
    const { code, reason } = event as CloseEvent;
    heard.push([code, reason]);
  });
  client.accept();
  return { client, server, connection, heard };
}

function echo(owner: TestingOwner): void {
  owner.onMessage = (connection, data) => connection.socket().send(data);
}

for (const variant of ["bug", "fix"] as const) {
  Deno.test(`${variant}: the welcome arrives, an answer ${variant === "fix" ? "too" : "does not"}, a close does`, async () => {
    const owner = new TestingOwner(variant);
    const sockets = new HibernatableSockets(owner);
    const accepting: EventContext = { object: new TestingObject(), over: false };
    const { client, server, heard } = runAs(accepting, () => {
      const made = connect(sockets);
      made.server.send("welcome");
      return made;
    });
    accepting.over = true;
    // The same event, when it is over, and another one.
    runAs(accepting, () => server.send("late"));
    owner.onMessage = (connection, data) =>
      runAs(
        { object: accepting.object, over: false },
        () => connection.socket().send(`re: ${data}`),
      );
    client.send("hello");
    await delivered();
    sockets.hibernate();
    client.send("after");
    await delivered();
    sockets.list()[0]?.close(4408, "no heartbeat");
    await delivered();
    assertEquals(
      heard,
      variant === "fix"
        ? ["welcome", "late", "re: hello", "re: after", [4408, "no heartbeat"]]
        : ["welcome", [4408, "no heartbeat"]],
    );
    assertEquals(owner.counts, { received: 2, answered: 4 });
  });
}

Deno.test("after a hibernation the socket is another object with the same attachment", async () => {
  const owner = new TestingOwner();
  const sockets = new HibernatableSockets(owner);
  const { client, server, connection, heard } = connect(sockets, ["room"]);
  server.serializeAttachment({ user: "a" });
  Object.assign(server, { expando: 1 });
  assert(sockets.list()[0] === server && connection.socket() === server);
  assertEquals(server.deserializeAttachment(), { user: "a" });
  assertEquals(owner.counts.attachmentsRestored, undefined);

  sockets.hibernate();
  const [woken] = sockets.list("room");
  assert(woken !== undefined && woken !== server && woken === connection.socket());
  assertEquals(Reflect.get(woken, "expando"), undefined);
  assertEquals(woken.deserializeAttachment(), { user: "a" });
  assertEquals(woken.deserializeAttachment(), { user: "a" });
  assertEquals(owner.counts.attachmentsRestored, 1);
  echo(owner);
  client.send("still there?");
  await delivered();
  assertEquals(heard, ["still there?"]);
});

Deno.test("an attachment made before the socket was accepted stays", () => {
  const sockets = new HibernatableSockets(new TestingOwner());
  const { 1: server } = new WebSocketPair();
  server.serializeAttachment(1);
  sockets.accept(server);
  assertEquals(sockets.list()[0]?.deserializeAttachment(), 1);
});

Deno.test("without a tag the newest is first, with one the oldest", async () => {
  const sockets = new HibernatableSockets(new TestingOwner());
  const a = connect(sockets, ["x", "only"]);
  const b = connect(sockets, ["y"]);
  const c = connect(sockets, ["x"]);
  const names = new Map<unknown, string>([[a.server, "a"], [b.server, "b"], [c.server, "c"]]);
  const named = (tag?: string) => sockets.list(tag).map((socket) => names.get(socket));
  assertEquals([named(), named("x"), named("only"), named("none")], [
    ["c", "b", "a"],
    ["a", "c"],
    ["a"],
    [],
  ]);
  a.client.close(1000);
  await delivered();
  assertEquals([named(), named("x"), named("only"), sockets.size], [["c", "b"], ["c"], [], 2]);
});

Deno.test("tags are texts, each once, at most ten, of at most 256 bytes", () => {
  const sockets = new HibernatableSockets(new TestingOwner());
  const accept = (tags: unknown) => sockets.accept(new WebSocketPair()[1], tags as string[]);
  const { 1: ws } = new WebSocketPair();
  sockets.accept(ws, [1, null, {}, "1", ""] as unknown as string[]);
  assertEquals(sockets.tagsOf(ws), ["1", "null", "[object Object]", ""]);
  accept(["a".repeat(256)]);
  const many = Array.from({ length: 11 }, (_, index) => `t${index}`);
  accept([...many.slice(1), "t1", "t2"]);
  assertThrows(() => accept(many), Error, "a Hibernatable WebSocket cannot have more than 10 tags");
  for (const tag of ["a".repeat(257), "Б".repeat(129)]) {
    assertThrows(
      () => accept([tag]),
      Error,
      `"${tag}" is longer than the max tag length (256 characters).`,
    );
  }
  for (const tags of ["abc", 5, null]) {
    assertThrows(() => accept(tags), TypeError, "parameter 2 is not of type 'Array'");
  }
});

Deno.test("only a socket that nobody has taken can be accepted", () => {
  const sockets = new HibernatableSockets(new TestingOwner());
  const { 0: client, 1: server } = new WebSocketPair();
  sockets.accept(server);
  assertThrows(() => sockets.accept(server), Error, "already accepted via `accept()`");
  assertThrows(() => sockets.accept(client), Error, "its pair has already been accepted");
  assertThrows(() => server.accept(), TypeError, "after enabling hibernation");
  const { 1: plain } = new WebSocketPair();
  plain.accept();
  assertThrows(() => sockets.accept(plain), Error, "already accepted via `accept()`");
  assertThrows(
    () => sockets.accept({} as unknown as WebSocketEnd),
    TypeError,
    "parameter 1 is not of type 'WebSocket'",
  );
  assertThrows(() => sockets.tagsOf(plain), Error, "only hibernatable websockets can have tags.");
  assertThrows(() => sockets.tagsOf(client), Error, "you must call 'acceptWebSocket()'");
});

for (const variant of ["bug", "fix"] as const) {
  Deno.test(`${variant}: an auto-response is given without the object, also while it hibernates`, async () => {
    const owner = new TestingOwner(variant);
    const sockets = new HibernatableSockets(owner);
    const { client, server, heard } = connect(sockets);
    const other = connect(sockets);
    sockets.setAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    assertEquals(sockets.autoResponseTimestamp(server), null);
    sockets.hibernate();
    client.send("ping");
    await delivered();
    assertEquals([heard, owner.heard], [["pong"], []]);
    assertEquals(owner.counts, { autoResponses: 1 });
    assertEquals(sockets.autoResponseTimestamp(server), new Date(1000));
    assertEquals(sockets.autoResponseTimestamp(other.server), null);

    // Bytes are not text, and nothing but the letter is enough.
    client.send(new TextEncoder().encode("ping"));
    client.send("ping ");
    await delivered();
    assertEquals([owner.heard.length, owner.counts.autoResponses], [2, 1]);
    sockets.setAutoResponse();
    client.send("ping");
    await delivered();
    assertEquals([owner.heard.length, owner.counts.autoResponses], [3, 1]);
    assertEquals(sockets.autoResponse, null);
  });
}

Deno.test("an auto-response has at most 2,048 bytes each way", () => {
  const sockets = new HibernatableSockets(new TestingOwner());
  const pair = (request: string, response: string) =>
    sockets.setAutoResponse(new WebSocketRequestResponsePair(request, response));
  pair("a".repeat(2048), "b".repeat(2048));
  assertThrows(
    () => pair("a".repeat(2049), ""),
    RangeError,
    "Request cannot be larger than 2048 bytes. A request of size 2049 was provided.",
  );
  assertThrows(() => pair("", "é".repeat(1025)), RangeError, "Response cannot be larger");
  assertThrows(
    () => sockets.setAutoResponse({ request: "a", response: "b" }),
    TypeError,
    "parameter 1 is not of type 'WebSocketRequestResponsePair'",
  );
});

Deno.test("a socket is the object's until its close handler is over", async () => {
  const owner = new TestingOwner();
  const sockets = new HibernatableSockets(owner);
  const { client, server, heard } = connect(sockets);
  const handler = Promise.withResolvers<void>();
  owner.onClosed = () => handler.promise;
  client.close(4000, "bye");
  await delivered();
  assertEquals(owner.heard, [["closed", 1, 4000, "bye", true]]);
  assertEquals([sockets.size, server.readyState], [1, 2]);
  // Nothing is answered by itself: the object's own close is.
  assertEquals(heard, []);
  server.send("last words");
  server.close(4001, "mine");
  handler.resolve();
  await delivered();
  assertEquals([heard, sockets.size], [["last words", [4001, "mine"]], 0]);
  assertThrows(() => sockets.tagsOf(server), Error, "you must call 'acceptWebSocket()'");
});

Deno.test("the client's answer to the object's close is heard in state 3", async () => {
  const owner = new TestingOwner();
  const sockets = new HibernatableSockets(owner);
  const { server } = connect(sockets);
  const states: number[] = [];
  owner.onClosed = () => void states.push(server.readyState);
  server.close(4001, "mine");
  assertEquals([server.readyState, sockets.size], [2, 1]);
  await delivered();
  assertEquals([owner.heard, states], [[["closed", 1, 4001, "mine", true]], [3]]);
  assertEquals(owner.events.filter(({ kind }) => kind === "socket-closed"), [
    { kind: "socket-closed", code: 4001, reason: "mine", by: "object" },
  ]);
});

Deno.test("closeAll() closes every client and tells the object nothing", async () => {
  const owner = new TestingOwner();
  const sockets = new HibernatableSockets(owner);
  const all = [connect(sockets, ["t"]), connect(sockets)];
  sockets.closeAll(1001, "going away");
  assertEquals([sockets.size, sockets.list("t")], [0, []]);
  await delivered();
  assertEquals(all.map(({ heard }) => heard), [[[1001, "going away"]], [[1001, "going away"]]]);
  assertEquals(owner.heard, []);
});

Deno.test("events show at most 200 characters, and none are made while nobody listens", async () => {
  const owner = new TestingOwner();
  const sockets = new HibernatableSockets(owner);
  echo(owner);
  const { client } = connect(sockets, ["t"]);
  client.send("é".repeat(300));
  client.send(new Uint8Array(5));
  await delivered();
  const text = { text: "é".repeat(200), sizeBytes: 600 };
  const bytes = { text: "ArrayBuffer(5)", sizeBytes: 5 };
  assertEquals(owner.events, [
    { kind: "socket-accepted", hibernatable: true, tags: ["t"] },
    { kind: "received", message: text },
    { kind: "sent", message: text },
    { kind: "received", message: bytes },
    { kind: "sent", message: bytes },
  ]);
  owner.listening = false;
  client.send("more");
  client.close(1000);
  await delivered();
  assertEquals(owner.events.length, 5);
});

Deno.test("5,000 hibernated sockets are echoed to in well under 0.4 s, each once", async () => {
  const owner = new TestingOwner();
  owner.listening = false;
  const sockets = new HibernatableSockets(owner);
  echo(owner);
  const all = Array.from({ length: 5000 }, () => connect(sockets, ["all"]));
  for (const { server } of all) server.serializeAttachment({ id: "a", at: 1.5, name: "x" });
  sockets.hibernate();
  owner.onMessage = (connection, data) => {
    const socket = connection.socket();
    const kept = socket.deserializeAttachment();
    socket.serializeAttachment(kept);
    socket.send(data);
  };
  const before = performance.now();
  for (const { client } of all) client.send("hello");
  await delivered();
  const tookMs = performance.now() - before;
  assert(all.every(({ heard }) => heard.length === 1 && heard[0] === "hello"));
  assertEquals(owner.counts.attachmentsRestored, 5000);
  assert(tookMs < 400, `took ${tookMs} ms`);
});
