// Tests of the dialogue: what belongs to which request, what is lost, and when nothing can be told.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ManualClock, realClock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { Dialogue } from "./dialogue.ts";
import { parseMessage } from "./dialogue_message.ts";
import { RequestBook } from "./dialogue_requests.ts";
import { startPeer } from "./testing_peer.ts";
import {
  accept,
  answerOf,
  echoObject,
  optionsFor,
  startWebSocketServer,
  type TestServer,
  text,
} from "./testing_web_socket.ts";

const connect = (server: TestServer, thresholdMs = 5_000) =>
  Dialogue.connect({ ...optionsFor(server.url), thresholdMs });

Deno.test("the seed's requests are answered, with their round trip and the instance", async () => {
  await using server = startWebSocketServer(echoObject);
  await using dialogue = await connect(server);
  assertEquals(dialogue.welcome.connection.id, "c1");
  assertEquals(dialogue.welcome.features, ["status"]);
  assertEquals(dialogue.welcomed.message.instance, "one");
  for (const [type, expected] of [["ping", "pong"], ["heartbeat", "heartbeat_ack"]] as const) {
    const reply = await dialogue.request(type);
    assert(!reply.lost);
    assertEquals(reply.answer.type, expected);
    assert(reply.roundTripMs >= 0 && reply.atMs >= reply.sentAtMs);
  }
  const reply = await dialogue.request("message", { content: "hello" });
  assert(!reply.lost);
  assertEquals(reply.answer.content, "hello");
});

Deno.test("each answer goes to its own request when a server answers in the wrong order", async () => {
  const held: string[] = [];
  await using server = startWebSocketServer({
    ...echoObject,
    onMessage(socket, data) {
      held.push(String(data));
      if (held.length < 3) return;
      for (const text of held.reverse()) socket.send(JSON.stringify(answerOf(text)));
    },
  });
  await using dialogue = await connect(server);
  const replies = await Promise.all(
    ["a", "b", "c"].map((content) => dialogue.request("message", { content })),
  );
  assertEquals(replies.map((reply) => reply.lost ? null : reply.answer.content), ["a", "b", "c"]);
  const came = dialogue.heard.slice(1).map(({ message }) => message.content);
  assertEquals(came, ["c", "b", "a"]);
});

Deno.test("a server that echoes no ids is paired by type, in order", async () => {
  await using server = startWebSocketServer({
    ...echoObject,
    onMessage(socket, data) {
      const { id: _, ...answer } = answerOf(String(data)) ?? {};
      socket.send(JSON.stringify({ ...answer, id: 7 }));
    },
  });
  await using dialogue = await connect(server);
  const [ping, first, second] = await Promise.all([
    dialogue.request("ping"),
    dialogue.request("message", { content: "1" }),
    dialogue.request("message", { content: "2" }),
  ]);
  assertEquals(
    [ping, first, second].map((reply) =>
      reply.lost ? null : reply.answer.content ?? reply.answer.type
    ),
    ["pong", "1", "2"],
  );
});

Deno.test("what is not answered in time, or before the end, is lost, and says which", async () => {
  await using server = startWebSocketServer({ onOpen: echoObject.onOpen });
  await using dialogue = await connect(server);
  const late = await dialogue.request("ping", {}, { withinMs: 20 });
  assert(late.lost && late.why === "late" && late.afterMs >= 19);
  const waiting = dialogue.request("ping");
  server.sockets[0]?.close(4000, "enough");
  const closed = await waiting;
  assert(closed.lost && closed.why === "closed" && closed.afterMs < 5_000);
  assertEquals(dialogue.closed?.code, 4000);
  const after = await dialogue.request("ping");
  assert(after.lost && after.why === "closed");
});

Deno.test("an answer to what was given up is known when it comes", async () => {
  const held: string[] = [];
  await using server = startWebSocketServer({
    ...echoObject,
    onMessage(socket, data) {
      held.push(String(data));
      if (held.length < 2) return;
      for (const text of held) socket.send(JSON.stringify(answerOf(text)));
    },
  });
  await using dialogue = await connect(server);
  const lost = await dialogue.request("ping", {}, { withinMs: 20 });
  assert(lost.lost);
  assertEquals(dialogue.lateAnswer(lost), undefined);
  assert(!(await dialogue.request("heartbeat")).lost);
  const late = dialogue.lateAnswer(lost);
  assert(late && !late.lost && late.answer.type === "pong");
  assertEquals(late.sentAtMs, lost.sentAtMs);
  assert(late.atMs - late.sentAtMs >= lost.afterMs);
});

Deno.test("what came and belongs to nothing is told apart from what servers say unasked", async () => {
  const said = [
    '{"type":"push"}',
    '{"type":"broadcast"}',
    '{"type":"pong"}',
    '{"type":"error"}',
    "text",
    new Uint8Array([1]),
  ];
  await using server = startWebSocketServer({
    onOpen(socket, asked) {
      echoObject.onOpen(socket, asked);
      for (const one of said) socket.send(one);
    },
    onMessage: echoObject.onMessage,
  });
  await using dialogue = await connect(server);
  assert(!(await dialogue.request("ping")).lost);
  assertEquals(dialogue.strays.map(({ what }) => what), [
    "a message of type 'error'",
    "text that is no message",
    "binary data",
  ]);
});

Deno.test("how long a close frame's answer is waited for is the caller's to say", async () => {
  // It never answers a close frame.
  await using peer = await startPeer();
  const options = { ...optionsFor(peer.url), thresholdMs: 5_000, closeTimeoutMs: 20 };
  const connecting = Dialogue.connect(options);
  await accept(await peer.next(), text('{"type":"welcome"}'));
  await using dialogue = await connecting;
  const beganMs = realClock.now();
  assertEquals((await dialogue.close()).code, 1006);
  assert(realClock.now() - beganMs < 2_000);
});

Deno.test("an auto-response is an answer though it has no id", async () => {
  await using server = startWebSocketServer({
    onOpen: echoObject.onOpen,
    onMessage: (socket, data) =>
      data === '{"type":"auto_ping"}' && socket.send('{"type":"auto_pong"}'),
  });
  await using dialogue = await connect(server);
  const reply = await dialogue.autoPing();
  assert(!reply.lost);
  assertEquals(reply.answer, { type: "auto_pong" });
});

Deno.test("listening finds what came, what comes, and tells of silence", async () => {
  await using server = startWebSocketServer({
    ...echoObject,
    onMessage(socket) {
      for (const n of [1, 2]) socket.send(JSON.stringify({ type: "push", n }));
    },
  });
  await using dialogue = await connect(server);
  const second = dialogue.listen(({ n }) => n === 2);
  await dialogue.tell("anything");
  assertEquals((await second)?.message, { type: "push", n: 2 });
  assertEquals((await dialogue.listen(({ n }) => n === 1, { from: 0 }))?.message.n, 1);
  assertEquals(await dialogue.listen(({ n }) => n === 1, { withinMs: 5 }), undefined);
  const abort = new AbortController();
  const waiting = dialogue.listen(() => true, { signal: abort.signal });
  abort.abort(new InconclusiveError("ended"));
  await assertRejects(() => waiting, InconclusiveError, "ended");
});

Deno.test("without a welcome nothing can be told, whether the server is silent or closes", async () => {
  await using silent = startWebSocketServer();
  await assertRejects(() => connect(silent, 20), InconclusiveError, "no welcome came within 20 ms");
  await using closing = startWebSocketServer({ onOpen: (socket) => socket.close(4001) });
  await assertRejects(
    () => connect(closing),
    InconclusiveError,
    "ended with 4001 before a welcome",
  );
});

Deno.test("a late answer is known as late, and not taken for the answer of the next request", async () => {
  const clock = new ManualClock();
  const book = new RequestBook(clock);
  const first = book.add("ping", 100);
  await clock.advance(100);
  assertEquals(await first.reply, { lost: true, afterMs: 100, sentAtMs: 0, why: "late" });
  const second = book.add("ping", 100);
  const paired = book.take({ type: "pong", id: first.id }, 120);
  assertEquals([paired?.request.id, paired?.late, paired?.roundTripMs], [first.id, true, 120]);
  assertEquals(book.waiting, 1);
  // The same answer again is nobody's.
  assertEquals(book.take({ type: "pong", id: first.id }, 121), undefined);
  // Without an id it is the waiting request's.
  assertEquals(book.take({ type: "pong" }, 130)?.request.id, second.id);
  assertEquals(clock.pending, 0);
});

Deno.test("an answer to somebody else is not taken for ours once the server gave an id of ours back", () => {
  const book = new RequestBook(new ManualClock());
  const [first, second] = [book.add("ping", 100), book.add("ping", 100)];
  // Until then another id may be the server's own.
  assertEquals(book.take({ type: "pong", id: "m1" }, 1)?.request.id, first.id);
  assertEquals(book.take({ type: "pong", id: second.id }, 2)?.request.id, second.id);
  const third = book.add("ping", 100);
  assertEquals(book.take({ type: "pong", id: "somebody-1" }, 3), undefined);
  assertEquals(book.take({ type: "pong", id: third.id }, 4)?.request.id, third.id);
  book.end();
});

Deno.test("what is no message of the protocol is passed over", () => {
  for (const data of ["", "text", "null", "[]", "{}", '{"type":1}', new Uint8Array([1])]) {
    assertEquals(parseMessage(data), undefined);
  }
  const odd = parseMessage('{"type":"pong","instance":3,"ageMs":"x","timestamp":null}');
  assertEquals([odd?.type, odd?.instance, odd?.ageMs], ["pong", undefined, undefined]);
  assert(realClock.now() > 0);
});
