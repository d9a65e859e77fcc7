// Tests of what selectors name.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { UsageError } from "./errors.ts";
import { type Case, defineCase, type Scenario } from "./scenario.ts";
import { resolve, select } from "./selection.ts";
import { pass } from "./verdict.ts";

const params = z.object({});

const madeCase = (id: string): Case =>
  defineCase(params, {
    id,
    control: false,
    claim: "",
    provokes: "",
    figure: "",
    meaning: "",
    rule: "",
    source: "",
    needs: [],
    provoke: () => Promise.resolve(null),
    judge: () => pass("it is well"),
    metrics: () => ({}),
  });

const scenario = (id: string, headline: string, cases: string[]): Scenario => ({
  id,
  title: "",
  summary: "",
  role: "caching-proxy",
  source: "",
  params,
  headline,
  cases: cases.map(madeCase),
  embed: () => Promise.reject(new Error("not started in these tests")),
  missing: () => Promise.resolve(undefined),
  limitMs: () => 1,
});

const SCENARIOS = [
  scenario("cache-lock", "disconnect", ["disconnect", "close", "hang"]),
  scenario("stale-read", "blocked", ["abandoned", "blocked"]),
];

const named = (selectors: string[], allCases = false) =>
  select(SCENARIOS, selectors, allCases)
    .map(({ scenario, case: one }) => `${scenario.id}/${one.id}`);

Deno.test("no selector stands for the headline of every scenario", () => {
  assertEquals(named([]), ["cache-lock/disconnect", "stale-read/blocked"]);
});

Deno.test("a scenario stands for its headline, with all cases for all of its own", () => {
  assertEquals(named(["stale-read"]), ["stale-read/blocked"]);
  assertEquals(named(["stale-read"], true), ["stale-read/abandoned", "stale-read/blocked"]);
});

Deno.test("a case stands for itself, also with all cases", () => {
  assertEquals(named(["cache-lock/hang"]), ["cache-lock/hang"]);
  assertEquals(named(["cache-lock/hang"], true), ["cache-lock/hang"]);
});

Deno.test("what is named twice is selected once, in the order of declaration", () => {
  assertEquals(named(["stale-read", "cache-lock/hang", "cache-lock", "cache-lock/disconnect"]), [
    "cache-lock/disconnect",
    "cache-lock/hang",
    "stale-read/blocked",
  ]);
});

Deno.test("a selector gives its scenario, and its case only where it names one", () => {
  const [cacheLock] = SCENARIOS;
  assertStrictEquals(resolve(SCENARIOS, "cache-lock").scenario, cacheLock);
  assertEquals("case" in resolve(SCENARIOS, "cache-lock"), false);
  assertEquals(resolve(SCENARIOS, "cache-lock/close").case?.id, "close");
});

Deno.test("an unknown scenario is refused with those there are and the nearest", () => {
  const error = assertThrows(() => named(["cash-lock"]), UsageError);
  assertEquals(
    error.message,
    "Unknown scenario 'cash-lock': expected cache-lock, stale-read; did you mean 'cache-lock'?",
  );
});

Deno.test("a case without its scenario is told apart", () => {
  const error = assertThrows(() => named(["close"]), UsageError);
  assertEquals(
    error.message,
    "Unknown scenario 'close': expected cache-lock, stale-read; did you mean 'cache-lock/close'?",
  );
});

Deno.test("an unknown case is refused with those of its scenario and the nearest", () => {
  const error = assertThrows(() => named(["cache-lock/clos"]), UsageError);
  assertEquals(
    error.message,
    "Unknown case 'cache-lock/clos': expected cache-lock/disconnect, cache-lock/close, " +
      "cache-lock/hang; did you mean 'cache-lock/close'?",
  );
});

Deno.test("a case is found under its whole name only", () => {
  for (const selector of ["cache-lock/", "cache-lock/close/", "cache-lock//close", "/close", ""]) {
    assertThrows(() => named([selector]), UsageError);
  }
});
