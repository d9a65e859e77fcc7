// Tests of the echo object in our host: each message, both versions, its alarm, and its evictions.

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { PAST_EVICTION_MS, TestingEcho, type Told } from "../testing_echo.ts";

/** What is the same at each run. */
function plainOf({ instance: _instance, ageMs: _ageMs, timestamp: _timestamp, ...rest }: Told) {
  return rest;
}

for (const path of ["/websocket", "/websocket/plain"]) {
  const accepted = path === "/websocket" ? "hibernation" : "plain";
  const className = accepted === "plain" ? "PlainEchoObject" : "EchoObject";

  Deno.test(`echo object (${accepted}): welcomes with the connection and what it can do`, async () => {
    await using echo = await TestingEcho.start();
    const { welcome } = await echo.connect(`${path}?tag=red&metadata=one%20two`);
    const { type, connection, features, ...rest } = plainOf(welcome);
    assertEquals(type, "welcome");
    assertEquals(rest, { heartbeatTimeoutMs: 60_000, cleanupIntervalMs: 60_000, accepted });
    const { id, ...told } = connection as { id: string };
    assertMatch(id, /^[\da-f-]{36}$/);
    assertEquals(told as unknown, { connectedAt: 1_000_000, metadata: "one two", tag: "red" });
    const common = ["status", "broadcast", "push", "hold", "metadata"];
    assertEquals(features, accepted === "plain" ? common : [...common, "auto_ping"]);
    assertMatch(String(welcome.instance), /^[\da-f-]{36}$/);
    assertEquals([welcome["ageMs"], welcome["timestamp"]], [0, 1_000_000]);
  });

  Deno.test(`echo object (${accepted}): answers each message, with the id of the request`, async () => {
    await using echo = await TestingEcho.start();
    const { client, welcome } = await echo.connect(path);
    const { connection } = welcome;
    const { id: from } = connection as { id: string };
    const cases: [unknown, unknown][] = [
      [{ type: "heartbeat", id: 1 }, { type: "heartbeat_ack", id: 1 }],
      [{ type: "ping" }, { type: "pong" }],
      [{ type: "message", content: "hällo", id: "x" }, {
        type: "echo",
        content: "hällo",
        connection,
        id: "x",
      }],
      [{ type: "broadcast", content: [1], id: null }, {
        type: "broadcast",
        content: [1],
        from,
        id: null,
      }],
      [{ type: "push", content: "p", afterMs: 5_000 }, { type: "push_set", dueAt: 1_005_000 }],
      [{ type: "hold" }, { type: "held" }],
      [{ type: "release", id: 2 }, { type: "released", id: 2 }],
      [{ type: "status" }, {
        type: "status",
        connections: 1,
        closes: 0,
        staleClosed: 0,
        alarms: 0,
        alarmInstance: null,
      }],
    ];
    for (const [request, answer] of cases) {
      const told = await client.ask(request);
      assertEquals(plainOf(told) as unknown, answer);
      assertEquals(told.instance, welcome.instance);
    }
    await echo.clock.advance(5_000);
    assertEquals(plainOf(await client.next()) as unknown, { type: "push", content: "p" });
  });

  Deno.test(`echo object (${accepted}): whatever cannot be answered gets an error`, async () => {
    await using echo = await TestingEcho.start();
    const { client } = await echo.connect(path);
    const raw: [string | ArrayBuffer, RegExp][] = [
      ["no JSON", /^Cannot read the message: received "no JSON", expected JSON$/],
      ["", /received "", expected JSON$/],
      ["[1]", /received \[1\], expected a JSON object$/],
      ["null", /received null, expected a JSON object$/],
      ["x".repeat(1 << 20), /^.{100,200}, expected JSON$/],
      [new ArrayBuffer(3), /received binary data, expected JSON as text$/],
    ];
    for (const [data, message] of raw) {
      const told = await client.askRaw(data);
      assertEquals(told.type, "error");
      assertMatch(String(told["message"]), message);
    }
    const asked: [Record<string, unknown>, RegExp][] = [
      [{}, /received type undefined, which is not known$/],
      [{ type: "PING" }, /received type "PING", which is not known$/],
      [{ type: "broadcast", tag: 5 }, /received tag 5, expected a text$/],
      [
        { type: "push", content: "x" },
        /Cannot push: received afterMs undefined, expected from 0 to/,
      ],
      [{ type: "push", afterMs: -1 }, /received afterMs -1/],
      [{ type: "push", afterMs: 1e9 }, /received afterMs 1000000000/],
      [
        { type: "push", afterMs: 1, content: "x".repeat(20_000) },
        /at most 50 at a time with 16384/,
      ],
      [{ type: "hold", everyMs: "often" }, /Cannot hold: received everyMs "often"/],
    ];
    for (const [request, message] of asked) {
      const told = await client.ask({ ...request, id: 7 });
      assertEquals([told.type, told["id"]], ["error", 7]);
      assertMatch(String(told["message"]), message);
    }
    assertEquals((await client.ask({ type: "ping" })).type, "pong");
  });

  Deno.test(`echo object (${accepted}): a broadcast reaches those with the tag, once, and only its sender has the id`, async () => {
    await using echo = await TestingEcho.start();
    const { client: red } = await echo.connect(`${path}?tag=red`);
    const { client: other } = await echo.connect(`${path}?tag=red`);
    const { client: blue } = await echo.connect(`${path}?tag=blue`);
    const { client: closing } = await echo.connect(`${path}?tag=red`);
    const { client: elsewhere } = await echo.connect(`${path}?object=elsewhere&tag=red`);
    await closing.close();
    const own = await red.ask({ type: "broadcast", content: "a", tag: "red", id: 1 });
    assertEquals([own["content"], own["id"]], ["a", 1]);
    blue.send({ type: "broadcast", content: "b", tag: "red", id: 2 });
    blue.send({ type: "broadcast", content: "c", id: 3 });
    await echo.settle();
    const heard = (client: { all: Told[] }) =>
      client.all.slice(1).map((told) => [told["content"], told["id"]]);
    assertEquals(heard(red), [["a", 1], ["b", undefined], ["c", undefined]]);
    assertEquals(heard(other), [["a", undefined], ["b", undefined], ["c", undefined]]);
    assertEquals(heard(blue), [["c", 3]]);
    assertEquals(heard(elsewhere), []);
    assertEquals(echo.figures("echo", className).closes, accepted === "plain" ? 0 : 1);
  });

  Deno.test(`echo object (${accepted}): the alarm closes who sent no heartbeat, and nobody else`, async () => {
    await using echo = await TestingEcho.start();
    const { client: stale } = await echo.connect(path);
    const { client: live } = await echo.connect(path);
    await stale.ask({ type: "ping" });
    await echo.clock.advance(30_000);
    assertEquals((await live.ask({ type: "heartbeat" })).type, "heartbeat_ack");
    await echo.clock.advance(29_999);
    assertEquals(stale.closed, undefined);
    await echo.clock.advance(1);
    await echo.settle();
    assertEquals(stale.closed, { code: 4408, reason: "no heartbeat" });
    assertEquals(live.closed, undefined);
    const status = await live.ask({ type: "status" });
    const { connections, closes, staleClosed, alarms, alarmInstance } = status;
    assertEquals([connections, closes, staleClosed, alarms], [1, 1, 1, 1]);
    assertEquals(alarmInstance, status.instance);
    // The stale one's ping, the heartbeat and the status, each once.
    const figures = await (await echo.dispatch(path.replace("websocket", "stats"))).json();
    assertEquals([figures.objects[0].received, figures.objects[0].answered], [3, 3]);
    assertEquals(
      echo.log.filter((line) => line.includes("Alarm triggered - checking for stale connections"))
        .length,
      1,
    );
    assert(echo.log.some((line) => line.includes("Closing stale connection via alarm")));
    await echo.clock.advance(60_000);
    await echo.settle();
    assertEquals(live.closed?.code, 4408);
    // Nobody is left: nor is an alarm.
    await echo.clock.advance(PAST_EVICTION_MS);
    assertEquals(echo.clock.pending, 0);
    assertEquals(echo.figures("echo", className).alarms, 2);
  });

  Deno.test(`echo object (${accepted}): its figures count connections that are over`, async () => {
    await using echo = await TestingEcho.start();
    const { client } = await echo.connect(path);
    const { client: open } = await echo.connect(path);
    for (const type of ["ping", "heartbeat", "nonsense"]) await client.ask({ type });
    await open.ask({ type: "ping" });
    await client.close(3000, "bye");
    assertEquals(client.closed?.code, 3000);
    const figures = await (await echo.dispatch(path.replace("websocket", "stats"))).json();
    assertEquals(figures.schema, "edge-repro/stats@1");
    const [{ received, answered, closes, sockets, name, className: shown }] = figures.objects;
    assertEquals([received, answered, closes, name, shown], [4, 4, 1, "echo", className]);
    assertEquals(sockets.hibernatable + sockets.plain, 1);
  });

  Deno.test(`echo object (${accepted}): an interval is over when the last client has left`, async () => {
    await using echo = await TestingEcho.start();
    const { client } = await echo.connect(path);
    await client.ask({ type: "hold", everyMs: 1_000 });
    assertMatch(echo.figures("echo", className).blockers.join(), /setInterval/);
    await client.close();
    await echo.clock.advance(PAST_EVICTION_MS);
    assertEquals(echo.figures("echo", className).state, "hibernated");
  });
}

Deno.test("echo object: after an eviction it is another instance, and the connection is the same", async () => {
  await using echo = await TestingEcho.start();
  const { client, welcome } = await echo.connect("/websocket?metadata=kept&tag=red");
  await client.ask({ type: "heartbeat" });
  await echo.clock.advance(PAST_EVICTION_MS);
  assertEquals(echo.figures().state, "hibernated");
  const told = await client.ask({ type: "message", content: "again" });
  assertEquals([told.type, told["content"]], ["echo", "again"]);
  assertEquals(told["connection"], welcome["connection"]);
  assertNotEquals(told.instance, welcome.instance);
  const figures = await (await echo.dispatch("/stats")).json();
  assertEquals(figures.objects[0].received, 2);
});

Deno.test("echo object: a push wakes it, and the cleanup comes at its own time", async () => {
  await using echo = await TestingEcho.start({ heartbeatTimeoutMs: 120_000 });
  const { client, welcome } = await echo.connect();
  await client.ask({ type: "push", content: "later", afterMs: 45_000 });
  await client.ask({ type: "push", content: "last", afterMs: 90_000 });
  await echo.clock.advance(PAST_EVICTION_MS);
  assertEquals(echo.figures().state, "hibernated");
  await echo.clock.advance(15_000);
  const push = await client.next();
  assertEquals([push.type, push["content"]], ["push", "later"]);
  assertNotEquals(push.instance, welcome.instance);
  const checks = () => echo.log.filter((line) => line.includes("checking for stale")).length;
  assertEquals(checks(), 0);
  await echo.clock.advance(15_000);
  await echo.settle();
  assertEquals(checks(), 1);
  await echo.clock.advance(30_000);
  assertEquals((await client.next())["content"], "last");
  assertEquals(checks(), 1);
});

Deno.test("echo object: a ping that the host answers is a sign of life, and wakes nobody", async () => {
  await using echo = await TestingEcho.start();
  const { client } = await echo.connect();
  await echo.clock.advance(PAST_EVICTION_MS);
  assertEquals(await client.askRaw('{"type":"auto_ping"}'), { type: "auto_pong" });
  assertEquals(echo.figures().state, "hibernated");
  await echo.clock.advance(30_000);
  await echo.settle();
  assertEquals([client.closed, echo.figures().alarms], [undefined, 1]);
  await echo.clock.advance(60_000);
  await echo.settle();
  assertEquals(client.closed?.code, 4408);
});

Deno.test("echo object: one that holds an interval is not evicted, until it lets go", async () => {
  await using echo = await TestingEcho.start({ heartbeatTimeoutMs: 600_000 });
  const { client, welcome } = await echo.connect();
  await client.ask({ type: "hold" });
  await echo.clock.advance(2 * PAST_EVICTION_MS);
  assertEquals((await client.ask({ type: "ping" })).instance, welcome.instance);
  assertMatch(echo.figures().blockers.join(), /setInterval.*echo\.ts:\d+/);
  await client.ask({ type: "release" });
  await echo.clock.advance(PAST_EVICTION_MS);
  assertEquals(echo.figures().state, "hibernated");
});

Deno.test("echo object: a close that comes while it is evicted is counted, and nothing stays", async () => {
  await using echo = await TestingEcho.start();
  const { client } = await echo.connect();
  await echo.clock.advance(PAST_EVICTION_MS);
  await client.close(4001, "done");
  assertEquals(client.closed?.code, 4001);
  assertEquals(echo.figures().sockets, { hibernatable: 0, plain: 0 });
  await echo.clock.advance(PAST_EVICTION_MS);
  assertEquals([echo.figures().state, echo.clock.pending], ["hibernated", 0]);
});

Deno.test("echo object: in the variant bug the welcome arrives and nothing else, though all is received", async () => {
  await using echo = await TestingEcho.start({ variant: "bug" });
  const { client } = await echo.connect();
  for (const type of ["ping", "heartbeat", "message"]) client.send({ type });
  await echo.clock.advance(PAST_EVICTION_MS);
  client.send({ type: "ping" });
  await echo.settle();
  assertEquals(client.all.map(({ type }) => type), ["welcome"]);
  assertEquals(echo.figures().received, 4);
  const { client: plain } = await echo.connect("/websocket/plain");
  assertEquals((await plain.ask({ type: "ping" })).type, "pong");
});

Deno.test("echo object: requests for nothing that it has are refused", async () => {
  await using echo = await TestingEcho.start();
  const upgrade = { headers: { upgrade: "WebSocket" } };
  const refused: [string, RequestInit, number][] = [
    ["/websocket", {}, 426],
    ["/websocket/plain", {}, 426],
    ["/websocket/other", upgrade, 404],
    ["/stats/plain/more", {}, 404],
    ["/", {}, 404],
    [`/websocket?tag=${"x".repeat(65)}`, upgrade, 400],
    [`/websocket?metadata=${"x".repeat(1_025)}`, upgrade, 400],
    [`/stats?object=${"x".repeat(129)}`, {}, 400],
  ];
  for (const [path, init, status] of refused) {
    const response = await echo.dispatch(path, init);
    assertEquals([response.status, (await response.text()).endsWith("\n")], [status, true], path);
  }
  assertEquals(echo.server.stats().objects, []);
});
