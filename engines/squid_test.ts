// Squid, started as an engine, caches what it is asked for and leaves nothing behind.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import { createSlowOrigin } from "../servers/slow_origin/slow_origin.ts";
import { findEngine } from "./find.ts";
import { squid } from "./squid.ts";
import { startEngine } from "./start.ts";
import { isRunning } from "./testing_engine.ts";

const found = await findEngine(squid);
if (found === undefined) {
  console.warn(`NOT TESTED: Squid is not installed (${squid.install}), engines/squid_test.ts`);
}

const settings = {
  originUrl: new URL("http://127.0.0.1:8000"),
  lockWaitTimeoutMs: 6_000,
  lockAgeTimeoutMs: 6_000,
  maxWaiting: 0,
};

Deno.test({
  name: found
    ? "squid: caches by URL with its query, collapses requests, and leaves nothing behind"
    : "NOT TESTED, Squid is not installed: starting squid",
  ignore: found === undefined,
  async fn() {
    assert(found);
    const play = squid.plays["caching-proxy"];
    assert(play);
    await using origin = await listen(createSlowOrigin({ delayMs: 0, clock: realClock }));
    const scope = new AsyncDisposableStack();
    let folder = "";
    let service = "";
    try {
      const { url } = await startEngine(squid, found, {
        launch(place) {
          folder = place.folder;
          const launch = play.launch({ ...settings, originUrl: new URL(origin.url) }, place);
          service = launch.args[launch.args.indexOf("-n") + 1] ?? "";
          return launch;
        },
        clock: realClock,
        scope,
        signal: new AbortController().signal,
      });
      const get = async (path: string) => await (await fetch(new URL(path, url))).text();
      // The body tells which request of its path the origin had.
      const first = await get("/object?of=one");
      assertEquals(first, "slow-origin /object request 1\n");
      assertEquals(await get("/object?of=one"), first);
      assertEquals(await get("/object?of=two"), "slow-origin /object request 2\n");
      // Who comes while the first is being fetched waits for its answer.
      const together = await Promise.all([1, 2, 3].map(() => get("/slow?sleep=0.2")));
      assertEquals(together, Array(3).fill("slow-origin /slow request 1\n"));
      assert(await isRunning(folder));
      assert([...Deno.readDirSync("/dev/shm")].some(({ name }) => name.includes(service)));
    } finally {
      await scope.disposeAsync();
    }
    await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
    assertEquals(await isRunning(folder), false);
    // Its shared memory is not in the folder.
    const left = [...Deno.readDirSync("/dev/shm")].filter(({ name }) => name.includes(service));
    assertEquals(left, []);
  },
});

Deno.test("squid: changes to another user when root starts it, which it demands, and only then", () => {
  const config = (asRoot: boolean) =>
    squid.plays["caching-proxy"]?.launch(settings, {
      program: "/usr/sbin/squid",
      folder: "/folder",
      port: 7001,
      asRoot,
    }).files?.["squid.conf"] ?? "";
  assertStringIncludes(config(true), "cache_effective_user nobody\n");
  assertEquals(config(true).replace("cache_effective_user nobody\n", ""), config(false));
  assertStringIncludes(config(false), "http_port 127.0.0.1:7001 accel");
});
