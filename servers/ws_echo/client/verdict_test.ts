// Tests of the sentences: the verdict on a conversation, and how a connection ended.

import { assertEquals, assertMatch } from "@std/assert";
import { closingOf, duration, verdictOf } from "./verdict.js";

const NONE = { sent: 0, waiting: 0, answered: 0, lost: 0, cut: 0 };
const OPEN = {
  phase: "open" as "none" | "connecting" | "open" | "closed",
  counts: NONE,
  welcomed: true,
  reached: 1,
  host: undefined as { received: number; sent: number; autoResponses: number } | undefined,
};

Deno.test("verdictOf: each kind", () => {
  const cases: readonly [kind: string, more: Partial<typeof OPEN>][] = [
    ["idle", { phase: "none" }],
    ["waiting", { phase: "connecting" }],
    ["waiting", { welcomed: false }],
    ["open", {}],
    ["waiting", { counts: { ...NONE, sent: 2, waiting: 1, answered: 1 } }],
    ["answered", { counts: { ...NONE, sent: 2, answered: 2 } }],
    ["lost", { counts: { ...NONE, sent: 3, waiting: 1, answered: 1, lost: 1 } }],
    ["closed", { phase: "closed", counts: { ...NONE, sent: 1, cut: 1 } }],
    ["lost", { phase: "closed", counts: { ...NONE, sent: 1, lost: 1 } }],
  ];
  for (const [kind, more] of cases) {
    assertEquals([more, verdictOf({ ...OPEN, ...more }).kind], [more, kind]);
  }
});

Deno.test("verdictOf: where the answers were lost, as far as the host tells", () => {
  const counts = { ...NONE, sent: 4, lost: 4 };
  const text = (host: typeof OPEN.host, reached = 1) =>
    verdictOf({ ...OPEN, counts, host, reached }).text;
  assertMatch(
    text({ received: 4, sent: 5, autoResponses: 0 }),
    /1 of the 5 it sent reached you\.$/,
  );
  assertMatch(text({ received: 1, sent: 1, autoResponses: 0 }), /received 1 of them\.$/);
  assertMatch(text({ received: 4, sent: 1, autoResponses: 0 }), /sent no answer\.$/);
  // What the host answers itself is none of the object's answers.
  assertMatch(
    text({ received: 3, sent: 4, autoResponses: 1 }, 2),
    /1 of the 4 it sent reached you\.$/,
  );
  assertEquals(text(undefined), "None of your 4 messages was answered. The connection is open.");
});

Deno.test("closingOf: code and reason, and whether it had been open", () => {
  assertEquals(closingOf(4408, "no heartbeat", true), "Closed with code 4408: no heartbeat.");
  assertEquals(closingOf(4000, "", true), "Closed with code 4000.");
  assertMatch(closingOf(1006, "", false), /^Could not connect: closed with code 1006: /);
});

Deno.test("duration: whole milliseconds below a second", () => {
  assertEquals([0, 3.6, 999.4, 999.6, 61_250].map(duration), [
    "0 ms",
    "4 ms",
    "999 ms",
    "1.0 s",
    "61.3 s",
  ]);
});
