import { assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { IncompleteError } from "../lab/errors.ts";
import { freePort } from "./free_port.ts";
import { whenReady } from "./ready.ts";
import { inTime } from "./testing_engine.ts";

/** What nothing here takes, in milliseconds. */
const LONG_MS = 30_000;
const SHORT_MS = 100;

const options = (port: number, more: { path?: string; limitMs?: number } = {}) => ({
  port,
  limitMs: LONG_MS,
  clock: realClock,
  signal: new AbortController().signal,
  ...more,
});

/** A server that gives these statuses one after the other, and then the last of them. */
function answering(statuses: number[]) {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    asked.push(new URL(request.url).pathname);
    return new Response("x".repeat(5_000), {
      status: statuses[Math.min(asked.length, statuses.length) - 1] ?? 500,
    });
  });
  return { server, asked, port: server.addr.port };
}

Deno.test("ready: without a path, a connection that is accepted is enough", async () => {
  const { server, asked, port } = answering([503]);
  await whenReady(options(port));
  await server.shutdown();
  assertEquals(asked, []);
});

Deno.test("ready: with a path, it is asked until it answers 200", async () => {
  const { server, asked, port } = answering([503, 404, 200]);
  await inTime(whenReady(options(port, { path: "/ready" })));
  await server.shutdown();
  assertEquals(asked, ["/ready", "/ready", "/ready"]);
});

Deno.test("ready: one that never is tells what it answered last", async () => {
  const { server, port } = answering([503]);
  const error = await assertRejects(
    () => inTime(whenReady(options(port, { path: "/ready", limitMs: SHORT_MS }))),
    IncompleteError,
  );
  await server.shutdown();
  assertEquals(
    error.message,
    "was not ready within 100 ms: it answered /ready with 'HTTP/1.1 503 Service Unavailable'",
  );
});

Deno.test("ready: one that never listens is given up", async () => {
  const port = freePort();
  const error = await assertRejects(
    () => inTime(whenReady(options(port, { limitMs: SHORT_MS }))),
    IncompleteError,
  );
  assertEquals(error.message, `accepted no connection on port ${port} within 100 ms`);
});

Deno.test("ready: whoever waits for one that accepts and never answers can stop", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const stop = new AbortController();
  const waiting = whenReady({ ...options(listener.addr.port, { path: "/" }), signal: stop.signal });
  using _connection = await listener.accept();
  const stopped = new Error("stopped");
  stop.abort(stopped);
  assertEquals(await assertRejects(() => inTime(waiting)), stopped);
});
