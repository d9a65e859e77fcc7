// `stale-read` against stores of another kind: healthy ones, and some that are wrong in one thing.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { closedPort } from "./targets.ts";
import { against, REMOTE } from "./stale_read_runs.ts";

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

Deno.test("a store of another kind that is healthy passes the controls of what it is asked", async () => {
  for (const id of ["delete-many", "multipart-over", "unfinished-upload", "many-abandoned"]) {
    const { run, warnings, keys } = await against({}, id);
    assertEquals([run.verdict, warnings, keys], ["pass", [], []], run.reason);
  }
});

Deno.test("a store that puts the parts of a new object into a read of the old one fails", async () => {
  const { run } = await against({ mixes: true }, "multipart-over");
  assertEquals(run.verdict, "fail", run.reason);
  assertMatch(run.reason, /bytes of the new version/);
});

Deno.test("a store that deletes nothing of a batch while one object is read fails, and is told what", async () => {
  const { run, keys } = await against({ batchWaits: true }, "delete-many");
  assertEquals([run.verdict, keys], ["fail", []], run.reason);
  assertMatch(
    run.reason,
    /no answer for .*; none of free-1, object, free-2, free-3 was gone .*; a GET of free-1 meanwhile took/,
  );
  assert(run.metrics.neighbourMs);
});

Deno.test("a store that shows an upload before it is finished fails", async () => {
  const { run, keys } = await against({ showsUnfinished: true }, "unfinished-upload");
  assertEquals([run.verdict, keys], ["fail", []], run.reason);
  assertMatch(run.reason, /brought bytes of an upload that was never finished/);
});

Deno.test("a store whose workers are all held fails, and one that has enough does not", async () => {
  for (const [workers, verdict] of [[20, "fail"], [40, "pass"]] as const) {
    const { run, keys } = await against({ workers }, "many-abandoned");
    assertEquals([run.verdict, keys], [verdict, []], run.reason);
    if (workers < 32) assertMatch(run.reason, /20 GETs .* and 12 that were not answered/);
  }
});

Deno.test("a store that is busy with many reads for a while, and then is not, does not fail", async () => {
  const { run, keys } = await against({ workers: 20, findsRoomMs: 600 }, "many-abandoned");
  assertEquals([run.verdict, keys], ["pass", []], run.reason);
  assertMatch(run.reason, /beside 32 GETs that were left unread \(/);
});

Deno.test("a store that ends what is left unread lets nothing be told of many such reads", async () => {
  const { run } = await against({ cutsAfterBytes: 1 << 20 }, "many-abandoned");
  assertEquals(run.verdict, "inconclusive", run.reason);
});

Deno.test({
  name:
    "what cannot be seen from outside is proved by reading all of many such reads to their ends",
  permissions: REMOTE,
  async fn() {
    const healthy = await against({}, "many-abandoned");
    assertEquals(healthy.run.verdict, "pass", healthy.run.reason);
    const cut = await against({ cutsAfterBytes: 11 << 20 }, "many-abandoned");
    assertEquals(cut.run.verdict, "inconclusive", cut.run.reason);
    assertMatch(cut.run.reason, /it is not proved of 32 that the target/);
    const { run } = await against({}, "unfinished-upload");
    assertEquals(run.verdict, "pass", run.reason);
  },
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

Deno.test("a public URL that cannot be read lets nothing be told, and only it is to be checked", async () => {
  const publicUrl = new URL(`http://127.0.0.1:${closedPort()}`);
  const { run } = await against({}, "abandoned-get", { publicUrl });
  assertEquals(run.verdict, "inconclusive", run.reason);
  assertMatch(run.reason, /could not take part: the public URL: .* check --public-url$/);
  assertEquals(run.reason.match(/--target|AWS_/g), null, run.reason);
});

Deno.test("another region that cannot be reached is said once, with its own flag", async () => {
  const otherRegion = new URL(`http://127.0.0.1:${closedPort()}`);
  const { run, keys } = await against({}, "other-region", { otherRegion });
  assertEquals([run.verdict, keys], ["inconclusive", []], run.reason);
  assertEquals(run.reason.match(/Cannot connect/g)?.length, 1, run.reason);
  assertEquals(run.reason.match(/check --[a-z-]+/g), ["check --other-region-url"], run.reason);
});

Deno.test("a pace at which a busy machine looks like a held read lets nothing be told", async () => {
  // At the speed of these runs 40 ms.
  const { run, keys } = await against({}, "many-abandoned", {}, { thresholdMs: 800 });
  assertEquals([run.verdict, keys], ["inconclusive", []], run.reason);
  assertMatch(run.reason, /threshold of 40 ms cannot tell .* lower --speed/);
});
