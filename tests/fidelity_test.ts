// The model against Pingora, case by case, and both against what is known of Pingora.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { findEngine } from "../engines/find.ts";
import { pingora } from "../engines/pingora.ts";
import { engineTarget } from "../engines/target.ts";
import type { Run } from "../lab/result.ts";
import { runAll } from "../lab/runner.ts";
import { runSpecs } from "../lab/run_spec.ts";
import { embeddedTarget, type TargetSource } from "../lab/target.ts";
import { cacheLock } from "../scenarios/cache_lock/scenario.ts";
import { type Conduct, conductOf, differences, type LetGoBy } from "./fidelity.ts";
import { sideBySide } from "./side_by_side.ts";

/** The pace: Pingora rounds its timers up to ticks of 10 ms, and thresholds stay far above that. */
const SPEED = 10;

/**
 * What Pingora 0.8 does, from its source, the report and what was measured of it: the verdict, the
 * requests at the origin, and what ends the first reader's wait. A case that is not here has no
 * counterpart there, or differs on purpose: docs/fidelity.md says why.
 */
const KNOWN: Readonly<Record<string, readonly [Run["verdict"], number | null, LetGoBy]>> = {
  "disconnect": ["fail", 1, "the writer's answer"],
  "close": ["fail", 1, "the writer's answer"],
  "reset": ["fail", 1, "the writer's answer"],
  "h2-cancel": ["fail", 1, "the writer's answer"],
  "many": ["fail", 1, "the writer's answer"],
  "keep-alive": ["fail", 1, "the writer's answer"],
  // Each held reader asks the origin for a client that has left.
  "hang": ["fail", 4, "its wait timeout"],
  "expired": ["fail", 1, "the writer's answer"],
  "navigate": ["fail", 1, "the writer's answer"],
  "collapse": ["pass", 1, "the writer's answer"],
  "writer-leaves": ["pass", 1, "the writer's answer"],
  "writer-leaves-early": ["pass", 1, "none of these"],
  "one-leaves": ["pass", 1, "the writer's answer"],
  "origin-fails": ["pass", 4, "the writer's answer"],
  "uncacheable": ["pass", 4, "the writer's answer"],
  "uncacheable-many": ["pass", 17, "the writer's answer"],
  "revalidate": ["pass", 1, "the writer's answer"],
  "wait-timeout": ["pass", 4, "its wait timeout"],
  "age-timeout": ["pass", 2, "the age timeout"],
  "all-leave": ["pass", 1, "none of these"],
  "slow-reader": ["pass", 1, "the writer's answer"],
  "trickle": ["pass", 1, "the writer's answer"],
  "stale-leave": ["pass", 1, "none of these"],
  "vary-miss": ["pass", 2, "the writer's answer"],
  "range": ["pass", 1, "the writer's answer"],
  "head": ["pass", 1, "the writer's answer"],
  "conditional": ["pass", 1, "the writer's answer"],
};

/** Cases in which model and Pingora are not held together. */
const APART = ["exhaustion", "pipelined", "pipelined-writer"];

const known = (id: string): Conduct | undefined => {
  const row = KNOWN[id];
  return row && { verdict: row[0], originRequests: row[1], firstLetGoBy: row[2] };
};

/** Runs all compared cases, or those named, against a target. */
function runsOf(target: TargetSource, only = Object.keys(KNOWN)): Promise<Run[]> {
  const specs = runSpecs(cacheLock, cacheLock.id, target, { speed: SPEED, allCases: true })
    .filter((spec) => only.includes(spec.case.id));
  const signal = new AbortController().signal;
  return runAll(specs, { concurrency: 8, signal, longestFirst: true });
}

/**
 * What a run did. Our model gives the request of an absent client up as soon as it has made it, so that
 * none to all three of them come to an origin that hangs; Pingora sends each.
 */
function comparable(run: Run, expected: Conduct): Conduct {
  const conduct = conductOf(run);
  const seen = conduct.originRequests ?? 0;
  const isLess = run.variant !== null && run.case === "hang" && seen >= 1 &&
    seen <= (expected.originRequests ?? 0);
  return isLess ? { ...conduct, originRequests: expected.originRequests } : conduct;
}

/** Where runs differ from what is known, a line each. */
function deviations(runs: readonly Run[]): string[] {
  return runs.flatMap((run) => {
    if (run.unmet?.includes("browser")) {
      console.warn(`NOT TESTED: ${run.id}: ${run.reason}`);
      return [];
    }
    const expected = known(run.case);
    assert(expected, run.case);
    return differences(expected, comparable(run, expected)).map((line) =>
      `${run.id}: ${line} (${run.reason})`
    );
  });
}

/**
 * Where a target differs from what is known. A request may come to the origin just after a run has
 * looked, so that a case which differs is run again by itself: what differs is what does so twice.
 */
async function lastingDeviations(target: TargetSource): Promise<string[]> {
  const differing = (await runsOf(target)).filter((run) => deviations([run]).length > 0);
  if (differing.length === 0) return [];
  return deviations(await runsOf(target, differing.map((run) => run.case)));
}

Deno.test("fidelity: every case is either compared, or said to differ", () => {
  const compared = [...Object.keys(KNOWN), ...APART].toSorted();
  assertEquals(cacheLock.cases.map(({ id }) => id).toSorted(), compared);
});

Deno.test("fidelity: the bug variant does what is known of Pingora", async () => {
  assertEquals(await lastingDeviations(embeddedTarget(cacheLock, "bug")), []);
});

const found = await findEngine(pingora);
if (found === undefined) {
  console.warn(`NOT TESTED: Pingora is not installed (${pingora.install}), tests/fidelity_test.ts`);
}

Deno.test({
  name: found
    ? "fidelity: Pingora does what is known of it, as the bug variant does"
    : "NOT TESTED, Pingora is not installed: the bug variant against Pingora",
  ignore: found === undefined,
  async fn() {
    assert(found);
    assertEquals(found.version, "0.8.1");
    assertEquals(await lastingDeviations(engineTarget(pingora, found)), []);
  },
});

async function letsGoIsTold(): Promise<void> {
  const discriminating = cacheLock.cases
    .filter(({ id, control }) => !control && id in KNOWN).map(({ id }) => id);
  const runs = await runsOf(embeddedTarget(cacheLock, "fix"), discriminating);
  for (const run of runs.filter(({ unmet }) => unmet === undefined)) {
    assertNotEquals(deviations([run]), [], run.id);
  }
}

async function otherTimeoutsAreTold(): Promise<void> {
  const honest = embeddedTarget(cacheLock, "bug");
  const skewed: TargetSource = {
    ...honest,
    open({ params, ...context }) {
      const { lockAgeTimeoutMs, lockWaitTimeoutMs, ...others } = params;
      const swapped = { lockAgeTimeoutMs: lockWaitTimeoutMs, lockWaitTimeoutMs: lockAgeTimeoutMs };
      return honest.open({ ...context, params: { ...others, ...swapped } as typeof params });
    },
  };
  const runs = await runsOf(skewed, ["wait-timeout", "age-timeout"]);
  assertEquals(runs.length, 2);
  for (const run of runs) assertNotEquals(deviations([run]), [], run.id);
}

// Whatever else runs, these differ by seconds: they need not wait for each other.
Deno.test("fidelity: a model that is another is told apart", (t) =>
  sideBySide(t, 2, [
    { name: "that lets go of readers, in every case about that", fn: letsGoIsTold },
    { name: "that has other timeouts", fn: otherTimeoutsAreTold },
  ]));
