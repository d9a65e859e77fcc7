// How an object is changed while one read of it is left unread: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import { sayFate } from "./abandoned.ts";
import type { StaleReadParams } from "./params.ts";
import { tookMs } from "./reading.ts";
import { judgeStale, sayLimit, type Stale, staleMetrics } from "./stale.ts";

/** What was seen of a change beside an abandoned read. */
export interface Changed extends Stale {
  /** What was done, as a verb: `overwritten`, `deleted`. */
  change: string;
  /** Whether a read afterwards found the change; null when it did not come out. */
  tookEffect: boolean | null;
  /** Whether bytes of the new version came on the abandoned read. */
  gotNewBytes: boolean;
}

/**
 * Judges whether the change was answered, and the abandoned read kept its old bytes or was cut. What
 * `judgeStale` says of the answer comes first; here a cut is as good as the rest of the bytes.
 */
export function judgeChanged(seen: Changed, params: StaleReadParams): Judgement {
  const { abandoned, change, tookEffect, gotNewBytes } = seen;
  const answered = judgeStale(seen, params);
  if (answered.verdict === "fail") return answered;
  if (gotNewBytes) {
    return fail(
      `the object was ${change} while a read of it was left unread, which then got bytes of the new ` +
        "version behind those of the old one",
    );
  }
  if (answered.verdict !== "pass") return answered;
  if (tookEffect !== true) {
    return inconclusive(
      `that the object was ${change} did not show: a read afterwards ` +
        (tookEffect === null ? "did not come out" : "still found the old one"),
    );
  }
  if (abandoned.rest === null || abandoned.rest.how === "open") {
    return inconclusive(
      `what the abandoned read delivers after the object was ${change} is not known${
        sayFate(abandoned)
      }`,
    );
  }
  const slowestMs = Math.max(...seen.readers.map(({ first }) => tookMs(first)));
  const kept = abandoned.rest.how === "complete"
    ? "kept its old bytes to the end"
    : `was cut after ${abandoned.rest.receivedBytes} of its old bytes`;
  return pass(
    `the object was ${change} within ${formatDuration(slowestMs)} while one GET of it was ` +
      `left unread ${sayLimit(seen, params)}; that one ${kept}`,
  );
}

/** The numbers of what was seen. */
export function changedMetrics(seen: Stale): Metrics {
  const { rest } = seen.abandoned;
  return {
    ...staleMetrics(seen),
    ...(rest && { restBytes: value(rest.receivedBytes, "bytes") }),
  };
}
