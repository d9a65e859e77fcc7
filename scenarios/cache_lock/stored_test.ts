// An answer is stored and has expired before anyone goes on, against real servers on a paced clock.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { pacedClock } from "../../lab/clock.ts";
import { InconclusiveError } from "../../lab/errors.ts";
import { ownAsync } from "../../lab/scope.ts";
import { Timeline } from "../../lab/timeline.ts";
import { createCachingProxy } from "../../servers/caching_proxy/caching_proxy.ts";
import { listen } from "../../servers/listen.ts";
import { createSlowOrigin } from "../../servers/slow_origin/slow_origin.ts";
import { type Context, openClient, runPath } from "./clients.ts";
import { cacheLockParams } from "./params.ts";
import { originLog } from "./stage.ts";
import { storeAndExpire } from "./stored.ts";

/** An origin, a cache in front of it or nothing, and a run aimed at it: 5 times as fast. */
async function setUp(scope: AsyncDisposableStack, target: "cache" | "origin"): Promise<Context> {
  const clock = pacedClock(5);
  const origin = createSlowOrigin({ clock, delayMs: 0 });
  scope.defer(() => origin.close());
  const { url } = await ownAsync(scope, await listen(origin));
  const access = { originUrl: new URL(url), headers: {}, insecure: false };
  const context = {
    params: cacheLockParams.parse({}),
    clock,
    timeline: new Timeline(clock, () => {}),
    nonce: "stored",
    signal: new AbortController().signal,
    scope,
    warn: () => {},
  };
  if (target === "origin") return { ...context, access: { ...access, url: new URL(url) } };
  const proxy = createCachingProxy({ origin: url, variant: "fix", clock });
  scope.defer(() => proxy.close());
  const atProxy = await ownAsync(scope, await listen(proxy));
  return { ...context, access: { ...access, url: new URL(atProxy.url) } };
}

const VALIDATORS = { etag: '"same"', lastModified: "Thu, 01 Jan 2026 00:00:00 GMT" };

Deno.test("what was stored has expired, and the log begins with its revalidation", async () => {
  await using scope = new AsyncDisposableStack();
  const context = await setUp(scope, "cache");
  const path = runPath(context, "object", { sleepMs: 0, ...VALIDATORS });
  const begunMs = context.clock.now();
  await storeAndExpire(context, path, {
    cacheControl: "stale-while-revalidate=0",
    sizeBytes: 70,
    ...VALIDATORS,
  });
  assert(context.clock.now() - begunMs >= 4_000, "two whole seconds more than it was fresh");
  const origin = originLog(context);
  const { pathname } = new URL(path, context.access.url);
  assertEquals((await origin?.read(pathname))?.requests, []);
  const { exchange } = await openClient(context, "reader", path);
  assertEquals((await exchange.body).bytes.length, 70);
  const [revalidation, ...others] = (await origin?.read(pathname))?.requests ?? [];
  assertEquals(revalidation?.headers["if-none-match"], '"same"');
  assertEquals(others, []);
});

Deno.test("a target that does not store is found out without waiting", async () => {
  await using scope = new AsyncDisposableStack();
  const context = await setUp(scope, "origin");
  const path = runPath(context, "object", { sleepMs: 0 });
  await assertRejects(
    () => storeAndExpire(context, path, { cacheControl: "public", ...VALIDATORS }),
    InconclusiveError,
    "does not store: the origin was asked 3 times",
  );
});

Deno.test("an answer that is not 200 cannot be stored, and the reason says what it was", async () => {
  await using scope = new AsyncDisposableStack();
  const context = await setUp(scope, "cache");
  const path = runPath(context, "object", { sleepMs: 0, status: [503] });
  await assertRejects(
    () => storeAndExpire(context, path, { cacheControl: "public", ...VALIDATORS }),
    InconclusiveError,
    "could not be stored: the answer was 503",
  );
});
