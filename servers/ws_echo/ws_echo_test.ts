// Tests of the echo server over real sockets: its paths, its events in order, its limits, its end.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import type { HostEvent } from "../durable_objects/events.ts";
import { listen } from "../listen.ts";
import type { WsEchoOptions } from "./echo_host.ts";
import { PUBLIC_LIMITS, type WsEchoLimits } from "./limits.ts";
import { PAST_EVICTION_MS } from "./testing_echo.ts";
import { createWsEcho } from "./ws_echo.ts";

/** A server that can be reached, on a clock that stands still. */
async function start(options: WsEchoOptions = {}) {
  const clock = new ManualClock();
  const server = await createWsEcho({ clock, ...options });
  const listening = await listen(server);
  const { url } = listening;
  const base = url + (options.basePath ?? "");
  return {
    clock,
    server,
    url,
    base,
    get: async (path: string, init?: RequestInit) => {
      const response = await fetch(base + path, { redirect: "manual", ...init });
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await listening.close();
    },
  };
}

/** A client on a real socket: what came, and how it ended. */
async function connect(url: string) {
  const socket = new WebSocket(url.replace(/^http/, "ws"));
  const inbox: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.onmessage = ({ data }) => {
    const next = waiting.shift();
    if (next) next(data);
    else inbox.push(data);
  };
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  });
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const next = async () =>
    JSON.parse(inbox.shift() ?? await new Promise<string>((resolve) => waiting.push(resolve)));
  return {
    welcome: await next(),
    closed,
    next,
    ask: (request: unknown) => {
      socket.send(JSON.stringify(request));
      return next();
    },
    send: (text: string) => socket.send(text),
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}

/** The events of a stream, one at a time. */
async function eventsAt(url: string) {
  const response = await fetch(url);
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())
    .getReader();
  let text = "";
  const next = async (): Promise<{ id: string; event: HostEvent } | undefined> => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 2);
        if (id !== undefined && data !== undefined) return { id, event: JSON.parse(data) };
        continue;
      }
      const { value, done } = await reader.read();
      if (done) return undefined;
      text += value;
    }
  };
  return {
    response,
    next,
    /** Up to one that is as wanted. */
    async until(wanted: (event: HostEvent) => boolean): Promise<HostEvent[]> {
      const events: HostEvent[] = [];
      for (let found = await next(); found; found = await next()) {
        assertEquals(found.id, String(found.event.seq));
        events.push(found.event);
        if (wanted(found.event)) return events;
      }
      throw new Error(`The stream ended: ${JSON.stringify(events)}`);
    },
    async [Symbol.asyncDispose]() {
      await reader.cancel();
    },
  };
}

const isState = (state: string) => (event: HostEvent) =>
  event.kind === "state" && event.state === state;

for (const basePath of ["", "/ws-hibernation"]) {
  Deno.test(`echo server: answers at ${basePath || "its root"}: the page, the object, its figures`, async () => {
    await using echo = await start({ basePath });
    const page = await echo.get("/");
    assertEquals(page.status, 200);
    assertStringIncludes(page.headers.get("content-type") ?? "", "text/html");
    const policy = page.headers.get("content-security-policy") ?? "";
    assertStringIncludes(policy, "default-src 'none'");
    assert(!policy.includes("unsafe"), policy);
    for (const [, path] of page.text.matchAll(/(?:href|src)="([\w.-]+\.(?:js|css|svg))"/g)) {
      assertEquals((await echo.get(`/${path}`)).status, 200, path);
    }
    await using client = await connect(`${echo.base}/websocket?object=a&metadata=m`);
    assertEquals(client.welcome.connection.metadata, "m");
    assertEquals((await client.ask({ type: "ping", id: 5 })).id, 5);
    await using plain = await connect(`${echo.base}/websocket/plain?object=a`);
    assertEquals(plain.welcome.accepted, "plain");
    assertEquals((await echo.get("/websocket")).status, 426);
    assertEquals((await echo.get("/nothing")).status, 404);
    assertEquals((await echo.get("/websocket/nothing")).status, 404);
    const own = JSON.parse((await echo.get("/stats?object=a")).text);
    assertEquals([own.objects[0].received, own.objects[0].answered], [1, 1]);
    await echo.get("/stats?object=b");
    const hosts = JSON.parse((await echo.get("/_edge-repro/stats")).text);
    assertEquals(
      hosts.objects.map((one: { name: string; className: string }) => [one.name, one.className]),
      [["a", "EchoObject"], ["b", "EchoObject"], ["a", "PlainEchoObject"]],
    );
    const one = JSON.parse((await echo.get("/_edge-repro/stats?object=b")).text);
    assertEquals([one.schema, one.objects.length], ["edge-repro/stats@1", 1]);
  });
}

Deno.test("echo server: a base path without its slash leads to the page, and a bad one is refused", async () => {
  await using echo = await start({ basePath: "/ws-hibernation" });
  const redirect = await echo.get("");
  assertEquals([redirect.status, redirect.headers.get("location")], [308, "/ws-hibernation/"]);
  assertEquals(
    await fetch(`${echo.url}/websocket`).then((r) => r.text().then(() => r.status)),
    404,
  );
  await assertRejects(
    () => createWsEcho({ basePath: "no slash" }),
    TypeError,
    "received 'no slash'",
  );
});

Deno.test("echo server: explains why an object is in memory, and why it may leave", async () => {
  await using echo = await start();
  const unused = await echo.get("/explain?object=a");
  assertEquals(unused.status, 404);
  assertMatch(JSON.parse(unused.text).error, /'a' was not used/);
  await using client = await connect(`${echo.base}/websocket?object=a`);
  await client.ask({ type: "hold" });
  const held = JSON.parse((await echo.get("/explain?object=a")).text);
  assertEquals(held.eligible, false);
  assertMatch(held.text, /setInterval.*echo\.ts:\d+/);
  await client.ask({ type: "release" });
  assertEquals(JSON.parse((await echo.get("/explain?object=a")).text).eligible, true);
  await using _plain = await connect(`${echo.base}/websocket/plain?object=a`);
  const plain = JSON.parse((await echo.get("/explain?object=a&accepted=plain")).text);
  assertEquals([plain.eligible, plain.blockers[0].kind], [false, "plain-socket"]);
});

Deno.test("echo server: a page is told of an object's life in the host's order, how it is first of all", async () => {
  await using echo = await start();
  await using client = await connect(`${echo.base}/websocket?object=a`);
  await using events = await eventsAt(`${echo.base}/events?object=a`);
  assertEquals(events.response.headers.get("content-type"), "text/event-stream");
  const first = await events.next();
  assertEquals(first?.event.kind, "state");
  assertEquals([first?.event.name, first?.event.incarnation], ["a", 1]);
  await client.ask({ type: "ping" });
  await using _other = await connect(`${echo.base}/websocket?object=b`);
  await using _plain = await connect(`${echo.base}/websocket/plain?object=a`);
  const awake = await events.until(isState("idle"));
  await echo.clock.advance(PAST_EVICTION_MS);
  const asleep = await events.until(isState("hibernated"));
  await client.ask({ type: "ping" });
  const again = await events.until(isState("idle"));
  const all = [...awake, ...asleep, ...again];
  assertEquals(
    new Set(all.map(({ name, className }) => `${name} ${className}`)),
    new Set(["a EchoObject"]),
  );
  assert(all.every(({ seq }, at) => at === 0 || seq > (all[at - 1]?.seq ?? 0)), "the order");
  const kinds: string[] = all.map((event) => event.kind === "state" ? event.state : event.kind);
  const order = [
    ...["received", "sent", "idle", "evicted", "hibernated"],
    // The host has the message before there is anyone to handle it.
    ...["received", "constructed", "running", "sent", "idle"],
  ];
  let at = -1;
  for (const kind of order) {
    at = kinds.indexOf(kind, at + 1);
    assert(at >= 0, `${kind} is missing or late in: ${kinds.join(" ")}`);
  }
  assertEquals(all.at(-1)?.incarnation, 2);
});

Deno.test("echo server: events without a name are of all objects, and end when it closes", async () => {
  const echo = await start();
  await using events = await eventsAt(`${echo.base}/events`);
  await using a = await connect(`${echo.base}/websocket?object=a`);
  await using b = await connect(`${echo.base}/websocket/plain?object=b`);
  const seen = await events.until(({ kind, name }) => kind === "constructed" && name === "b");
  assertEquals(new Set(seen.map(({ name }) => name)), new Set(["a", "b"]));
  await echo.server.close();
  while (await events.next() !== undefined);
  await Promise.all([a.closed, b.closed]);
  await echo[Symbol.asyncDispose]();
});

const limited = (limits: Partial<WsEchoLimits>) =>
  start({ limits: { ...PUBLIC_LIMITS, ...limits } });

Deno.test("echo server with limits: too many connections, to one object and in all, are refused", async () => {
  await using echo = await limited({ sockets: 2, socketsPerObject: 1 });
  const upgrade = { headers: { upgrade: "websocket" } };
  await using _a = await connect(`${echo.base}/websocket?object=a`);
  const own = await echo.get("/websocket?object=a", upgrade);
  assertEquals([own.status, own.headers.get("retry-after")], [503, "60"]);
  assertMatch(own.text, /1 connections to this object are open \(the limit here\)/);
  await using _b = await connect(`${echo.base}/websocket/plain?object=a`);
  const all = await echo.get("/websocket?object=c", upgrade);
  assertEquals(all.status, 503);
  assertMatch(all.text, /2 connections are open \(the limit here\)/);
});

Deno.test("echo server with limits: objects are forgotten when nobody is connected, and not before", async () => {
  await using echo = await limited({ objects: 2 });
  {
    await using _a = await connect(`${echo.base}/websocket?object=a`);
    assertEquals((await echo.get("/stats?object=b")).status, 200);
    const full = await echo.get("/stats?object=c");
    assertEquals([full.status, full.text], [503, "2 objects are in use (the limit here)\n"]);
    assertEquals((await echo.get("/stats?object=b")).status, 200);
  }
  while ((await echo.get("/_edge-repro/stats?object=a")).text.includes('"hibernatable":1'));
  const { host } = echo.server;
  assertEquals((await echo.get("/stats?object=c")).status, 200);
  assert(echo.server.host !== host);
  assertEquals(echo.server.stats().objects.map(({ name }) => name), ["c"]);
});

Deno.test("echo server with limits: who asks too often waits for a minute", async () => {
  await using echo = await limited({ requestsPerMinute: 2 });
  const status = async () => (await echo.get("/stats?object=a")).status;
  assertEquals(await status(), 200);
  await echo.clock.advance(40_000);
  assertEquals([await status(), await status()], [200, 429]);
  // The first is a minute ago, the second is not.
  await echo.clock.advance(20_000);
  assertEquals([await status(), await status()], [200, 429]);
});

Deno.test("echo server with limits: who sends too much is closed, and the others are not", async () => {
  await using echo = await limited({ messagesPerMinute: 3, messageLength: 100 });
  for (const path of ["/websocket", "/websocket/plain"]) {
    await using many = await connect(echo.base + path);
    await using long = await connect(echo.base + path);
    await using other = await connect(echo.base + path);
    for (let n = 0; n < 3; n++) assertEquals((await many.ask({ type: "ping" })).type, "pong");
    many.send('{"type":"ping"}');
    assertEquals(await many.closed, { code: 1008, reason: "3 messages a minute are allowed" });
    long.send("x".repeat(101));
    assertEquals((await long.closed).code, 1008);
    assertEquals((await other.ask({ type: "ping" })).type, "pong");
  }
});

Deno.test("echo server with limits: nobody is told of objects whose name they do not know", async () => {
  await using echo = await limited({ watchers: 1 });
  for (const path of ["/_edge-repro/stats", "/events"]) {
    assertEquals((await echo.get(path)).status, 400, path);
    assertEquals((await echo.get(`${path}?accepted=plain`)).status, 400, path);
  }
  await using _events = await eventsAt(`${echo.base}/events?object=a`);
  assertEquals((await echo.get("/events?object=a")).status, 503);
});

Deno.test("echo server: the objects' log is told line by line", async () => {
  const lines: string[] = [];
  await using echo = await start({ onLog: (line) => lines.push(line) });
  await using client = await connect(`${echo.base}/websocket?object=a`);
  await client.ask({ type: "ping" });
  assertMatch(lines[0] ?? "", /^a: Connection established [\da-f-]{36}$/);
  assertEquals(lines[1], "a: Message received ping");
});
