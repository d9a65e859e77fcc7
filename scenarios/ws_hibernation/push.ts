// What an object sends by itself while everyone sleeps: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import type { WsHibernationParams } from "./params.ts";
import { saySlept, type Sleep, sleepMetrics, whyNotSlept } from "./sleep.ts";
import { sayWhere, type Told } from "./told.ts";

/** What was seen of a message that was due at a time. Times are milliseconds of the run's clock. */
export interface Push {
  /** When it was due. */
  dueAtMs: number;
  /** When it came to each socket; null where it had not by the end, though that was open. */
  heardAtMs: readonly (number | null)[];
  /** When the watch ended. */
  endedAtMs: number;
  /** How many connections ended before it came; these sockets are not among `heardAtMs`. */
  closed: number;
  /** Whether the object slept until then. */
  sleep: Sleep;
  /** How many messages were sent to the object. */
  sent: number;
  /** What the target's figures tell of it. */
  told: Told | null;
}

/** Judges a push: it comes to every socket within the threshold after it was due, from a new instance. */
export function judgePush(seen: Push, { thresholdMs }: WsHibernationParams): Judgement {
  const { heardAtMs, dueAtMs, endedAtMs, closed, sleep, sent, told } = seen;
  const deaf = heardAtMs.filter((atMs) => atMs === null).length;
  if (deaf > 0) {
    return fail(
      `${deaf} of ${heardAtMs.length} sockets had not got what the object was to send when its alarm ` +
        `was due, ${formatDuration(Math.max(0, endedAtMs - dueAtMs))} after that, though the ` +
        `connection stayed open (threshold ${formatDuration(thresholdMs)})${sayAlarm(sent, told)}`,
    );
  }
  if (closed > 0) return inconclusive("a connection was closed before the message came");
  if (heardAtMs.length === 0) return inconclusive("there was no socket that could hear it");
  const lateMs = Math.max(0, ...delaysOf(seen));
  if (lateMs > thresholdMs) {
    return inconclusive(
      `late, but not lost: it came ${formatDuration(lateMs)} after it was due ` +
        `(threshold ${formatDuration(thresholdMs)})`,
    );
  }
  return whyNotSlept(sleep) ?? pass(
    `what the object was to send came to ${heardAtMs.length} sockets within ` +
      `${formatDuration(lateMs)} after it was due, ${saySlept(sleep)} ` +
      `(threshold ${formatDuration(thresholdMs)})`,
  );
}

function sayAlarm(sent: number, told: Told | null): string {
  const { alarms = null, received = null } = told ?? {};
  if (alarms === null || (received !== null && received < sent)) return sayWhere(sent, told);
  return alarms === 0
    ? "; by its figures no alarm of it has run"
    : "; by its figures its alarm has run, so that what it sent was lost on its way";
}

function delaysOf({ heardAtMs, dueAtMs }: Push): number[] {
  return heardAtMs.flatMap((atMs) => atMs === null ? [] : [Math.max(0, atMs - dueAtMs)]);
}

/** The numbers of what was seen. */
export function pushMetrics(seen: Push): Metrics {
  const delays = delaysOf(seen);
  return {
    sockets: value(seen.heardAtMs.length, "count"),
    deaf: value(seen.heardAtMs.length - delays.length, "count"),
    ...(delays.length > 0 && { afterDueMs: value(Math.max(...delays), "ms") }),
    ...sleepMetrics(seen.sleep, seen.told),
  };
}
