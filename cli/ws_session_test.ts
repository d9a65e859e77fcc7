// Tests of a session: heartbeats, what is marked as lost, and connecting again, without waiting.

import { assertEquals, assertRejects } from "@std/assert";
import { ManualClock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { echoObject, startWebSocketServer, type TestServer } from "../probes/testing_web_socket.ts";
import type { WsEvent } from "./ws_event.ts";
import { WsSession, type WsSessionOptions } from "./ws_session.ts";

/** A session whose events can be waited for. */
function startSession(url: URL, more: Partial<WsSessionOptions> = {}) {
  const clock = new ManualClock();
  const events: WsEvent[] = [];
  const looks = new Set<() => void>();
  const session = new WsSession({
    access: { url, headers: {}, insecure: false },
    path: "/",
    shownUrl: "ws://shown",
    clock,
    heartbeatMs: 0,
    thresholdMs: 5_000,
    timeoutMs: 5_000,
    reconnect: false,
    random: () => 0,
    signal: new AbortController().signal,
    onEvent(event) {
      events.push(event);
      for (const look of looks) look();
    },
    ...more,
  });
  /** Resolves once there are as many of these events. */
  const seen = (name: WsEvent["event"], count: number) =>
    new Promise<void>((resolve) => {
      const look = () => events.filter(({ event }) => event === name).length >= count && resolve();
      looks.add(look);
      look();
    });
  return { session, clock, events, seen, names: () => events.map(({ event }) => event) };
}

const ping = { kind: "request", type: "ping" } as const;

Deno.test("heartbeats go out at their interval, and each is paired with its answer", async () => {
  await using server = startWebSocketServer(echoObject);
  const { session, clock, events, seen } = startSession(server.url, { heartbeatMs: 20_000 });
  await session.start();
  await seen("received", 1);
  await clock.advance(19_999);
  assertEquals(events.filter(({ event }) => event === "sent"), []);
  await clock.advance(1);
  await seen("received", 2);
  await clock.advance(20_000);
  await seen("received", 3);
  const { sent, answered, lost } = await session.finish();
  assertEquals([sent, answered, lost], [2, 2, 0]);
  assertEquals(clock.pending, 0);
});

Deno.test("who waits for answers does not wait for those to later heartbeats", async () => {
  await using server = startWebSocketServer({ onOpen: echoObject.onOpen });
  const { session, clock, seen } = startSession(server.url, {
    ...{ heartbeatMs: 400, thresholdMs: 1_000 },
  });
  await session.start();
  await session.perform(ping);
  const settled = session.settled();
  await clock.advance(1_000);
  await seen("lost", 1);
  await settled;
  const { lost, open } = await session.finish();
  assertEquals([lost, open], [1, 2]);
});

Deno.test("a request is marked when its time is over; an answer that comes then is late, not lost", async () => {
  const held: (() => void)[] = [];
  await using server = startWebSocketServer({
    onOpen: echoObject.onOpen,
    onMessage: (socket, data) => void held.push(() => echoObject.onMessage(socket, data)),
  });
  const { session, clock, events, seen, names } = startSession(server.url);
  await session.start();
  await seen("received", 1);
  await session.perform(ping);
  await session.perform({ kind: "text", text: '{"type":"status"}' });
  await session.perform({ kind: "text", text: '{"type":"unheard-of"}' });
  await clock.advance(4_999);
  assertEquals(names().includes("lost"), false);
  await clock.advance(1);
  await seen("lost", 2);
  await clock.advance(1_000);
  while (held.length < 3) await clock.advance(0);
  held[0]?.();
  await seen("received", 2);
  const late = events.findLast(({ event }) => event === "received");
  assertEquals(late?.event === "received" && [late.late, late.roundTripMs], [true, 6_000]);
  const summary = await session.finish();
  assertEquals(summary, { sent: 2, answered: 1, late: 1, lost: 1, open: 0, unsent: 0 });
});

Deno.test("what waits when this side closes is open, when the server closes it is lost", async () => {
  await using server = startWebSocketServer({ onOpen: echoObject.onOpen });
  const first = startSession(server.url);
  await first.session.start();
  await first.session.perform(ping);
  const mine = await first.session.finish();
  assertEquals([mine.open, mine.lost], [1, 0]);

  const second = startSession(server.url);
  await second.session.start();
  await second.session.perform(ping);
  server.sockets[1]?.close(4408, "no heartbeat");
  await second.session.over;
  await second.session.perform(ping);
  const theirs = await second.session.finish();
  assertEquals([theirs.open, theirs.lost, theirs.unsent], [0, 1, 1]);
  assertEquals(second.events.slice(-3), [
    { event: "lost", type: "ping", afterMs: 0, why: "closed" },
    { event: "closed", code: 4408, reason: "no heartbeat", by: "server" },
    { event: "summary", ...theirs },
  ]);
});

Deno.test("another instance is told of as a reconstruction", async () => {
  let count = 0;
  await using server = startWebSocketServer({
    onMessage: (socket) => socket.send(`{"type":"pong","instance":"${Math.floor(count++ / 2)}"}`),
  });
  const { session, events, seen } = startSession(server.url);
  await session.start();
  for (let at = 1; at <= 3; at++) {
    await session.perform(ping);
    await seen("received", at);
  }
  await session.finish();
  assertEquals(
    events.flatMap((one) => one.event === "received" ? [one.reconstructed ?? false] : []),
    [false, false, true],
  );
});

Deno.test("a connection that ends is made again, ever later, and requests go on", async () => {
  let refusals = 0;
  await using server: TestServer = startWebSocketServer({
    ...echoObject,
    refuse: () => refusals-- > 0 ? new Response(null, { status: 503 }) : undefined,
  });
  const { session, clock, events, seen } = startSession(server.url, { reconnect: true });
  await session.start();
  refusals = 2;
  server.sockets[0]?.close(1012, "restart");
  for (const [at, ms] of [500, 1_000, 2_000].entries()) {
    await seen("reconnecting", at + 1);
    await clock.advance(ms);
  }
  await seen("connected", 2);
  await session.perform(ping);
  await session.settled();
  const summary = await session.finish();
  assertEquals([summary.answered, summary.lost], [1, 0]);
  assertEquals(
    events.flatMap((one) => one.event === "reconnecting" ? [one.inMs] : []),
    [500, 1_000, 2_000],
  );
  assertEquals(clock.pending, 0);
});

Deno.test("reconnecting is given up after ten attempts, and at once when the session is finished", async () => {
  const { session, clock, events, seen } = startSession(new URL("ws://127.0.0.1:1"), {
    reconnect: true,
  });
  const starting = assertRejects(() => session.start(), InconclusiveError, "after 10 attempts");
  for (let at = 1; at <= 10; at++) {
    await seen("reconnecting", at);
    await clock.advance(30_000);
  }
  await starting;
  const delays = events.flatMap((one) => one.event === "reconnecting" ? [one.inMs] : []);
  assertEquals(delays.slice(-3), [30_000, 30_000, 30_000]);

  await using server = startWebSocketServer(echoObject);
  const second = startSession(server.url, { reconnect: true });
  await second.session.start();
  server.sockets[0]?.close();
  await second.seen("reconnecting", 1);
  await second.session.finish();
  assertEquals([second.clock.pending, second.names().at(-1)], [0, "summary"]);
});

Deno.test("without reconnecting a target that is not there is an error", async () => {
  const { session, events } = startSession(new URL("ws://127.0.0.1:1"));
  await assertRejects(() => session.start(), InconclusiveError, "refused");
  await session.finish();
  assertEquals(events, []);
});
