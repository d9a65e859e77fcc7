// Tests of the client of the slow origin's log, against our slow origin and against others.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { listen } from "../servers/listen.ts";
import { createSlowOrigin } from "../servers/slow_origin/slow_origin.ts";
import { Http1Connection } from "./http1.ts";
import { OriginLogClient } from "./origin.ts";

const clock = realClock;

async function startOrigin() {
  const origin = createSlowOrigin({ delayMs: 0, clock });
  const listening = await listen(origin, { connectionControl: true });
  const url = new URL(listening.url);
  const client = new OriginLogClient({ url, clock, signal: new AbortController().signal });
  return {
    url,
    client,
    get: async (path: string) => {
      const connection = await Http1Connection.connect({ url, clock });
      return { connection, exchange: connection.send({ method: "GET", path }) };
    },
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await origin.close();
      await listening.close();
    },
  };
}

Deno.test("OriginLogClient: reads the requests of one path, and forgets them", async () => {
  await using origin = await startOrigin();
  for (const path of ["/a?x=1", "/b"]) {
    const { connection, exchange } = await origin.get(path);
    await exchange.body;
    connection.close();
  }
  const log = await origin.client.waitFor("/a", { min: 1, done: 1, timeoutMs: 60_000 });
  assertEquals(log.requests.map(({ url, outcome }) => [url, outcome]), [["/a?x=1", "answered"]]);
  await origin.client.forget("/a");
  assertEquals((await origin.client.read("/a")).requests, []);
  assertEquals((await origin.client.read("/b")).requests.length, 1);
});

Deno.test("OriginLogClient: waits for requests to arrive and to be over, and not less", async () => {
  await using origin = await startOrigin();
  const order: string[] = [];
  const options = { timeoutMs: 60_000 };
  const arrived = origin.client.waitFor("/a", { ...options, min: 2 }).then((log) => {
    order.push("arrived");
    return log;
  });
  const over = origin.client.waitFor("/a", { ...options, min: 2, done: 1 }).then((log) => {
    order.push("over");
    return log;
  });
  using first = (await origin.get("/a?fault=hang")).connection;
  await origin.client.waitFor("/a", { ...options, min: 1 });
  order.push("first");
  using _second = (await origin.get("/a?fault=hang")).connection;
  assertEquals((await arrived).requests.length, 2);
  order.push("leaving");
  first.close();
  assertEquals((await over).requests.map(({ outcome }) => outcome).toSorted(), ["aborted", "open"]);
  assertEquals(order, ["first", "arrived", "leaving", "over"]);
});

Deno.test("OriginLogClient: gives what there is when the time is over", async () => {
  await using origin = await startOrigin();
  const before = clock.now();
  const log = await origin.client.waitFor("/a", { min: 1, timeoutMs: 50 });
  assertEquals(log.requests, []);
  assert(clock.now() - before >= 50);
});

Deno.test("OriginLogClient: disposing of it and its signal end what it waits for", async () => {
  await using origin = await startOrigin();
  const abort = new AbortController();
  const other = new OriginLogClient({ url: origin.url, clock, signal: abort.signal });
  const wanted = { min: 1, timeoutMs: 60_000 };
  const waits = [origin.client.waitFor("/a", wanted), other.waitFor("/a", wanted)];
  const ends = waits.map((wait) => assertRejects(() => wait, InconclusiveError));
  await other.read("/b"); // By now both questions are on their way.
  origin.client[Symbol.dispose]();
  abort.abort(new InconclusiveError("ended"));
  await Promise.all(ends);
});

Deno.test("OriginLogClient: what is not our slow origin is inconclusive, and named", async () => {
  const answers: [() => Response, string][] = [
    [() => new Response("<html>"), "not JSON"],
    [() => Response.json({ schema: "edge-repro/origin-log@2", requests: [] }), "not our slow"],
    [() => new Response("no", { status: 404 }), "the answer was 404"],
  ];
  for (const [answer, expected] of answers) {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      answer,
    );
    const url = new URL(`http://127.0.0.1:${server.addr.port}`);
    using client = new OriginLogClient({ url, clock, signal: new AbortController().signal });
    await assertRejects(() => client.read("/a"), InconclusiveError, expected);
  }
});

Deno.test("OriginLogClient: an origin that is mounted below a path is asked there", async () => {
  const origin = createSlowOrigin({ delayMs: 0, clock });
  await using listening = await listen({
    fetch(request) {
      const url = new URL(request.url);
      if (!url.pathname.startsWith("/origin/")) return new Response("elsewhere", { status: 404 });
      url.pathname = url.pathname.slice("/origin".length);
      return origin.fetch(new Request(url, request));
    },
  });
  const url = new URL(`${listening.url}/origin/`);
  using client = new OriginLogClient({ url, clock, signal: new AbortController().signal });
  assertEquals((await client.read("/a")).requests, []);
  await origin.close();
});
