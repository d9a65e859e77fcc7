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
  return runAll(specs, { concurrency: 6, signal, longestFirst: true });
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
    return differences(expected, conductOf(run)).map((line) =>
      `${run.id}: ${line} (${run.reason})`
    );
  });
}

Deno.test("fidelity: every case is either compared, or said to differ", () => {
  const compared = [...Object.keys(KNOWN), ...APART].toSorted();
  assertEquals(cacheLock.cases.map(({ id }) => id).toSorted(), compared);
});

Deno.test("fidelity: the bug variant does what is known of Pingora", async () => {
  assertEquals(deviations(await runsOf(embeddedTarget(cacheLock, "bug"))), []);
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
    const runs = await runsOf(engineTarget(pingora, found));
    assertEquals(deviations(runs), []);
    assertEquals(runs.map(({ target }) => target.version).at(0), "0.8.1");
  },
});

Deno.test("fidelity: a model that lets go of readers is told apart in every case about that", async () => {
  const discriminating = cacheLock.cases
    .filter(({ id, control }) => !control && id in KNOWN).map(({ id }) => id);
  const runs = await runsOf(embeddedTarget(cacheLock, "fix"), discriminating);
  for (const run of runs.filter(({ unmet }) => unmet === undefined)) {
    assertNotEquals(deviations([run]), [], run.id);
  }
});

Deno.test("fidelity: a model with other timeouts is told apart", async () => {
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
});
