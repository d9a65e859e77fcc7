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
  /** What could not be read back in the end, in words. */
  unread: readonly string[];
  /** What to do where the target did not notice anything. */
  advice: string;
  /** The parameter that says for how long the target waits for what is down. */
  patience: string;
}

/**
 * Judges by each answer: while something is down it has to be S3's own error, in time; afterwards a
 * success.
 */
export function judgeRecovery({ phases, changed, unread, advice, patience }: Recovery): Judgement {
  if (!phases.some(({ expected, asked }) => expected === "error" && asked.length > 0)) {
    return judgeChecks([]);
  }
  return judgeChecks([
    ...phases.map((phase) => checkPhase(phase, { advice, patience })),
    ...changed.map((what) => wrong(what)),
    ...unread.map((what) => unclear(what)),
  ]);
}

function checkPhase(
  { when, expected, asked }: Phase,
  { advice, patience }: Pick<Recovery, "advice" | "patience">,
): Check {
  if (asked.length === 0) return unclear(`nothing was asked ${when}`);
  const checks = asked.map((one) => expected === "error" ? checkError(one) : checkSuccess(one));
  const of = (result: Check["result"]) =>
    checks.filter((one) => one.result === result).map(({ said }) => said).toSorted().join(", ");
  const faults = of("wrong");
  if (faults !== "") {
    const isWaiting = expected === "error" && asked.some(({ end }) => end === "stalled");
    const own = isWaiting ? `; ${patience} is to be what the target has` : "";
    return wrong(`${when} ${faults}${own}`);
  }
  const doubts = of("unclear");
  if (doubts !== "") {
    const next = expected === "error" ? advice : "see 'put-framing' and 'part-framing'";
    return unclear(`${when} ${doubts}: ${next}`);
  }
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
  if (isGood(one)) return well(one.operation);
  const failed = `${one.operation} failed (${sayEnd(one)})`;
  // What is not implemented fails however well all is behind the target.
  return one.status === 501 ? unclear(failed) : wrong(failed);
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
