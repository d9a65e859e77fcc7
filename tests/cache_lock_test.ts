// `cache-lock` end to end: every case on embedded servers, and on targets that it can say nothing of.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { exitCodeOf, type Run } from "../lab/result.ts";
import { runAll } from "../lab/runner.ts";
import { swapped } from "../lab/testing_runner.ts";
import { nominalParams } from "../lab/run_spec.ts";
import { embeddedTarget, urlTarget } from "../lab/target.ts";
import type { Case, Scenario } from "../lab/scenario.ts";
import { VARIANTS } from "../lab/verdict.ts";
import { cacheLock } from "../scenarios/cache_lock/scenario.ts";
import { createCachingProxy } from "../servers/caching_proxy/caching_proxy.ts";
import { realClock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import { accessTo, probe, startHandler, startOrigin, startPassThrough } from "./targets.ts";

const ALL = cacheLock.cases.map(({ id }) => id);

/** Runs cases on embedded servers in both variants, as `repro` does. */
function repro(
  scenario: Scenario,
  cases: readonly Case[],
  defects: unknown[] = [],
): Promise<Run[]> {
  const specs = cases.flatMap((one) =>
    VARIANTS.map((variant) => ({
      scenario,
      case: one,
      target: embeddedTarget(scenario, variant),
      repeat: 1,
      nominal: nominalParams(scenario, one, {}),
      speed: 20,
    }))
  );
  const { signal } = new AbortController();
  const observer = { defect: (_id: string, error: unknown) => void defects.push(error) };
  return runAll(specs, { concurrency: 8, signal, observer });
}

const said = (runs: readonly Run[]) =>
  runs.map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`);

Deno.test("every case comes out as it declares, on both variants, side by side", async () => {
  const defects: unknown[] = [];
  const runs = await repro(cacheLock, cacheLock.cases, defects);
  assertEquals(runs.length, 2 * 30);
  const untested = runs.filter((run) => run.unmet?.includes("browser"));
  for (const { id, reason } of untested) console.warn(`NOT TESTED: ${id}: ${reason}`);
  const tested = runs.filter((run) => !untested.includes(run));
  assertEquals(said(tested.filter((run) => !run.asExpected)), []);
  assertEquals(exitCodeOf(tested, true), 0);
  assertEquals(defects, []);
});

Deno.test("ten cases tell the variants apart, the others are controls", () => {
  const discriminating = cacheLock.cases.filter((one) => !one.control).map(({ id }) => id);
  assertEquals(discriminating, [
    "disconnect",
    "close",
    "reset",
    "h2-cancel",
    "many",
    "hang",
    "exhaustion",
    "keep-alive",
    "expired",
    "navigate",
  ]);
});

Deno.test("servers whose variants were swapped are found out by each discriminating case", async () => {
  const discriminating = cacheLock.cases.filter((one) => !one.control);
  const runs = await repro(swapped(cacheLock), discriminating);
  for (const { id } of discriminating) {
    const own = runs.filter((run) => run.case === id);
    assertEquals(own.map((run) => run.asExpected), [false, false], said(own).join("\n"));
    // Breaking the fix alone is seen, and so is healing the bug alone.
    for (const run of own) assertEquals(exitCodeOf([run], false), 1, run.id);
  }
});

Deno.test("a target that is the origin itself lets no case tell anything", async () => {
  await using origin = await startOrigin();
  const runs = await probe(ALL, accessTo(origin.url, { origin: origin.url }));
  assertEquals(runs.length, 30);
  assertEquals(said(runs.filter((run) => run.verdict !== "inconclusive")), []);
  assertEquals(exitCodeOf(runs, false), 3);
  const reason = (id: string) => runs.find((run) => run.case === id)?.reason ?? "";
  assertMatch(reason("disconnect"), /did not queue: the origin had 4 requests for one URL/);
  assertMatch(reason("collapse"), /does not collapse requests: the origin saw 4 of 4/);
});

Deno.test("a proxy that does not cache lets no case tell anything", async () => {
  await using origin = await startOrigin();
  await using proxy = await startPassThrough(origin.url);
  // A tenth of a second is what a busy machine may take to pass a request on.
  const params = { disconnectDelayMs: 2_000 };
  const runs = await probe(ALL, accessTo(proxy.url, { origin: origin.url }), { params });
  assertEquals(said(runs.filter((run) => run.verdict !== "inconclusive")), []);
  const reason = (id: string) => runs.find((run) => run.case === id)?.reason ?? "";
  assertMatch(reason("disconnect"), /did not queue: the origin had 4 requests for one URL/);
  assertMatch(reason("collapse"), /does not collapse requests/);
  assertMatch(reason("exhaustion"), /its limit is not 4/);
});

Deno.test("a target that answers at once lets no case tell anything", async () => {
  await using origin = await startOrigin();
  await using target = await startHandler(() => new Response("here you are"));
  const runs = await probe(ALL, accessTo(target.url, { origin: origin.url }));
  assertEquals(said(runs.filter((run) => run.verdict !== "inconclusive")), []);
  const disconnect = runs.find((run) => run.case === "disconnect");
  assertMatch(
    disconnect?.reason ?? "",
    /never saw the writer's request: the answer was 200 with 12 bytes; is the target a proxy of/,
  );
});

Deno.test("a target that answers at once and asks the origin as well lets no case tell anything", async () => {
  await using origin = await startOrigin();
  const asking = new AbortController();
  const asked: Promise<unknown>[] = [];
  await using target = await startHandler(async (request) => {
    const { pathname, search } = new URL(request.url);
    const log = `${origin.url}/_edge-repro/log?path=${encodeURIComponent(pathname)}&min=1&wait=5`;
    const { signal } = asking;
    asked.push(
      fetch(new URL(pathname + search, origin.url), { signal }).then(
        (answer) => answer.body?.cancel(),
        () => {},
      ),
    );
    await (await fetch(log)).text(); // The probe is not to see the answer before the origin's log.
    return new Response("here you are");
  });
  const runs = await probe(ALL, accessTo(target.url, { origin: origin.url }));
  asking.abort();
  await Promise.all(asked);
  assertEquals(said(runs.filter((run) => run.verdict !== "inconclusive")), []);
});

Deno.test("without an origin that can be read a held reader fails, and nothing passes", async () => {
  await using origin = await startOrigin();
  for (const variant of VARIANTS) {
    const proxy = createCachingProxy({ origin: origin.url, variant, clock: realClock });
    await using target = await listen(proxy);
    const runs = await probe(ALL, accessTo(target.url));
    await proxy.close();
    assertEquals(said(runs.filter((run) => run.verdict === "pass")), []);
    const disconnect = runs.find((run) => run.case === "disconnect");
    assertEquals(
      disconnect?.verdict,
      variant === "bug" ? "fail" : "inconclusive",
      said(runs).join("\n"),
    );
    assertMatch(disconnect?.reason ?? "", /--origin/);
  }
});

Deno.test("the report's variation with shorter timeouts runs as written there", async () => {
  const [disconnect] = cacheLock.cases;
  assert(disconnect);
  const params = { originDelayMs: 10_000, lockAgeTimeoutMs: 5_000, thresholdMs: 1_000 };
  const specs = VARIANTS.map((variant) => ({
    scenario: cacheLock,
    case: disconnect,
    target: embeddedTarget(cacheLock, variant),
    repeat: 1,
    nominal: nominalParams(cacheLock, disconnect, params),
    speed: 20,
  }));
  const { signal } = new AbortController();
  const runs = await runAll(specs, { concurrency: 2, signal });
  assertEquals(runs.map((run) => run.verdict), ["fail", "pass"], said(runs).join("\n"));
});

Deno.test("a probe of a URL has no expectation: the verdict itself is what counts", async () => {
  await using origin = await startOrigin();
  const proxy = createCachingProxy({ origin: origin.url, variant: "bug", clock: realClock });
  await using target = await listen(proxy);
  const [run] = await probe(["disconnect"], accessTo(target.url, { origin: origin.url }));
  await proxy.close();
  assert(run);
  assertEquals([run.expected, run.asExpected, run.verdict], [null, null, "fail"], run.reason);
  assertEquals(run.target.name, urlTarget(accessTo(target.url)).name);
  assertEquals(exitCodeOf([run], false), 1);
});
