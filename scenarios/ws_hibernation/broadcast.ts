// What one socket says to all with its tag: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { distribution, type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import type { WsHibernationParams } from "./params.ts";
import { saySlept, type Sleep, sleepMetrics, whyNotSlept } from "./sleep.ts";
import { sayWhere, type Told } from "./told.ts";

/** A socket, and what it heard of what was said. Times are milliseconds of the run's clock. */
export interface Listener {
  /** When it heard it, each time. */
  heardAtMs: readonly number[];
  /** Whether its connection ended before the watch did. */
  closed: boolean;
}

/** What was seen of a broadcast. */
export interface Broadcast {
  /** When it was sent. */
  sentAtMs: number;
  /** When the watch ended. */
  endedAtMs: number;
  /** Those with the tag, the one that spoke among them. */
  listeners: readonly Listener[];
  /** Those without it. */
  outsiders: readonly Listener[];
  /** Whether the object slept before. */
  sleep: Sleep;
  /** How many messages were sent to the object. */
  sent: number;
  /** What the target's figures tell of it. */
  told: Told | null;
}

/** Judges a broadcast: all with the tag hear it within the threshold, once, and nobody else does. */
export function judgeBroadcast(seen: Broadcast, { thresholdMs }: WsHibernationParams): Judgement {
  const { listeners, outsiders, sentAtMs, endedAtMs, sent, told } = seen;
  const all = listeners.length;
  if (all < 2 || outsiders.length === 0) {
    return inconclusive("expected two sockets with the tag and one without it at least");
  }
  const overheard = outsiders.filter(({ heardAtMs }) => heardAtMs.length > 0).length;
  if (overheard > 0) {
    return fail(`${overheard} of ${outsiders.length} sockets without the tag heard it as well`);
  }
  const twice = listeners.filter(({ heardAtMs }) => heardAtMs.length > 1).length;
  if (twice > 0) return fail(`${twice} of ${all} sockets heard it more than once`);
  const deaf = listeners.filter(({ heardAtMs, closed }) => heardAtMs.length === 0 && !closed);
  if (deaf.length > 0) {
    return fail(
      `${deaf.length} of ${all} sockets did not hear it within ` +
        `${formatDuration(endedAtMs - sentAtMs)}, though their connections stayed open ` +
        `(threshold ${formatDuration(thresholdMs)})${sayWhere(sent, told)}`,
    );
  }
  const closed = [...listeners, ...outsiders].filter((one) => one.closed).length;
  if (closed > 0) {
    return inconclusive(`${closed} of ${all + outsiders.length} connections were closed meanwhile`);
  }
  const longestMs = Math.max(...delaysOf(seen));
  if (longestMs > thresholdMs) {
    return inconclusive(
      `late, but not lost: the last of ${all} sockets heard it after ${
        formatDuration(longestMs)
      } ` +
        `(threshold ${formatDuration(thresholdMs)})`,
    );
  }
  return whyNotSlept(seen.sleep) ?? pass(
    `all ${all} sockets with the tag heard it once, within ${formatDuration(longestMs)}, ` +
      `${saySlept(seen.sleep)}, and ${outsiders.length} without it did not ` +
      `(threshold ${formatDuration(thresholdMs)})`,
  );
}

function delaysOf({ listeners, sentAtMs }: Broadcast): number[] {
  return listeners.flatMap(({ heardAtMs }) =>
    heardAtMs.slice(0, 1).map((atMs) => Math.max(0, atMs - sentAtMs))
  );
}

/** The numbers of what was seen. */
export function broadcastMetrics(seen: Broadcast): Metrics {
  const heardAfterMs = distribution(delaysOf(seen), "ms");
  const heard = seen.listeners.filter(({ heardAtMs }) => heardAtMs.length > 0).length;
  return {
    listeners: value(seen.listeners.length, "count"),
    deaf: value(seen.listeners.length - heard, "count"),
    ...(heardAfterMs && { heardAfterMs }),
    ...sleepMetrics(seen.sleep, seen.told),
  };
}
