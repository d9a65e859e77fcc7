// Varnish, started as an engine, caches what it is asked for and leaves nothing behind.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import { createSlowOrigin } from "../servers/slow_origin/slow_origin.ts";
import { findEngine } from "./find.ts";
import { startEngine } from "./start.ts";
import { isRunning } from "./testing_engine.ts";
import { varnish } from "./varnish.ts";

const found = await findEngine(varnish);
if (found === undefined) {
  console.warn(
    `NOT TESTED: Varnish is not installed (${varnish.install}), engines/varnish_test.ts`,
  );
}

const settings = {
  originUrl: new URL("http://127.0.0.1:8000"),
  lockWaitTimeoutMs: 6_000,
  lockAgeTimeoutMs: 6_000,
  maxWaiting: 0,
};

Deno.test({
  name: found
    ? "varnish: caches by URL with its query, collapses requests, and leaves nothing behind"
    : "NOT TESTED, Varnish is not installed: starting varnish",
  ignore: found === undefined,
  async fn() {
    assert(found);
    const play = varnish.plays["caching-proxy"];
    assert(play);
    await using origin = await listen(createSlowOrigin({ delayMs: 0, clock: realClock }));
    const scope = new AsyncDisposableStack();
    let folder = "";
    try {
      const { url } = await startEngine(varnish, found, {
        launch(place) {
          folder = place.folder;
          return play.launch({ ...settings, originUrl: new URL(origin.url) }, place);
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
    } finally {
      await scope.disposeAsync();
    }
    await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
    assertEquals(await isRunning(folder), false);
  },
});

Deno.test("varnish: the account that starts it makes no difference, and it offers no other port", () => {
  const launch = (asRoot: boolean) =>
    varnish.plays["caching-proxy"]?.launch(settings, {
      program: "/usr/sbin/varnishd",
      folder: "/folder",
      port: 7001,
      asRoot,
    });
  const launched = launch(false);
  assert(launched);
  assertEquals(launch(true), launched);
  const after = (option: string) =>
    launched.args.filter((_, index) => launched.args[index - 1] === option);
  assertEquals(after("-a"), ["127.0.0.1:7001"]);
  assertEquals(after("-T"), ["none"]);
  assertEquals(after("-j"), ["none"]);
});
