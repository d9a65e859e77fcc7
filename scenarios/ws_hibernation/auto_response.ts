// Whether the runtime answers in an object's place without waking it: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import { type Asked, askedMetrics, tookMs } from "./asked.ts";
import type { WsHibernationParams } from "./params.ts";
import { type Sleep, sleepMetrics, whyNotSlept } from "./sleep.ts";
import type { Told } from "./told.ts";

/** What was seen of an auto-response. */
export interface AutoResponse {
  /** The request that the runtime answers, after a silence. */
  auto: Asked;
  /** How long nothing was sent after its answer, in milliseconds. */
  pauseMs: number;
  /** What the figures told at the end of that pause. */
  told: Told | null;
  /** A request that only the object can answer, right after. */
  ping: Asked;
  /** How old the instance was that answered it, in milliseconds; null where the answer does not say. */
  ageMs: number | null;
  /** Whether another instance answered it than the one before the silence. */
  sleep: Sleep;
}

/**
 * Judges an auto-response: it comes within the threshold, and the object slept on, as the age of the
 * instance tells that was woken afterwards, or the figures.
 */
export function judgeAutoResponse(
  seen: AutoResponse,
  { thresholdMs }: WsHibernationParams,
): Judgement {
  const { auto } = seen;
  const took = formatDuration(tookMs(auto));
  if (auto.kind === "closed") {
    return inconclusive(`the connection was closed ${took} after it was asked`);
  }
  if (auto.kind === "lost") {
    return fail(`no auto-response came for ${took}, though the connection stayed open`);
  }
  if (tookMs(auto) > thresholdMs) {
    return inconclusive(
      `late, but not lost: the auto-response came after ${took} ` +
        `(threshold ${formatDuration(thresholdMs)})`,
    );
  }
  return judgeSleep(seen, took);
}

function judgeSleep(
  { auto, pauseMs, told, ping, ageMs, sleep }: AutoResponse,
  took: string,
): Judgement {
  const silence = formatDuration(sleep.idleMs);
  const after = `after ${silence} of silence an auto-response came within ${took}`;
  const { alarms = null, evictions = null, reconstructions = null } = told ?? {};
  if (evictions === 0 && reconstructions !== null) {
    return whyNotSlept({ ...sleep, before: null, reconstructions: 0 }) ?? notSeen;
  }
  if (evictions !== null && reconstructions === 0) {
    return pass(`${after}, and by its figures the object slept on`);
  }
  // Each alarm may have woken it once: only the age tells these from a wake by the auto-response.
  if (evictions !== null && reconstructions !== null && reconstructions > (alarms ?? 0)) {
    return fail(`${after}, but by its figures the object was constructed anew for it`);
  }
  if (ping.kind === "closed") {
    return inconclusive("the connection was closed after the auto-response");
  }
  if (ping.kind === "lost") return told?.reconstructions ? notTold(after) : notSeen;
  if (ping.wrong !== null) return inconclusive(ping.wrong);
  const doubt = whyNotSlept(sleep);
  if (doubt) return doubt;
  if (ageMs === null) return notSeen;
  if (ageMs > ping.answeredAtMs - auto.sentAtMs) {
    return inconclusive(
      `${after}, but the object was awake already, ${formatDuration(ageMs)} old in the end: ` +
        "something else had woken it, such as its alarm (a shorter --idle, or a longer cleanup " +
        "interval of the target)",
    );
  }
  return ageMs < pauseMs
    ? pass(
      `${after}, and the object slept on: a ping ${
        formatDuration(pauseMs)
      } later was answered by an ` +
        `instance that was ${formatDuration(ageMs)} old`,
    )
    : fail(
      `${after}, but the object was woken by it: a ping ${
        formatDuration(pauseMs)
      } later was answered ` +
        `by an instance that was ${formatDuration(ageMs)} old`,
    );
}

const notTold = (after: string): Judgement =>
  inconclusive(
    `${after}, but the object was constructed anew, and by its figures that may have been for its alarm ` +
      "(a shorter --idle, or a longer cleanup interval of the target)",
  );

const notSeen: Judgement = inconclusive(
  "an auto-response came, but whether the object slept on cannot be seen: neither an answer nor " +
    "figures tell of it (--stats-url)",
  ["figures"],
);

/** The numbers of what was seen. */
export const autoResponseMetrics = ({ auto, ping, ageMs, sleep, told }: AutoResponse): Metrics => ({
  ...askedMetrics([auto, ping]),
  ...(auto.kind === "answered" && { autoResponseMs: value(tookMs(auto), "ms") }),
  ...(ageMs !== null && { instanceAgeMs: value(ageMs, "ms") }),
  ...sleepMetrics(sleep, told),
});
