// Whether errors are S3's while something behind the target is down, and all is well when it is back.

import { type Metrics, value } from "../../lab/metrics.ts";
import type { Judgement } from "../../lab/verdict.ts";
import { isGood, sayEnd, sayLongest, tookMs } from "./attempts.ts";
import { type Check, judgeChecks, unclear, well, wrong } from "./checks.ts";
import type { Asked } from "./raw.ts";

/** Requests that were made at one time. */
export interface Phase {
  /** When, in words that follow a comma: `while the backend stood still`. */
  when: string;
  /** What is to come of them. */
  expected: "error" | "success";
  /** The requests. */
  asked: readonly Asked[];
}

/** What was seen. */
export interface Recovery {
  /** In the order in which they were. */
  phases: readonly Phase[];
  /** What was read back in the end and is not what was written, in words. */
  changed: readonly string[];
  /** What to do where the target did not notice anything. */
  advice: string;
}

/**
 * Judges by each answer: while something is down it has to be S3's own error, in time; afterwards a
 * success.
 */
export function judgeRecovery({ phases, changed, advice }: Recovery): Judgement {
  if (!phases.some(({ expected, asked }) => expected === "error" && asked.length > 0)) {
    return judgeChecks([]);
  }
  return judgeChecks([
    ...phases.map((phase) => checkPhase(phase, advice)),
    ...changed.map((what) => wrong(what)),
  ]);
}

function checkPhase({ when, expected, asked }: Phase, advice: string): Check {
  if (asked.length === 0) return unclear(`nothing was asked ${when}`);
  const checks = asked.map((one) => expected === "error" ? checkError(one) : checkSuccess(one));
  const of = (result: Check["result"]) =>
    checks.filter((one) => one.result === result).map(({ said }) => said).toSorted().join(", ");
  const faults = of("wrong");
  if (faults !== "") return wrong(`${when} ${faults}`);
  const doubts = of("unclear");
  if (doubts !== "") return unclear(`${when} ${doubts}: ${advice}`);
  const what = expected === "error" ? "errors were S3's" : "requests succeeded";
  return well(`${when} all ${asked.length} ${what}, the last after ${sayLongest(asked)}`);
}

function checkError(one: Asked): Check {
  const { operation, end, status, isS3 } = one;
  if (end === "stalled") return wrong(`${operation} was not answered for ${sayLongest([one])}`);
  if (end === "broken" || status === null) return wrong(`${operation} ended ${sayEnd(one)}`);
  if (isGood(one)) return unclear(`${operation} succeeded`);
  if (status < 500) return unclear(`${operation} was refused (${sayEnd(one)})`);
  return isS3
    ? well(`${operation} failed (${sayEnd(one)})`)
    : wrong(`${operation} was answered with ${status}, and not as S3 answers`);
}

function checkSuccess(one: Asked): Check {
  return isGood(one) ? well(one.operation) : wrong(`${one.operation} failed (${sayEnd(one)})`);
}

/** The numbers of what was seen. */
export function recoveryMetrics({ phases }: Recovery): Metrics {
  const of = (expected: Phase["expected"]) =>
    phases.filter((one) => one.expected === expected).flatMap(({ asked }) => asked);
  const errors = of("error");
  return {
    asked: value(phases.reduce((sum, { asked }) => sum + asked.length, 0), "count"),
    unanswered: value(errors.filter(({ end }) => end !== "answered").length, "count"),
    longestErrorMs: value(Math.max(0, ...errors.map(tookMs)), "ms"),
    recovered: value(of("success").filter(isGood).length, "count"),
  };
}
