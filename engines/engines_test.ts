// What holds for every engine that is installed: stopped at its start it leaves nothing; proxies cache.

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import type { ProxySettings } from "../lab/role.ts";
import { listen } from "../servers/listen.ts";
import { createSlowOrigin } from "../servers/slow_origin/slow_origin.ts";
import { type Engine, type Launch, type Place, rolesOf } from "./engine.ts";
import { EXAMPLES } from "./page.ts";
import { launcherOf } from "./play.ts";
import { startEngine } from "./start.ts";
import { inTime, isRunning } from "./testing_engine.ts";
import {
  assertNothingLeft,
  sharedMemory,
  type Started,
  startNoted,
  testEach,
} from "./testing_installed.ts";

/** How many requests for one URL come together. */
const CROWD = 3;
/** How often an engine is stopped at its start. */
const STOPS = 3;

const settingsFor = (originUrl: string): ProxySettings => ({
  originUrl: new URL(originUrl),
  lockWaitTimeoutMs: 6_000,
  lockAgeTimeoutMs: 6_000,
  maxWaiting: 0,
});

/** Resolves, for each that calls it, when so many have. */
function meeting(size: number): () => Promise<void> {
  const all = Promise.withResolvers<void>();
  let here = 0;
  return () => {
    if (++here === size) all.resolve();
    return all.promise;
  };
}

const CACHES = "caches by URL with its query, and leaves nothing behind";

await testEach(CACHES, "caching-proxy", async ({ engine, found }) => {
  const play = engine.plays["caching-proxy"];
  assert(play);
  const collapses = play.lacks.collapsing === undefined;
  const slowOrigin = createSlowOrigin({ delayMs: 0, clock: realClock });
  // Those of a crowd that do not wait for one of them meet here.
  const met = meeting(CROWD);
  await using origin = await listen({
    async fetch(request, info) {
      if (new URL(request.url).pathname === "/crowd" && !collapses) await met();
      return await slowOrigin.fetch(request, info);
    },
  });
  const started: Started[] = [];
  const scope = new AsyncDisposableStack();
  try {
    const launch = (place: Place) => play.launch(settingsFor(origin.url), place);
    const { url } = await startNoted({ engine, found }, launch, scope, started);
    const get = async (path: string) => await (await fetch(new URL(path, url))).text();
    // The body tells which request of its path the origin had.
    const first = await get("/object?of=one");
    assertEquals(first, "slow-origin /object request 1\n");
    assertEquals(await get("/object?of=one"), first);
    assertEquals(await get("/object?of=two"), "slow-origin /object request 2\n");
    // Who comes while the first is being fetched waits for its answer, or goes to the origin too.
    const together = await Promise.all(
      Array.from({ length: CROWD }, () => get("/crowd?sleep=0.2")),
    );
    assertEquals(new Set(together).size, collapses ? 1 : CROWD);
    const { place, plan } = started.at(-1) ?? {};
    assert(place && plan);
    assert(await isRunning(place.folder));
    assertEquals(sharedMemory(place.port), [...plan.outside ?? []].sort());
  } finally {
    await scope.disposeAsync();
    await slowOrigin.close();
  }
  for (const one of started) await assertNothingLeft(one);
});

/** The configurations of an engine, one for each role that it plays. */
function launchersOf(engine: Engine): ((place: Place) => Launch)[] {
  return EXAMPLES.flatMap((part) => launcherOf(engine, part) ?? []);
}

await testEach(
  "stopped right after its start was asked for, it leaves nothing",
  undefined,
  async ({ engine, found }) => {
    const launchers = launchersOf(engine);
    assertEquals(launchers.length, rolesOf(engine).length);
    for (const launcher of launchers.flatMap((one) => Array<typeof one>(STOPS).fill(one))) {
      const scope = new AsyncDisposableStack();
      const ended = new AbortController();
      const started: Started[] = [];
      let closing: Promise<void> | undefined;
      const starting = startEngine(engine, found, {
        launch(place) {
          ended.abort(new Error("stopped"));
          closing = scope.disposeAsync();
          const plan = launcher(place);
          started.push({ place, plan });
          return plan;
        },
        clock: realClock,
        scope,
        signal: ended.signal,
      });
      await assertRejects(() => inTime(starting), ReferenceError);
      await closing;
      assertNotEquals(started, []);
      for (const one of started) await assertNothingLeft(one);
    }
  },
);
