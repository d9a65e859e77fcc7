import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { runAs } from "../context.ts";
import { TestingObject } from "./testing_owner.ts";
import { isWorkersWebSocket, WebSocketEnd } from "./web_socket.ts";
import { WebSocketPair, WebSocketRequestResponsePair } from "./web_socket_pair.ts";

const delivered = () => new Promise<void>((resolve) => setTimeout(resolve));

function record(socket: WebSocketEnd): unknown[] {
  const heard: unknown[] = [];
  socket.addEventListener("message", (event) => heard.push((event as MessageEvent).data));
  socket.addEventListener("close", (event) => {
    const { code, reason, wasClean } = event as CloseEvent;
    heard.push([code, reason, wasClean]);
  });
  return heard;
}

Deno.test("a pair is two sockets, open from the beginning", () => {
  const pair = new WebSocketPair();
  const [client, server] = Object.values(pair);
  assertEquals(Object.keys(pair), ["0", "1"]);
  assertEquals([...pair], [client, server]);
  assert(isWorkersWebSocket(client) && isWorkersWebSocket(server) && !isWorkersWebSocket({}));
  assertEquals([client.readyState, client.url, client.protocol, client.extensions], [
    1,
    null,
    "",
    "",
  ]);
  assertEquals([WebSocketEnd.READY_STATE_OPEN, Reflect.get(client, "READY_STATE_CLOSED")], [1, 3]);
});

Deno.test("messages go both ways once both are accepted", async () => {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.send("welcome");
  const atClient = record(client);
  client.accept();
  const atServer = record(server);
  client.send("hello");
  await delivered();
  assertEquals([atClient, atServer], [["welcome"], ["hello"]]);
});

Deno.test("nothing can be sent before accept(), nor after close()", () => {
  const { 1: server } = new WebSocketPair();
  for (const use of [() => server.send("x"), () => server.close(1000)]) {
    assertMatch(assertThrows(use, TypeError).message, /^You must call one of accept\(\)/);
  }
  server.accept();
  server.accept();
  server.close(1000, "bye");
  server.close(1000, "again");
  const error = assertThrows(() => server.send("x"), TypeError);
  assertEquals(error.message, "Can't call WebSocket send() after close().");
});

Deno.test("binary messages are copies, as blobs or as buffers", async () => {
  const { 0: client, 1: server } = new WebSocketPair();
  const heard = record(client);
  client.accept();
  server.accept();
  const bytes = new Uint8Array([0, 1, 2, 3]);
  server.send(bytes.subarray(1, 3));
  bytes.fill(9);
  await delivered();
  const [blob] = heard;
  assert(blob instanceof Blob);
  assertEquals(await blob.bytes(), new Uint8Array([1, 2]));
  client.binaryType = "arraybuffer";
  server.send(bytes.buffer);
  bytes.fill(0);
  await delivered();
  assertEquals(heard[1], new Uint8Array([9, 9, 9, 9]).buffer);
});

Deno.test("what is neither text nor bytes is sent as its text", async () => {
  const { 0: client, 1: server } = new WebSocketPair();
  const heard = record(client);
  client.accept();
  server.accept();
  for (const value of [5, null, undefined, {}, ""]) server.send(value as unknown as string);
  await delivered();
  assertEquals(heard, ["5", "null", "undefined", "[object Object]", ""]);
  assertThrows(() => server.send(Symbol("x") as unknown as string), TypeError);
  assertThrows(
    () => Reflect.apply(server.send, server, []),
    TypeError,
    "parameter 1 is not of type",
  );
});

Deno.test("a close is answered with the same, unless half open is allowed", async () => {
  const { 0: client, 1: server } = new WebSocketPair();
  const [atClient, atServer] = [record(client), record(server)];
  client.accept();
  server.accept();
  client.close(4001, "bye");
  await delivered();
  assertEquals([atServer, atClient], [[[4001, "bye", true]], [[4001, "bye", true]]]);
  assertEquals([client.readyState, server.readyState], [3, 3]);

  const half = new WebSocketPair();
  half[0].accept();
  half[1].accept({ allowHalfOpen: true });
  half[0].close();
  await delivered();
  assertEquals(half[1].readyState, 2);
  const after = record(half[0]);
  half[1].send("last");
  half[1].close(1000);
  await delivered();
  assertEquals(after, ["last", [1000, "", true]]);
});

Deno.test("handlers, once, signals and removal are as an event target has them", async () => {
  const { 0: client, 1: server } = new WebSocketPair();
  const heard: string[] = [];
  const handler = (event: Event) => {
    assert(event.target === client);
    heard.push(`handler ${(event as MessageEvent).data}`);
  };
  client.onmessage = handler;
  assertEquals(client.onmessage, handler);
  client.addEventListener("message", () => heard.push("once"), { once: true });
  const stop = new AbortController();
  client.addEventListener("message", () => heard.push("until"), { signal: stop.signal });
  client.addEventListener("message", { handleEvent: () => heard.push("object") });
  client.accept();
  server.accept();
  server.send("1");
  await delivered();
  stop.abort();
  client.onmessage = null;
  server.send("2");
  await delivered();
  assertEquals(heard, ["handler 1", "once", "until", "object", "object"]);
});

Deno.test("inside of an object it keeps that in memory until it is closed", async () => {
  const object = new TestingObject();
  const { 0: client, 1: server } = new WebSocketPair();
  runAs({ object, over: false }, () => server.accept());
  client.accept();
  assertEquals(object.begun.map(({ kind }) => kind), ["plain-socket"]);
  assertMatch(String(object.begun[0]?.place), /web_socket_test\.ts:\d+|plain_socket/);
  server.addEventListener("message", () => server.send("answer"));
  client.send("ask");
  await delivered();
  assertEquals([object.counts, object.entered], [{ received: 1, answered: 1 }, 1]);
  client.close(1000);
  await delivered();
  assertEquals(object.begun, []);
});

Deno.test("when the object's incarnation ends, the client sees 1006", async () => {
  const object = new TestingObject();
  const { 0: client, 1: server } = new WebSocketPair();
  runAs({ object, over: false }, () => server.accept());
  const heard = record(client);
  client.accept();
  object.end();
  await delivered();
  assertEquals(heard, [
    [1006, "WebSocket disconnected without sending Close frame.", false],
  ]);
});

Deno.test("both ends have attachments, accepted or not", () => {
  const { 0: client } = new WebSocketPair();
  assertEquals(client.deserializeAttachment(), null);
  client.serializeAttachment({ a: 1 });
  assertEquals(client.deserializeAttachment(), { a: 1 });
  assertThrows(() => Reflect.apply(client.serializeAttachment, client, []), TypeError);
});

Deno.test("an auto-response pair takes two texts", () => {
  const pair = new WebSocketRequestResponsePair(1 as unknown as string, "");
  assertEquals([pair.request, pair.response], ["1", ""]);
  const error = assertThrows(
    () => Reflect.construct(WebSocketRequestResponsePair, ["a"]),
    TypeError,
  );
  assertMatch(error.message, /constructor parameter 2 is not of type 'string'/);
});
