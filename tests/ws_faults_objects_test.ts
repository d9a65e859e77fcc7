// Objects whose code fails, over real sockets: the host says what was thrown, and the others go on.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { broken, FAULTS, HIBERNATE_AFTER_MS, startFaulty } from "./ws_faults_object.ts";
import { until } from "./ws_faults_host.ts";
import { RawClient } from "./ws_faults_socket.ts";

Deno.test("a handler that fails: the host says why, its client and the others are answered", async (t) => {
  await using server = await startFaulty();
  using other = await server.connect();
  using elsewhere = await server.connect("b");
  for (const [type, { said }] of Object.entries(FAULTS).filter(([, fault]) => !fault.resets)) {
    await t.step(type, async () => {
      server.events.length = 0;
      using client = await server.connect();
      client.json({ type });
      for (const one of [client, other, elsewhere]) await one.ping();
      await server.clock.advance(1_000);
      await until("it was told of", () => server.told().length > 0);
      const [told, ...more] = server.told();
      assertEquals([told?.name, more], ["a", []]);
      assertMatch(told?.text ?? "", said);
      assert(!told?.text.includes("\n"), told?.text);
    });
  }
  other.json({ type: "ping" });
  assertEquals((await other.message()).attached, "first", "what was attached before stays");
  await until("the others have gone", () => server.figures().sockets.hibernatable === 1);
});

Deno.test("an object that ends itself drops its own clients, and is there again for the next", async (t) => {
  await using server = await startFaulty();
  using elsewhere = await server.connect("b");
  for (const [type, { said }] of Object.entries(FAULTS).filter(([, fault]) => fault.resets)) {
    await t.step(type, async () => {
      server.events.length = 0;
      using other = await server.connect();
      using client = await server.connect();
      client.json({ type });
      for (const one of [client, other]) assertEquals((await one.ended()).code, 1006);
      await elsewhere.ping();
      const reset = server.events.find(({ kind }) => kind === "reset");
      assert(reset?.kind === "reset");
      assertMatch(reset.reason, said);
      assertEquals(server.figures().sockets.hibernatable, 0);
      using again = await server.connect();
      await again.ping();
    });
  }
});

Deno.test("a constructor that fails the first time is a refused handshake that says so", async () => {
  await using server = await startFaulty();
  using elsewhere = await server.connect("b");
  broken.set("a", "constructor");
  using refused = await RawClient.dial(server.port, "/?object=a");
  assertMatch(refused.head, /^HTTP\/1.1 500 /);
  const answer = await fetch(`${server.url}/?object=a`);
  assertEquals(await answer.text(), "The Worker threw: the constructor failed\n");
  assertEquals(server.thrown().map(({ handler, message }) => [handler, message]), [
    ["constructor", "the constructor failed"],
    ["constructor", "the constructor failed"],
  ]);
  await elsewhere.ping();
  broken.clear();
  using client = await server.connect();
  await client.ping();
});

Deno.test("a constructor that fails at a wake drops the object's clients, who can come again", async () => {
  await using server = await startFaulty();
  using elsewhere = await server.connect("b");
  using client = await server.connect();
  using other = await server.connect();
  await server.sleep();
  broken.set("a", "constructor");
  client.json({ type: "ping" });
  for (const one of [client, other]) assertEquals((await one.ended()).code, 1006);
  await elsewhere.ping();
  assertEquals(server.thrown().map(({ handler }) => handler)[0], "constructor");
  assertEquals(server.figures().sockets.hibernatable, 0);
  broken.clear();
  using again = await server.connect();
  await again.ping();
  assertEquals(server.figures().state, "idle");
});

Deno.test("a close handler that throws leaves nothing of its client, and the others are answered", async () => {
  await using server = await startFaulty();
  using other = await server.connect();
  for (const go of ["reset", "fin"] as const) {
    using client = await server.connect();
    await server.sleep();
    broken.set("a", "close");
    client[go]();
    await until("it is gone", () => server.figures().sockets.hibernatable === 1);
    await other.ping();
    broken.clear();
  }
  assertEquals(server.thrown().map(({ handler, message }) => `${handler}: ${message}`), [
    "webSocketClose: the close handler failed",
    "webSocketClose: the close handler failed",
  ]);
});

Deno.test("an alarm that throws for ever is run seven times and given up; clients are answered meanwhile", async () => {
  await using server = await startFaulty();
  using client = await server.connect();
  using elsewhere = await server.connect("b");
  const { clock } = server;
  broken.set("a", "alarm");
  await server.setAlarm(5_000);
  for (let run = 0; run < 7; run++) {
    await until(`run ${run + 1}`, () => {
      void clock.advance(1_000);
      return server.thrown().length > run;
    });
    await client.ping();
    await elsewhere.ping();
  }
  await clock.advance(3_600_000);
  const runs = server.events.flatMap((one) => one.kind === "alarm-ran" ? [one] : []);
  assertEquals(runs.map(({ retryCount, ok }) => [retryCount, ok]), [
    ...[0, 1, 2, 3, 4, 5, 6].map((count) => [count, false]),
  ]);
  assertEquals(
    new Set(server.thrown().map(({ handler, message }) => `${handler}: ${message}`)),
    new Set(["alarm: the alarm failed"]),
  );
  await client.ping();
});

Deno.test("an alarm whose constructor fails drops the clients and is tried again", async () => {
  await using server = await startFaulty();
  using client = await server.connect();
  using elsewhere = await server.connect("b");
  await server.setAlarm(60_000);
  await server.sleep();
  broken.set("a", "constructor");
  await server.clock.advance(60_000 - HIBERNATE_AFTER_MS);
  assertEquals((await client.ended()).code, 1006);
  await elsewhere.ping();
  broken.clear();
  await server.clock.advance(10_000);
  const runs = server.events.flatMap((one) => one.kind === "alarm-ran" ? [one] : []);
  assertEquals(runs.map(({ retryCount, ok }) => [retryCount, ok]), [[0, false], [1, true]]);
});

Deno.test("a request handler that fails is an answer of one line, and leaves no socket behind", async () => {
  await using server = await startFaulty();
  using other = await server.connect();
  for (
    const [path, said] of [
      ["/throw", "fetch failed"],
      [
        "/nothing",
        "Incorrect type for Promise: the Promise did not resolve to 'Response'.",
      ],
      ["/late", "failed behind the welcome"],
    ] as const
  ) {
    const answer = await fetch(server.url + path);
    assertEquals([answer.status, await answer.text()], [500, `The Worker threw: ${said}\n`]);
    using refused = await RawClient.dial(server.port, path);
    assertMatch(refused.head, /^HTTP\/1.1 500 /);
    await other.ping();
  }
  // As in workerd, what nobody can take any more is lost with the incarnation that made it.
  await until("the object is idle", () => server.figures().state !== "running");
  await server.clock.advance(HIBERNATE_AFTER_MS);
  await until("only one is left", () => server.figures().sockets.hibernatable === 1);
  const closes = server.events.filter(({ kind }) => kind === "socket-closed");
  assertEquals(
    closes.map((one) => one.kind === "socket-closed" && [one.code, one.reason]),
    Array(2).fill([1006, "WebSocket disconnected without sending Close frame."]),
  );
  await other.ping();
});

Deno.test("a client's end that its Worker takes only after the object was evicted is as good as new", async () => {
  await using server = await startFaulty();
  const stub = server.host.namespace("FAULTY").getByName("a");
  const { webSocket } = await stub.fetch("http://object.test/");
  assert(webSocket);
  await server.sleep();
  const { promise, resolve } = Promise.withResolvers<unknown[]>();
  const heard: unknown[] = [];
  webSocket.addEventListener("message", (event) => {
    if (heard.push((event as MessageEvent).data) === 2) resolve(heard);
  });
  webSocket.addEventListener("close", () => resolve(["closed", ...heard]));
  webSocket.accept();
  webSocket.send('{"type":"ping"}');
  assertEquals(await promise, ['{"type":"welcome"}', '{"type":"pong","attached":"first"}']);
});
