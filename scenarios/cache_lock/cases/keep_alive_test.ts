// A target that does not keep connections cannot be told by `keep-alive`, against a real server.

import { assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../../../lab/clock.ts";
import { runAll } from "../../../lab/runner.ts";
import { nominalParams } from "../../../lab/run_spec.ts";
import { urlTarget } from "../../../lab/target.ts";
import { listen } from "../../../servers/listen.ts";
import { cacheLock } from "../scenario.ts";
import { keepAlive } from "./keep_alive.ts";

Deno.test("keep-alive: a target that closes after each answer tells nothing, and the reason says so", async () => {
  const answer = () => new Response("x", { headers: { connection: "close" } });
  await using target = await listen({ fetch: answer });
  const access = { url: new URL(target.url), headers: {}, insecure: false };
  const nominal = nominalParams(cacheLock, keepAlive, {});
  const one = { scenario: cacheLock, case: keepAlive, repeat: 1, nominal, speed: 20 };
  const [run] = await runAll([{ ...one, target: urlTarget(access) }], {
    concurrency: 1,
    signal: new AbortController().signal,
    clock: realClock,
  });
  assertEquals(run?.verdict, "inconclusive", run?.reason);
  assertMatch(run?.reason ?? "", /does not keep connections: it (said|closed)/);
});
