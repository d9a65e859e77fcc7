// Apache httpd, started as an engine, caches what it is asked for and leaves nothing behind.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import { createSlowOrigin } from "../servers/slow_origin/slow_origin.ts";
import { findEngine } from "./find.ts";
import { httpd } from "./httpd.ts";
import { startEngine } from "./start.ts";
import { isRunning } from "./testing_engine.ts";

const found = await findEngine(httpd);
if (found === undefined) {
  console.warn(
    `NOT TESTED: Apache httpd is not installed (${httpd.install}), engines/httpd_test.ts`,
  );
}

Deno.test({
  name: found
    ? "httpd: caches by URL with its query, does not collapse requests, and leaves neither process nor folder"
    : "NOT TESTED, Apache httpd is not installed: starting httpd",
  ignore: found === undefined,
  async fn() {
    assert(found);
    const play = httpd.plays["caching-proxy"];
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
      const { url } = await startEngine(httpd, found, {
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
