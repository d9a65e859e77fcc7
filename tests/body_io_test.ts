// `body-io` end to end: every case on our own gateway, each switch alone, and targets that are none.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { exitCodeOf } from "../lab/result.ts";
import type { Access } from "../lab/scenario.ts";
import { swapped } from "../lab/testing_runner.ts";
import { embedSwitched } from "../scenarios/body_io/embed.ts";
import { bodyIoParams } from "../scenarios/body_io/params.ts";
import { bodyIo } from "../scenarios/body_io/scenario.ts";
import { type Switch, switched, SWITCHES } from "../scenarios/body_io/switched_case.ts";
import { BUCKET, TESTING_KEY, TestingStore } from "../servers/object_store/testing_store.ts";
import { STATS_PATH } from "../servers/server.ts";
import {
  casesOf,
  only,
  probe,
  probeSwitched,
  repro,
  reproSwitched,
  said,
  SMALL,
} from "./body_io_runs.ts";
import { closedPort, startHandler } from "./targets.ts";

const DISCRIMINATING = [
  "multipart-burst",
  "delete-burst",
  "part-framing",
  "put-framing",
  "flat-memory",
];

/** Which cases each switch turns, alone. */
const TURNED: Readonly<Record<Switch, readonly string[]>> = {
  readBody: ["multipart-burst", "delete-burst"],
  uploadPart: ["flat-memory"],
  framing: ["multipart-burst", "part-framing", "put-framing"],
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

for (const one of SWITCHES) {
  Deno.test(`the switch ${one}, alone, turns its own cases and no others`, async () => {
    const runs = await reproSwitched(bodyIo.cases, one);
    assertEquals(runs.length, bodyIo.cases.length);
    for (const { case: id, verdict, reason } of runs) {
      assertEquals(verdict, TURNED[one].includes(id) ? "fail" : "pass", `${id}: ${reason}`);
    }
  });
}

Deno.test("where nothing is pinned, a switch turns no more cases, but may hide what others look for", async () => {
  const runs = await probeSwitched(casesOf(...DISCRIMINATING), "framing");
  const failed = runs.filter(({ verdict }) => verdict === "fail").map((run) => run.case);
  assertEquals(failed, [...TURNED.framing], said(runs).join("\n"));
  const memory = runs.find((run) => run.case === "flat-memory");
  // The store refuses its parts for their framing, so that nothing of their memory is seen.
  assertEquals(memory?.verdict, "inconclusive");
  assertMatch(memory?.reason ?? "", /4 of 4 UploadPart \(501 NotImplemented\).*part-framing/);
});

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
    assertMatch(burst?.reason ?? "", /26 of 26 .* no figures that tell of exchanges/);
    assertEquals(burst?.unmet, ["figures"]);
    for (const id of ["aws-chunked", "checksums", "client-leaves"]) {
      const run = runs.find((one) => one.case === id);
      assertEquals(run?.unmet, ["backend-log"], run?.reason);
      assertMatch(run?.reason ?? "", /without it only a fault can be found/);
    }
  }
});

for (const status of [200, 404, 502]) {
  Deno.test(`a website that answers all with ${status} is no gateway: all is inconclusive`, async () => {
    await using server = await startHandler(() =>
      new Response("<html>hello</html>", { status, headers: { "content-type": "text/html" } })
    );
    const warnings: string[] = [];
    const url = new URL(server.url);
    const store = { region: "auto", credentials: TESTING_KEY, bucket: "b" };
    const runs = await probe(bodyIo.cases, { url, headers: {}, insecure: false, store }, {
      observer: { warning: (_id, message) => void warnings.push(message) },
    });
    for (const { id, verdict, reason } of runs) assertEquals(verdict, "inconclusive", id + reason);
    assertMatch(runs[0]?.reason ?? "", /it answers, but not as S3: received \d+ with 'text\/html'/);
    assertEquals(warnings, []);
  });
}

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

Deno.test("a target that takes whatever comes is found out without a log of its backend", async () => {
  let half: Promise<unknown> = Promise.resolve();
  await using server = await startHandler(async (request) => {
    if (request.method === "DELETE") return new Response(null, { status: 204 });
    if (request.method === "POST") {
      const id = "<UploadId>u</UploadId>";
      return new Response(`<InitiateMultipartUploadResult>${id}</InitiateMultipartUploadResult>`);
    }
    if (request.method === "PUT") {
      half = request.arrayBuffer().catch(() => {});
      await half;
      return new Response(null, { headers: { etag: '"e"' } });
    }
    const parts = "<ListPartsResult><Part><PartNumber>1</PartNumber></Part></ListPartsResult>";
    return new Response(request.method === "HEAD" ? null : parts);
  });
  const access: Access = {
    ...{ url: new URL(server.url), headers: {}, insecure: false },
    store: { region: "auto", credentials: TESTING_KEY, bucket: "b" },
  };
  const runs = await probe(casesOf("checksums", "client-leaves", "aws-chunked"), access);
  assertEquals(runs.map(({ verdict }) => verdict), ["fail", "fail", "fail"], said(runs).join("\n"));
  assertMatch(runs[0]?.reason ?? "", /a wrong CRC64NVME was accepted/);
  assertMatch(runs[1]?.reason ?? "", /the object is there, though its client left/);
  assertMatch(runs[2]?.reason ?? "", /has \d+ bytes, expected 700001/);
  await half;
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

Deno.test("a target that waits longer than is usual fails only where its own patience was told", async () => {
  await using scope = new AsyncDisposableStack();
  const cases = casesOf("backend-stalls");
  const [one] = cases;
  assert(one);
  const params = bodyIoParams.parse({ stsDelayMs: 0, backendTimeoutMs: 1_500 });
  const { access } = await embedSwitched(
    { params, clock: realClock, scope, case: one },
    switched([], "bug"),
  );
  const { told: _, ...untold } = access;
  const short = { params: { ...SMALL, backendTimeoutMs: 300, thresholdMs: 300 } };
  assertEquals(said(await probe(cases, untold, short)).join().match(/ (pass|fail)/)?.[1], "pass");
  const failed = only(await probe(cases, { ...untold, told: ["backendTimeoutMs"] }, short));
  assertEquals(failed.verdict, "fail");
  assertMatch(failed.reason, /not answered for .*; --backend-timeout is to be what the target has/);
});

Deno.test("figures and a log that are another gateway's prove nothing", async () => {
  await using scope = new AsyncDisposableStack();
  const params = bodyIoParams.parse({ stsDelayMs: 0 });
  const [one] = casesOf("put-framing");
  assert(one);
  const context = { params, clock: realClock, scope, case: one };
  const own = await embedSwitched(context, switched([], "bug"));
  const other = await embedSwitched(context, switched([], "bug"));
  const { statsUrl, backendLogUrl } = other.access;
  assert(statsUrl && backendLogUrl);
  const cases = casesOf(
    ...["part-framing", "put-framing", "aws-chunked", "checksums", "client-leaves"],
    ...["backend-stalls", "flat-memory", "warm-burst"],
  );
  const runs = await probe(cases, { ...own.access, statsUrl, backendLogUrl }, {
    params: { ...SMALL, thresholdMs: 2_000 },
  });
  for (const { id, verdict, reason, unmet } of runs) {
    assertEquals([verdict, unmet], ["inconclusive", undefined], `${id}: ${reason}`);
    assertMatch(reason, /check that --(backend-log|stats-url) is of /);
  }
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
