// HAProxy, started as an engine, caches what it is asked for and leaves nothing behind.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import { createSlowOrigin } from "../servers/slow_origin/slow_origin.ts";
import { findEngine } from "./find.ts";
import { haproxy } from "./haproxy.ts";
import { startEngine } from "./start.ts";
import { isRunning } from "./testing_engine.ts";

const found = await findEngine(haproxy);
if (found === undefined) {
  console.warn(
    `NOT TESTED: HAProxy is not installed (${haproxy.install}), engines/haproxy_test.ts`,
  );
}

Deno.test({
  name: found
    ? "haproxy: caches by URL with its query, does not collapse requests, and leaves neither process nor folder"
    : "NOT TESTED, HAProxy is not installed: starting haproxy",
  ignore: found === undefined,
  async fn() {
    assert(found);
    const play = haproxy.plays["caching-proxy"];
    assert(play);
    await using origin = await listen(createSlowOrigin({ delayMs: 0, clock: realClock }));
    const settings = {
      originUrl: new URL(origin.url),
      lockWaitTimeoutMs: 6_000,
      lockAgeTimeoutMs: 6_000,
      maxWaiting: 0,
    };
    const scope = new AsyncDisposableStack();
    let folder = "";
    try {
      const { url } = await startEngine(haproxy, found, {
        launch(place) {
          folder = place.folder;
          return play.launch(settings, place);
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
      // Who comes while the first is being fetched goes to the origin: what `lacks` says.
      const together = await Promise.all([1, 2, 3].map(() => get("/slow?sleep=0.2")));
      assertEquals(new Set(together).size, 3);
      assert(await isRunning(folder));
    } finally {
      await scope.disposeAsync();
    }
    await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
    assertEquals(await isRunning(folder), false);
  },
});
