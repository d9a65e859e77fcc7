// Whether an object's alarm runs while it sleeps, and whom it closes: the observations and their judges.

import { formatDuration } from "../../lab/duration.ts";
import { type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import { type Asked, askedMetrics, sayClose } from "./asked.ts";
import type { WsHibernationParams } from "./params.ts";
import type { Told } from "./told.ts";

/** What was seen of an alarm that was due in the silence. */
export interface AlarmWake {
  /** How long everyone had been silent, in milliseconds: longer than the alarm's time. */
  silentMs: number;
  /** The instance before; null where none was named. */
  before: string | null;
  /** What the figures told before anybody said anything again. */
  told: Told | null;
  /** The last question for the object's status, after that. */
  asked: Asked;
  /** How often the alarm has run, by its answer; null without one. */
  alarms: number | null;
  /** The instance in which it last ran, by the answer; null where it did not, or nothing tells. */
  alarmInstance: string | null;
}

/** Judges an alarm: it ran, in a new instance, by the object's status or, where that is lost, the figures. */
export function judgeAlarmWake(seen: AlarmWake): Judgement {
  const { asked, alarms, alarmInstance, before, told } = seen;
  const silence = `${formatDuration(seen.silentMs)} of silence`;
  const none = fail(`no alarm ran in ${silence}, though one was due (--cleanup-interval)`);
  if (asked.kind === "closed") {
    return inconclusive("the connection was closed before its answer came");
  }
  if (asked.kind === "answered") {
    if (asked.wrong !== null) return inconclusive(asked.wrong);
    if (alarms === null) return inconclusive("the status does not tell of alarms");
    if (alarms === 0 || alarmInstance === null) return none;
    if (before === null) {
      return inconclusive("no instance is named: whether it slept cannot be seen");
    }
    if (alarmInstance === before) {
      return inconclusive(
        `it never slept: the alarm ran in the same instance in ${silence}; it must be due later than ` +
          "the target's eviction (--cleanup-interval)",
      );
    }
    return pass(`in ${silence} the alarm ran (${alarms} in all), in an instance that it had woken`);
  }
  const { alarms: toldAlarms = null, reconstructions = null } = told ?? {};
  if (toldAlarms === null || reconstructions === null) {
    return inconclusive(
      "the status that would show it was lost, and no figures tell of alarms and evictions (--stats-url)",
      ["figures"],
    );
  }
  if (toldAlarms === 0) return none;
  if (reconstructions === 0) {
    return inconclusive(`it never slept: the alarm ran in ${silence} all the same`);
  }
  return pass(
    `by its figures the alarm ran in ${silence} (${toldAlarms} in all), for which the object was ` +
      "constructed anew",
  );
}

/** The numbers of what was seen. */
export const alarmWakeMetrics = ({ asked, alarms, told, silentMs }: AlarmWake): Metrics => {
  const count = alarms ?? told?.alarms ?? null;
  return {
    ...askedMetrics([asked]),
    silentMs: value(silentMs, "ms"),
    ...(count !== null && { alarms: value(count, "count") }),
  };
};

/** How a connection ended. */
export interface Ended {
  /** The close code; 1006 when there was no close frame. */
  code: number;
  /** The reason, as sent. */
  reason: string;
  /** How long after the welcome, in milliseconds. */
  afterMs: number;
}

/** What was seen of a client that is silent beside one that is not. */
export interface Stale {
  /** How the silent one's connection ended; null where it did not. */
  silent: Ended | null;
  /** The same of the live one's. */
  live: Ended | null;
  /** How many heartbeats that one sent. */
  heartbeats: number;
  /** The target's heartbeat timeout, in milliseconds. */
  timeoutMs: number;
  /** How often the target looks for silent clients, in milliseconds. */
  cleanupMs: number;
  /** How long it was waited for the silent one's end, in milliseconds. */
  waitedMs: number;
}

/** Who closes with these goes or restarts, and closes everybody (RFC 6455 7.4.1, IANA's registry). */
const GOING: ReadonlySet<number> = new Set([1001, 1012]);

/** Stands for a connection that ended without a close frame, and for a frame without a code. */
const WITHOUT_FRAME = 1006;
const WITHOUT_CODE = 1005;

/** Judges who is closed: the silent client with a code and a reason, not before its time; not the live one. */
export function judgeStale(seen: Stale, { thresholdMs }: WsHibernationParams): Judgement {
  const { silent, live, heartbeats, timeoutMs, cleanupMs, waitedMs } = seen;
  if (heartbeats === 0) return inconclusive("no heartbeat was sent: both clients were silent");
  if (live?.code === WITHOUT_FRAME || silent?.code === WITHOUT_FRAME) {
    return inconclusive("a connection broke without a close frame: nobody closed it");
  }
  const going = [live, silent].find((end) => end && GOING.has(end.code));
  if (going) {
    return inconclusive(`the target closed a connection because it went (${sayClose(going)})`);
  }
  if (live !== null) {
    return fail(
      `the live client was closed after ${formatDuration(live.afterMs)} (${
        sayClose(live)
      }), though it ` +
        `had sent ${heartbeats} heartbeats`,
    );
  }
  if (silent === null) {
    return fail(
      `the silent client was not closed for ${formatDuration(waitedMs)} ` +
        `(heartbeat timeout ${formatDuration(timeoutMs)})`,
    );
  }
  if (silent.afterMs < timeoutMs - thresholdMs) {
    return fail(
      `the silent client was closed after ${formatDuration(silent.afterMs)} already (${
        sayClose(silent)
      }; heartbeat timeout ${formatDuration(timeoutMs)})`,
    );
  }
  if (silent.code === WITHOUT_CODE || silent.reason === "") {
    return fail(
      `the silent client was closed without ${
        silent.code === WITHOUT_CODE ? "a code" : `a reason (code ${silent.code})`
      }: it cannot know why`,
    );
  }
  if (silent.afterMs > timeoutMs + cleanupMs + thresholdMs) {
    return inconclusive(
      `late, but not for ever: the silent client was closed after ${
        formatDuration(silent.afterMs)
      } (heartbeat timeout ${formatDuration(timeoutMs)}, looked at every ` +
        `${formatDuration(cleanupMs)}, threshold ${formatDuration(thresholdMs)})`,
    );
  }
  return pass(
    `the silent client was closed after ${formatDuration(silent.afterMs)} (${
      sayClose(silent)
    }); the ` +
      `live one, which had sent ${heartbeats} heartbeats, was not`,
  );
}

/** The numbers of what was seen. */
export const staleMetrics = ({ silent, live, heartbeats }: Stale): Metrics => ({
  heartbeats: value(heartbeats, "count"),
  ...(silent && { closedAfterMs: value(silent.afterMs, "ms") }),
  ...(silent && { closeCode: value(silent.code, "code") }),
  liveClosed: value(live === null ? 0 : 1, "count"),
});
