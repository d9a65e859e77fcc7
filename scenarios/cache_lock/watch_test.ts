// A target that lets go of everyone when one has left has not let go of that one, against real sockets.

import { assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { runAll } from "../../lab/runner.ts";
import { nominalParams } from "../../lab/run_spec.ts";
import { urlTarget } from "../../lab/target.ts";
import { listen } from "../../servers/listen.ts";
import { createSlowOrigin } from "../../servers/slow_origin/slow_origin.ts";
import { disconnect } from "./cases/disconnect.ts";
import { cacheLock } from "./scenario.ts";

/** Starts what passes the first request on, lets the others wait, and falls over when one leaves. */
function startFragile(originPort: number): AsyncDisposable & { url: string } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const clients: Deno.TcpConn[] = [];
  let upstream: Promise<Deno.TcpConn> | undefined;
  const fall = async () => {
    for (const connection of clients.splice(0)) connection.close();
    const origin = await upstream;
    upstream = undefined;
    origin?.close();
  };
  const talk = async (client: Deno.TcpConn) => {
    const buffer = new Uint8Array(4_096);
    const size = await client.read(buffer);
    if (upstream === undefined && size !== null) {
      upstream = Deno.connect({ hostname: "127.0.0.1", port: originPort });
      await (await upstream).write(buffer.subarray(0, size));
    }
    if (await client.read(buffer) === null) await fall();
  };
  const talks: Promise<void>[] = [];
  const serving = (async () => {
    for await (const connection of listener) {
      clients.push(connection);
      talks.push(talk(connection).catch(() => {}));
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      await fall();
      await Promise.all(talks);
    },
  };
}

Deno.test("disconnect: a target that falls over when readers leave is not taken for a healthy one", async () => {
  const slow = createSlowOrigin({ clock: realClock });
  await using _requests = { [Symbol.asyncDispose]: () => slow.close() };
  await using origin = await listen(slow, { connectionControl: true });
  await using target = startFragile(Number(new URL(origin.url).port));
  const access = {
    url: new URL(target.url),
    originUrl: new URL(origin.url),
    headers: {},
    insecure: false,
  };
  const spec = {
    scenario: cacheLock,
    case: disconnect,
    repeat: 1,
    nominal: nominalParams(cacheLock, disconnect, {}),
    speed: 20,
    target: urlTarget(access),
  };
  const [run] = await runAll([spec], {
    concurrency: 1,
    signal: new AbortController().signal,
    clock: realClock,
  });
  assertEquals(run?.verdict, "inconclusive", run?.reason);
  assertMatch(run?.reason ?? "", /let go, but so was the writer, which had not left: .*closed/);
});
