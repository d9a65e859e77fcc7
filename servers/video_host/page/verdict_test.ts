// Tests of the page's verdict: each kind from times alone, and its edges.

import { assertEquals, assertMatch } from "@std/assert";
import { seconds, verdictOf } from "./verdict.js";

const HELD = {
  nowMs: 20_000,
  startedMs: 1_000,
  frameMs: undefined as number | undefined,
  openedMs: 0 as number | undefined,
  closedMs: undefined as number | undefined,
  failure: undefined as string | undefined,
};

Deno.test("verdictOf: each kind", () => {
  const cases: readonly [kind: string, more: Partial<typeof HELD> & { doubtMs?: number }][] = [
    ["waiting", { nowMs: 2_999 }],
    ["held", { nowMs: 3_000 }],
    ["waiting", { closedMs: 19_000 }],
    ["slow", { closedMs: 18_000 }],
    ["slow", { openedMs: undefined }],
    ["served", { frameMs: 1_100 }],
    ["served", { frameMs: 1_100, closedMs: 1_101 }],
    ["released", { frameMs: 8_000, closedMs: 7_900 }],
    ["released", { frameMs: 8_000, closedMs: 8_020, doubtMs: 30 }],
    ["expired", { frameMs: 8_000, closedMs: 8_020, doubtMs: 10 }],
    ["expired", { frameMs: 8_000 }],
    ["plain", { frameMs: 1_100, closedMs: 999 }],
    ["plain", { frameMs: 8_000, openedMs: undefined }],
    ["failed", { failure: "no" }],
    ["failed", { frameMs: 1_100, failure: "no" }],
  ];
  for (const [kind, more] of cases) {
    assertEquals([more, verdictOf({ ...HELD, ...more }).kind], [more, kind]);
  }
  const nothing = { ...HELD, startedMs: undefined } as unknown as typeof HELD;
  assertEquals(verdictOf(nothing).kind, "idle");
});

Deno.test("verdictOf: while it waits its text stands still, and then it has the times", () => {
  assertEquals(verdictOf(HELD), verdictOf({ ...HELD, nowMs: 30_000 }));
  const { text } = verdictOf({ ...HELD, frameMs: 8_500, closedMs: 8_380 });
  assertMatch(text, /^First frame after 7\.5 s: 0\.12 s after the unread download was closed\.$/);
  assertMatch(verdictOf({ ...HELD, frameMs: 8_000, closedMs: 8_020, doubtMs: 30 }).text, /0\.00 s/);
});

Deno.test("seconds: two places below one second, else one", () => {
  assertEquals([0, 995, 1_000, 61_250].map(seconds), ["0.00 s", "0.99 s", "1.0 s", "61.3 s"]);
});
