// `stale-read` end to end: every case on embedded servers, and on targets of all kinds.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import type { Params } from "../lab/params.ts";
import { exitCodeOf, type Run } from "../lab/result.ts";
import { nominalParams } from "../lab/run_spec.ts";
import { runAll, type RunObserver } from "../lab/runner.ts";
import type { Access, Case, Scenario, StoreAccess } from "../lab/scenario.ts";
import { embeddedTarget, type TargetSource, urlTarget } from "../lab/target.ts";
import { type Variant, VARIANTS } from "../lab/verdict.ts";
import { staleRead } from "../scenarios/stale_read/scenario.ts";
import { listen, type Listening } from "../servers/listen.ts";
import { createMemoryStorage } from "../servers/object_store/memory_storage.ts";
import { createObjectStore } from "../servers/object_store/object_store.ts";
import { type Faults, startFakeStore } from "./fake_store.ts";
import { closedPort, saying, startHandler, startRaw } from "./targets.ts";

/** No browser, which takes its time; `browser` itself is run on embedded servers. */
const QUICK = staleRead.cases.map(({ id }) => id).filter((id) => id !== "browser");

const CREDENTIALS = { accessKeyId: "some-key", secretAccessKey: "some-secret-of-a-test" };

interface Options {
  scenario?: Scenario;
  params?: Params;
  signal?: AbortSignal;
  observer?: RunObserver;
}

function run(
  cases: readonly Case[],
  targets: (scenario: Scenario) => readonly TargetSource[],
  options: Options = {},
): Promise<Run[]> {
  const { scenario = staleRead, params = {}, observer } = options;
  const specs = cases.flatMap((one) =>
    targets(scenario).map((target) => ({
      scenario,
      case: one,
      target,
      repeat: 1,
      nominal: nominalParams(scenario, one, params),
      speed: 20,
    }))
  );
  const signal = options.signal ?? new AbortController().signal;
  return runAll(specs, { concurrency: 8, signal, ...(observer && { observer }) });
}

const repro = (cases: readonly Case[], options?: Options) =>
  run(cases, (scenario) => VARIANTS.map((variant) => embeddedTarget(scenario, variant)), options);

const probe = (ids: readonly string[], access: Access, options?: Options) =>
  run(staleRead.cases.filter(({ id }) => ids.includes(id)), () => [urlTarget(access)], options);

const accessTo = (url: string, store: Partial<StoreAccess> = {}): Access => ({
  url: new URL(url),
  headers: {},
  insecure: false,
  store: { region: "us-east-1", credentials: CREDENTIALS, ...store },
});

const said = (runs: readonly Run[]) =>
  runs.map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`);

const only = ([run]: readonly Run[]): Run => {
  assert(run);
  return run;
};

/** Our own store on a port of its own; what it holds is told by `figures`. */
async function startStore(
  variant: Variant,
): Promise<Listening & { objects: () => unknown; buckets: () => string[] }> {
  const storage = createMemoryStorage();
  const store = createObjectStore({
    storage,
    credentials: [CREDENTIALS],
    variant,
    clock: realClock,
    lockTimeoutMs: 3_000,
  });
  const listening = await listen(store);
  const close = async () => {
    await listening.close();
    await store.close();
  };
  return {
    ...listening,
    close,
    objects: () => store.stats().objects,
    buckets: () => storage.buckets().map(({ name }) => name),
    [Symbol.asyncDispose]: close,
  };
}

Deno.test("every case comes out as it declares, on both variants, side by side", async () => {
  const defects: unknown[] = [];
  const warnings: string[] = [];
  const observer = {
    defect: (_id: string, error: unknown) => void defects.push(error),
    warning: (_id: string, message: string) => void warnings.push(message),
  };
  const runs = await repro(staleRead.cases, { observer });
  assertEquals(runs.length, 2 * staleRead.cases.length);
  const untested = runs.filter((run) => run.unmet?.includes("browser"));
  for (const { id, reason } of untested) console.warn(`NOT TESTED: ${id}: ${reason}`);
  const tested = runs.filter((run) => !untested.includes(run));
  assertEquals(said(tested.filter((run) => !run.asExpected)), []);
  assertEquals(exitCodeOf(tested, true), 0);
  assertEquals(defects, []);
  assertEquals(warnings, []);
  const [bug, fix] = runs;
  assertMatch(bug?.reason ?? "", /no first byte for .*; .* after that one was closed it came/);
  assertMatch(fix?.reason ?? "", /gone on with, that one delivered the rest/);
});

Deno.test("seven cases tell the variants apart, the others are controls", () => {
  assertEquals(staleRead.cases.filter((one) => !one.control).map(({ id }) => id), [
    "abandoned-get",
    "abandoned-range",
    "slow-reader",
    "expiry",
    "many-readers",
    "behind-overwrite",
    "browser",
  ]);
});

Deno.test("stores whose variants were swapped are found out by each discriminating case", async () => {
  const swapped: Scenario = {
    ...staleRead,
    embed: (context) =>
      staleRead.embed({ ...context, variant: context.variant === "bug" ? "fix" : "bug" }),
  };
  const cases = staleRead.cases.filter((one) => !one.control && one.id !== "browser");
  const runs = await repro(cases, { scenario: swapped });
  for (const { id } of cases) {
    const own = runs.filter((run) => run.case === id);
    assertEquals(own.map((run) => run.asExpected), [false, false], said(own).join("\n"));
    for (const run of own) assertEquals(exitCodeOf([run], false), 1, run.id);
  }
});

Deno.test("in the variant with the bug held reads come back at the lock timeout", async () => {
  const expiry = staleRead.cases.filter(({ id }) => id === "expiry");
  const runs = await repro(expiry, { params: { lockTimeoutMs: 20_000 } });
  const { metrics } = only(runs.filter(({ variant }) => variant === "bug"));
  const { releaseMs } = metrics;
  assert(releaseMs && "value" in releaseMs);
  assert(releaseMs.value >= 1_000, `${releaseMs.value} ms, expected the timeout of 1 s or more`);
});

Deno.test("without a bucket each run makes one of its own, and leaves nothing behind", async () => {
  await using store = await startStore("bug");
  const runs = await probe(["abandoned-get", "head", "copy", "delete"], accessTo(store.url));
  const verdicts = runs.map((run) => `${run.case} ${run.verdict}`);
  assertEquals(verdicts, ["abandoned-get fail", "head pass", "delete pass", "copy pass"]);
  assertEquals(store.buckets(), []);
  const events = runs[0]?.timeline.map(({ event }) => event) ?? [];
  assert(events.includes("bucket-created") && events.includes("bucket-removed"), events.join(" "));
});

Deno.test("a run that is interrupted while reads are held leaves nothing behind either", async () => {
  await using store = await startStore("bug");
  const interrupted = new AbortController();
  const observer: RunObserver = {
    event: (_id, { lane, event }) => {
      if (lane === "plain" && event === "request-sent") interrupted.abort();
    },
  };
  const runs = await probe(["expiry"], accessTo(store.url), {
    signal: interrupted.signal,
    observer,
  });
  assertMatch(only(runs).reason, /interrupted/);
  assertEquals(store.buckets(), []);
});

Deno.test("one that is interrupted in the middle of an upload leaves nothing behind either", async () => {
  await using store = await startStore("bug");
  const interrupted = new AbortController();
  const observer: RunObserver = {
    event: (_id, { event }) => void (event === "uploaded" && interrupted.abort()),
  };
  const runs = await probe(["head"], accessTo(store.url), { signal: interrupted.signal, observer });
  assertMatch(only(runs).reason, /interrupted/);
  assertEquals(store.buckets(), []);
});

Deno.test("without figures the bug still fails, and a pass says what it rests on", async () => {
  for (const variant of VARIANTS) {
    await using store = await startStore(variant);
    const run = only(await probe(["abandoned-range"], accessTo(store.url)));
    assertEquals(run.verdict, variant === "bug" ? "fail" : "pass", run.reason);
    if (variant === "fix") assertMatch(run.reason, /by the kernel's usual limits/);
  }
});

/** Runs one case against a store that is wrong. */
async function against(
  faults: Faults,
  id: string,
  store: Partial<StoreAccess> = {},
): Promise<{ run: Run; warnings: string[]; keys: string[] }> {
  await using fake = await startFakeStore(faults);
  const warnings: string[] = [];
  const observer = { warning: (_id: string, message: string) => void warnings.push(message) };
  const runs = await probe([id], accessTo(fake.url, store), { observer });
  return { run: only(runs), warnings, keys: fake.keys() };
}

Deno.test("a store of another kind that is healthy passes what it can do", async () => {
  for (const id of ["expiry", "client-closes", "overwrite", "slow-reader", "many-readers"]) {
    const { run, warnings, keys } = await against({}, id);
    assertEquals([run.verdict, warnings, keys], ["pass", [], []], run.reason);
  }
});

Deno.test("a store that goes on with the new bytes of an old read fails", async () => {
  const { run } = await against({ mixes: true }, "overwrite");
  assertEquals(run.verdict, "fail", run.reason);
  assertMatch(run.reason, /bytes of the new version/);
});

Deno.test("a store that refuses reads beside another fails, with what it said", async () => {
  const { run } = await against({ refusesBeside: true }, "expiry");
  assertEquals(run.verdict, "fail", run.reason);
  assertMatch(run.reason, /SlowDown.*another object was read meanwhile/);
});

Deno.test("a store that cuts reads short lets nothing be told", async () => {
  const { run } = await against({ cutsAfterBytes: 1 << 20 }, "expiry");
  assertEquals(run.verdict, "inconclusive", run.reason);
});

Deno.test("a store that is slow for every object lets nothing be told", async () => {
  const { run } = await against({ delayMs: 400 }, "expiry");
  assertEquals(run.verdict, "inconclusive", run.reason);
  assertMatch(run.reason, /slow altogether/);
});

Deno.test("a store that answers with other bytes lets nothing be told", async () => {
  const { run } = await against({ garbageBytes: 16 << 20 }, "expiry");
  assertEquals(run.verdict, "inconclusive", run.reason);
  assertMatch(run.reason, /does not give back what was uploaded: .* byte 3 is not the object's/);
});

Deno.test("what may not be deleted is named, each object and the bucket", async () => {
  const { run, warnings, keys } = await against({ keeps: true }, "head");
  assertEquals(run.verdict, "pass", run.reason);
  assertEquals(warnings.length, 3, warnings.join("\n"));
  for (const key of keys) {
    const [, bucket = "", ...rest] = key.split("/");
    const name = `left behind: object '${rest.join("/")}' in bucket '${bucket}'`;
    assert(warnings.some((warning) => warning.startsWith(name)), warnings.join("\n"));
  }
  const left = run.timeline.filter(({ event }) => event === "left-behind");
  assertEquals(left.length, 3);
});

Deno.test("a bucket that was given stays, and so do versions that it keeps, which is said", async () => {
  const { run, warnings, keys } = await against({ versions: true }, "head", { bucket: "given" });
  assertEquals([run.verdict, keys], ["pass", []], run.reason);
  assertEquals(warnings.length, 2);
  assertMatch(warnings.join(), /versions of object 'edge-repro\/.*in bucket 'given'.*versioning/);
  assertEquals(run.timeline.some(({ event }) => event.startsWith("bucket-")), false);
});

Deno.test("what is no object store lets no case tell anything, and says why", async () => {
  await using website = await startHandler(() =>
    new Response("<html>hello</html>", { headers: { "content-type": "text/html" } })
  );
  await using other = startRaw(saying("SSH-2.0-OpenSSH_9.2\r\n"));
  for (const url of [website.url, other.url, `http://127.0.0.1:${closedPort()}`]) {
    const runs = await probe(QUICK, accessTo(url, { otherRegion: new URL(url) }));
    assertEquals(runs.length, QUICK.length);
    assertEquals(said(runs.filter((run) => run.verdict !== "inconclusive")), []);
    assertEquals(exitCodeOf(runs, false), 3);
  }
});

Deno.test("a wrong key, and a bucket that is not there, are said to be that", async () => {
  await using store = await startStore("fix");
  const wrong = { ...CREDENTIALS, secretAccessKey: "not-the-secret" };
  const key = only(await probe(["head"], accessTo(store.url, { credentials: wrong })));
  assertEquals(key.verdict, "inconclusive");
  assertMatch(key.reason, /SignatureDoesNotMatch|signature|secret/i);
  const bucket = only(await probe(["head"], accessTo(store.url, { bucket: "nowhere" })));
  assertEquals(bucket.verdict, "inconclusive");
  assertMatch(bucket.reason, /nowhere/);
});

Deno.test("nothing in a run tells the secret or a signature", async () => {
  await using store = await startStore("bug");
  const runs = await probe(["abandoned-get", "client-closes"], accessTo(store.url));
  const text = JSON.stringify(runs);
  assert(!text.includes(CREDENTIALS.secretAccessKey));
  assert(!/X-Amz-Signature|Signature=/.test(text));
});
