// `body-io` end to end: every case on our own gateway, each switch alone, and targets that are none.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { exitCodeOf } from "../lab/result.ts";
import type { Access } from "../lab/scenario.ts";
import { swapped } from "../lab/testing_runner.ts";
import { embedSwitched } from "../scenarios/body_io/embed.ts";
import { bodyIoParams } from "../scenarios/body_io/params.ts";
import { bodyIo } from "../scenarios/body_io/scenario.ts";
import { type Switch, switched } from "../scenarios/body_io/switched_case.ts";
import { BUCKET, TESTING_KEY, TestingStore } from "../servers/object_store/testing_store.ts";
import { STATS_PATH } from "../servers/server.ts";
import { casesOf, only, probe, repro, reproSwitched, said, SMALL } from "./body_io_runs.ts";
import { closedPort, startHandler } from "./targets.ts";

const DISCRIMINATING = [
  "multipart-burst",
  "delete-burst",
  "part-framing",
  "put-framing",
  "flat-memory",
];

/** Which cases each switch turns, alone; where no more can be told, it is said so. */
const TURNED: Readonly<Record<Switch, Readonly<Record<string, string>>>> = {
  readBody: { "multipart-burst": "fail", "delete-burst": "fail" },
  uploadPart: { "flat-memory": "fail" },
  framing: {
    "multipart-burst": "fail",
    "part-framing": "fail",
    "put-framing": "fail",
    // The store refuses its parts, so that nothing of their memory is seen.
    "flat-memory": "inconclusive",
  },
};

Deno.test("every case comes out as it declares, on both variants", async () => {
  const defects: unknown[] = [];
  const warnings: string[] = [];
  const runs = await repro(bodyIo.cases, {
    observer: {
      defect: (_id, error) => void defects.push(error),
      warning: (_id, message) => void warnings.push(message),
    },
  });
  assertEquals(runs.length, 2 * bodyIo.cases.length);
  assertEquals([defects, warnings], [[], []]);
  assertEquals(said(runs.filter((one) => !one.asExpected)), []);
  assertEquals(exitCodeOf(runs, true), 0);
  const [bug, fix] = runs;
  assertMatch(bug?.reason ?? "", /^7 of 26 .* 7 of 8 CreateMultipartUpload \(500 InternalError\)/);
  // The client with its retries sees nothing of it.
  assertEquals(bug?.metrics["failedInTheEnd"], { unit: "count", value: 0 });
  assertEquals(fix?.metrics["parkedOnExchange"], { unit: "count", value: 7 });
});

Deno.test("five cases tell the variants apart, the others are controls", () => {
  const ids = bodyIo.cases.filter((one) => !one.control).map(({ id }) => id);
  assertEquals(ids, DISCRIMINATING);
});

for (const one of ["readBody", "uploadPart", "framing"] as const) {
  Deno.test(`the switch ${one}, alone, turns its own cases and no others`, async () => {
    const runs = await reproSwitched(casesOf(...DISCRIMINATING), one);
    const found = Object.fromEntries(runs.map((run) => [run.case, run.verdict]));
    const healthy = Object.fromEntries(DISCRIMINATING.map((id) => [id, "pass"]));
    assertEquals(found, { ...healthy, ...TURNED[one] }, said(runs).join("\n"));
  });
}

Deno.test("variants that are swapped are found out by each case that tells them apart", async () => {
  const runs = await repro(casesOf(...DISCRIMINATING), { scenario: swapped(bodyIo) });
  assertEquals(said(runs.filter((one) => one.asExpected !== false)), []);
});

Deno.test("a plain store is no gateway: where its health is not proved, nothing passes", async () => {
  await using store = await TestingStore.start();
  const access: Access = {
    ...{ url: new URL(store.url), headers: {}, insecure: false },
    store: { region: "us-east-1", credentials: TESTING_KEY, bucket: BUCKET },
  };
  const statsUrl = new URL(STATS_PATH, store.url);
  for (const given of [access, { ...access, statsUrl }]) {
    const runs = await probe(bodyIo.cases, given);
    const passed = runs.filter(({ verdict }) => verdict !== "inconclusive").map((one) => one.case);
    // It refuses what is too large, as every store.
    assertEquals(passed, ["oversized-part"], said(runs).join("\n"));
    const [burst] = runs;
    assertMatch(burst?.reason ?? "", /no figures that tell of exchanges/);
    assertEquals(burst?.unmet, ["figures"]);
  }
});

Deno.test("a target that is not there, and one without a bucket, are inconclusive", async () => {
  const url = new URL(`http://127.0.0.1:${closedPort()}`);
  const base = {
    url,
    headers: {},
    insecure: false,
    backendLogUrl: url,
    stsUrl: url,
    statsUrl: url,
  };
  const store = { region: "auto", credentials: TESTING_KEY, bucket: "b" };
  for (const run of await probe(bodyIo.cases, { ...base, store })) {
    assertEquals(run.verdict, "inconclusive", run.id);
    assertMatch(run.reason, /refused.*--target/);
  }
  const { bucket: _, ...without } = store;
  const run = only(await probe(casesOf("put-framing"), { ...base, store: without }));
  assertEquals(run.verdict, "inconclusive");
  assertMatch(run.reason, /--bucket NAME/);
});

Deno.test("a target that never answers a burst fails, where it answers a request alone", async () => {
  const listed = "<ListBucketResult><Name>b</Name></ListBucketResult>";
  await using server = await startHandler(({ method, signal }) =>
    method === "GET" || method === "DELETE"
      ? new Response(method === "GET" ? listed : null)
      : new Promise((resolve) => signal.addEventListener("abort", () => resolve(new Response())))
  );
  const access: Access = {
    ...{ url: new URL(server.url), headers: {}, insecure: false },
    store: { region: "auto", credentials: TESTING_KEY, bucket: "b" },
  };
  const params = { ...SMALL, thresholdMs: 400 };
  const [uploads, deletes] = await probe(casesOf("multipart-burst", "delete-burst"), access, {
    params,
  });
  assertEquals([uploads?.verdict, deletes?.verdict], ["fail", "fail"], uploads?.reason);
  assertMatch(uploads?.reason ?? "", /^8 of 8 .*8 of 8 CreateMultipartUpload \(stalled\)/);
  assertEquals(deletes?.metrics["stalled"], { unit: "count", value: 8 });
});

Deno.test("a gateway that was asked before is not cold, and its burst proves nothing", async () => {
  await using scope = new AsyncDisposableStack();
  const params = bodyIoParams.parse({ stsDelayMs: 50 });
  const [one] = casesOf("delete-burst");
  assert(one);
  const context = { params, clock: realClock, scope, case: one };
  const { access } = await embedSwitched(context, switched([], "bug"));
  const first = only(await probe([one], access, { params: { ...SMALL, stsDelayMs: 0 } }));
  const again = only(await probe([one], access));
  assertEquals([first.verdict, again.verdict], ["pass", "inconclusive"], first.reason);
  assertMatch(again.reason, /not cold.*restart/);
});
