// Requests in phases, with silence between: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import {
  answersOf,
  type Asked,
  askedMetrics,
  firstLate,
  firstWrong,
  sayClosed,
  sayLongest,
  sayWhat,
  tookMs,
} from "./asked.ts";
import type { WsHibernationParams } from "./params.ts";
import { saySlept, type Sleep, sleepMetrics, sleptOf, whyNotSlept } from "./sleep.ts";
import { sayWhere, type Told } from "./told.ts";

/** Requests that were made at one time. */
export interface Phase {
  /** How long nobody had sent anything before, in milliseconds; 0 right after the welcome. */
  silentMs: number;
  /** The requests. */
  asked: readonly Asked[];
}

/** What was seen of requests in phases. */
export interface Replies {
  /** In the order in which they were made. */
  phases: readonly Phase[];
  /** What came and belongs to none of them, in words, each time. */
  strays: readonly string[];
  /** Whether the object slept before the last of them; null where it is not meant to. */
  sleep: Sleep | null;
  /** How many messages were sent to the object in all. */
  sent: number;
  /** What the target's figures tell of it in the end. */
  told: Told | null;
}

/**
 * Judges requests in phases. One that was not answered though the connection was open is a `fail`,
 * whether or not the object slept, unless something else came that may be meant as the answer, or the
 * answer to another request took longer than was waited; a `pass` needs that all were answered within the threshold, and that
 * the object was another instance in the end than in the beginning where it is meant to sleep.
 */
export function judgeReplies(
  { phases, strays, sleep, sent, told }: Replies,
  params: WsHibernationParams,
): Judgement {
  const all = phases.flatMap(({ asked }) => asked);
  if (phases.length === 0 || phases.some(({ asked }) => asked.length === 0)) {
    return inconclusive("in one phase nothing was asked");
  }
  const lost = all.filter(({ kind }) => kind === "lost");
  if (lost.length > 0 && strays.length > 0) {
    return inconclusive(
      `${lost.length} of ${all.length} requests got no answer of the report's, but something else ` +
        `came (${strays[0]}): the target does not speak the messages of the report`,
    );
  }
  const slowest = Math.max(0, ...answersOf(all).map(tookMs));
  if (lost.length > 0 && lost.every((one) => tookMs(one) < slowest)) {
    return inconclusive(
      `late, and perhaps not lost: ${lost.length} of ${all.length} requests got no answer within ` +
        `${sayLongest(lost)}, but another was answered after ${formatDuration(slowest)} ` +
        `(threshold ${formatDuration(params.thresholdMs)}): the target or the way to it is slow`,
    );
  }
  if (lost.length > 0) {
    return fail(
      `${sayPhases(phases)}; the connection stayed open, and the longest wait was ` +
        `${sayLongest(lost)} (threshold ${formatDuration(params.thresholdMs)})` +
        `${saySleepOfLost(phases, sleep)}${sayWhere(sent, told)}`,
    );
  }
  const closed = all.find(({ kind }) => kind === "closed");
  if (closed) return inconclusive(sayClosed(closed));
  const wrong = firstWrong(all);
  if (wrong) return inconclusive(`${wrong}: the target does not speak the messages of the report`);
  const late = firstLate(all, params.thresholdMs);
  if (late) {
    return inconclusive(
      `late, but not lost: a ${late.what} was answered after ${formatDuration(tookMs(late))} ` +
        `(threshold ${formatDuration(params.thresholdMs)}): the target or the way to it is slow`,
    );
  }
  const doubt = sleep && whyNotSlept(sleep);
  if (doubt) return doubt;
  return pass(
    `${sayWhat(all)}: answered ${phases.map(sayAnswered).join(" and ")}` +
      `${sleep ? `, ${saySlept(sleep)}` : ""} (threshold ${formatDuration(params.thresholdMs)})`,
  );
}

/** When a phase was. */
function sayWhen({ silentMs }: Phase): string {
  return silentMs === 0
    ? "right after the welcome"
    : `after ${formatDuration(silentMs)} of silence`;
}

function sayAnswered(phase: Phase): string {
  return `within ${sayLongest(phase.asked)} ${sayWhen(phase)}`;
}

/** What came of each phase, told apart by "but" where they differ. */
function sayPhases(phases: readonly Phase[]): string {
  const alike = phases.every(isAnswered) || !phases.some(isAnswered);
  return phases.map(sayPhase).join(alike ? ", and " : ", but ");
}

const isAnswered = ({ asked }: Phase) => asked.every(({ kind }) => kind === "answered");

function sayPhase(phase: Phase): string {
  const { asked } = phase;
  const lost = asked.filter(({ kind }) => kind !== "answered");
  return lost.length === 0
    ? `${sayWhen(phase)} all ${asked.length} requests were answered`
    : `${sayWhen(phase)} ${lost.length} of ${asked.length} requests got no answer (${
      sayWhat(lost)
    })`;
}

/** What is known of an eviction where answers stopped coming after a silence. */
function saySleepOfLost(phases: readonly Phase[], sleep: Sleep | null): string {
  const last = phases.at(-1);
  if (sleep === null || last === undefined) return "";
  if (isAnswered(last)) return "";
  switch (sleptOf(sleep)) {
    case "yes":
      return "; the object had been evicted in the silence";
    case "no":
      return "; the object had not been evicted";
    case "unknown":
      return "; whether the object had been evicted cannot be seen";
  }
}

/** The numbers of what was seen. */
export function repliesMetrics({ phases, sleep, told }: Replies): Metrics {
  const all = phases.flatMap(({ asked }) => asked);
  return {
    asked: value(all.length, "count"),
    answered: value(answersOf(all).length, "count"),
    ...askedMetrics(all),
    ...sleepMetrics(sleep, told),
  };
}
