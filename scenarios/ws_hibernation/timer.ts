// Whether a pending timer keeps an object in memory, and whether that is said: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import type { Metrics } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import { type Asked, askedMetrics } from "./asked.ts";
import { type Sleep, sleepMetrics, sleptOf, whyNotSlept } from "./sleep.ts";
import type { Told } from "./told.ts";

/** What was seen of an object. */
export interface Kept {
  /** What it was asked after the silence. */
  asked: Asked;
  /** Whether it slept. */
  sleep: Sleep;
  /** What the target's figures tell of it. */
  told: Told | null;
}

/** What was seen of an object with a timer, and of one without. */
export interface Timer {
  /** The answer to the request for a timer. */
  hold: Asked;
  /** The one with the timer. */
  held: Kept;
  /** The one without, silent for as long. */
  free: Kept;
}

/** Judges a timer: the object that has one is not evicted in a time in which the other one is. */
export function judgeTimer({ hold, held, free }: Timer): Judgement {
  if ([hold, held.asked, free.asked].some(({ kind }) => kind === "closed")) {
    return inconclusive("a connection was closed meanwhile");
  }
  const blockers = held.told?.blockers ?? null;
  // Where its answer was lost, only the figures tell whether there is a timer at all.
  const heldIt = hold.kind === "answered" && hold.wrong === null;
  if (!heldIt && (held.told?.received ?? 0) === 0) {
    return inconclusive(
      "the answer to the request for a timer was lost, and no figures tell whether it arrived " +
        "(--stats-url)",
      ["figures"],
    );
  }
  const doubt = whyNotSlept(free.sleep);
  if (doubt) return { ...doubt, reason: `the object without a timer: ${doubt.reason}` };
  const silence = `${formatDuration(held.sleep.idleMs)} of silence`;
  switch (sleptOf(held.sleep)) {
    case "yes":
      return fail(
        `an object with a pending interval was evicted all the same in ${silence}, interval and all`,
      );
    case "unknown":
      return inconclusive(
        "whether the object with a timer was evicted cannot be seen: no answer and no figures tell " +
          "of it (--stats-url)",
        ["figures"],
      );
    case "no":
      break;
  }
  if (blockers?.length === 0) {
    return fail(
      `an object with a pending interval was not evicted in ${silence}, and its figures name nothing ` +
        "that keeps it in memory",
    );
  }
  return pass(
    `in ${silence} an object with a pending interval was not evicted, while one without was` +
      (blockers === null ? "" : `; the figures say why: ${blockers.join(", ")}`),
  );
}

/** The numbers of what was seen. */
export const timerMetrics = ({ hold, held, free }: Timer): Metrics => {
  const { slept } = sleepMetrics(held.sleep, null);
  return {
    ...askedMetrics([hold, held.asked, free.asked]),
    ...sleepMetrics(free.sleep, free.told),
    ...(slept && { heldSlept: slept }),
  };
};
