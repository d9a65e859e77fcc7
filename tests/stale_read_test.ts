// `stale-read` end to end: every case on embedded servers, and on targets that are none.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { exitCodeOf } from "../lab/result.ts";
import type { RunObserver } from "../lab/runner.ts";
import { swapped } from "../lab/testing_runner.ts";
import { VARIANTS } from "../lab/verdict.ts";
import { staleRead } from "../scenarios/stale_read/scenario.ts";
import {
  accessTo,
  CREDENTIALS,
  only,
  probe,
  REMOTE,
  repro,
  said,
  startStore,
} from "./stale_read_runs.ts";
import { closedPort, saying, startHandler, startRaw } from "./targets.ts";

/** No browser, which takes its time; `browser` itself is run on embedded servers. */
const QUICK = staleRead.cases.map(({ id }) => id).filter((id) => id !== "browser");

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
  const held = runs.find(({ id }) => id.startsWith("stale-read/many-readers@bug"));
  const { firstByteMs } = held?.metrics ?? {};
  assert(firstByteMs && "min" in firstByteMs);
  // Each was given its time before the abandoned read was closed, the one that was sent last too.
  assert(firstByteMs.min >= Number(held?.params.thresholdMs), held?.reason);
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
  const cases = staleRead.cases.filter((one) => !one.control && one.id !== "browser");
  const runs = await repro(cases, { scenario: swapped(staleRead) });
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

Deno.test("one that is interrupted before its parts are made an object aborts their upload", async () => {
  await using store = await startStore("fix");
  await store.createBucket("given");
  for (const until of ["left-unread", "never"]) {
    const interrupted = new AbortController();
    const seen: number[] = [];
    const observer: RunObserver = {
      event: (_id, { event }) => {
        if (event === "left-unread") seen.push(store.uploads().length);
        if (event === until) interrupted.abort();
      },
    };
    const { signal } = interrupted;
    await probe(["multipart-over"], accessTo(store.url, { bucket: "given" }), { signal, observer });
    assertEquals([seen, store.uploads(), store.objects()], [[1], [], 0]);
  }
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

const WITHOUT_FIGURES = [
  ["with the kernel's table a pass rests on that", "inherit", /delivered the rest$/],
  ["without it, it says what else it rests on", REMOTE, /by the kernel's usual limits/],
] as const;
for (const [what, permissions, healthy] of WITHOUT_FIGURES) {
  Deno.test({
    name: `without figures the bug still fails, and ${what}`,
    permissions,
    async fn() {
      for (const variant of VARIANTS) {
        await using store = await startStore(variant);
        const run = only(await probe(["abandoned-range"], accessTo(store.url)));
        assertEquals(run.verdict, variant === "bug" ? "fail" : "pass", run.reason);
        if (variant === "fix") assertMatch(run.reason, healthy);
      }
    },
  });
}

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
