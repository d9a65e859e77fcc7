// A disconnect can be seen only once the request's body is done: the seed's own limit, kept.

import { assertEquals } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { Http1Connection } from "../probes/http1.ts";
import { createCachingProxy } from "../servers/caching_proxy/caching_proxy.ts";
import { listen } from "../servers/listen.ts";
import type { Server } from "../servers/server.ts";
import { createSlowOrigin } from "../servers/slow_origin/slow_origin.ts";

async function waiting(proxy: Server, count: number): Promise<void> {
  while (proxy.stats().waiting !== count) await realClock.sleep(1);
}

Deno.test("a reader that leaves with its request's body unfinished is held, one that has sent all of it is let go", async () => {
  const clock = realClock;
  const origin = createSlowOrigin({ clock });
  await using atOrigin = await listen(origin, { connectionControl: true });
  const proxy = createCachingProxy({ origin: atOrigin.url, variant: "fix", clock });
  await using atProxy = await listen(proxy);
  const open = async (body?: { declaredLength: number; body: Uint8Array }) => {
    const connection = await Http1Connection.connect({ url: new URL(atProxy.url), clock });
    const exchange = connection.send({ method: "GET", path: "/a?fault=hang", ...body });
    return { connection, exchange };
  };
  const writer = await open();
  while (proxy.stats().upstreams === 0) await realClock.sleep(1);
  const unfinished = await open({ declaredLength: 10, body: new Uint8Array(3) });
  await waiting(proxy, 1);
  const finished = await open();
  await waiting(proxy, 2);

  unfinished.connection.close();
  finished.connection.close();
  await waiting(proxy, 1);
  // The one that left later is let go; were the other to be, it would have been by now.
  const later = await open();
  await waiting(proxy, 2);
  later.connection.close();
  await waiting(proxy, 1);
  assertEquals(proxy.stats().waiting, 1);

  writer.connection.close();
  await proxy.close();
  await origin.close();
});
