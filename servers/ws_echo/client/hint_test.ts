// Tests of the hint: what keeps the object awake, and how long until it is evicted.

import { assertEquals, assertMatch } from "@std/assert";
import { hintOf } from "./hint.js";

Deno.test("hintOf: what comes first, the eviction or a heartbeat", () => {
  const seen = {
    open: true,
    tells: true,
    plain: false,
    state: "idle" as string | undefined,
    evictsInMs: 30_000 as number | undefined,
    nextBeatInMs: 20_000 as number | undefined,
    paused: false,
    quietMs: 10_000,
    staleAfterMs: 60_000 as number | undefined,
  };
  const text = (more: Partial<typeof seen>) => hintOf({ ...seen, ...more }).text;
  assertMatch(text({}), /^Evicted in 30 s\. The next heartbeat, in 20 s, comes first: press/);
  assertEquals(text({ evictsInMs: 10_000 }), "Evicted in 10 s.");
  assertMatch(text({ paused: true, nextBeatInMs: undefined }), /paused.*heartbeat for 60 s\.$/);
  assertMatch(text({ state: "hibernated", evictsInMs: undefined }), /^Asleep\./);
  assertMatch(text({ evictsInMs: undefined }), /^Busy/);
  assertMatch(text({ plain: true }), /cannot hibernate/);
  assertMatch(text({ tells: false, evictsInMs: undefined }), /^Quiet for 10 s\. .* comes first/);
  assertEquals(text({ open: false }), "Connect first.");
  assertEquals(hintOf(seen).share, 0.25);
});
