// A burst of messages and what was echoed of it, in which order: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import type { WsHibernationParams } from "./params.ts";
import { saySlept, type Sleep, sleepMetrics, whyNotSlept } from "./sleep.ts";
import { sayWhere, type Told } from "./told.ts";

/** What was seen of a burst. Times are milliseconds of the run's clock. */
export interface Order {
  /** When the first was sent. */
  sentAtMs: number;
  /** How many were sent, numbered from 1. */
  burst: number;
  /** The numbers that were echoed, in the order in which they came. */
  got: readonly number[];
  /** When the last echo came; null where none did. */
  lastAtMs: number | null;
  /** When the watch ended. */
  endedAtMs: number;
  /** Whether the connection ended before. */
  closed: boolean;
  /** What came meanwhile that is no echo of these, in words, each time. */
  strays: readonly string[];
  /** Whether the object slept before. */
  sleep: Sleep;
  /** How many messages were sent to the object. */
  sent: number;
  /** What the target's figures tell of it. */
  told: Told | null;
}

/** How many of a burst did not come, came more than once, and came before one that was sent earlier. */
export function countBurst({ burst, got }: Pick<Order, "burst" | "got">): {
  lost: number;
  repeated: number;
  inverted: number;
} {
  const distinct = new Set(got.filter((number) => number >= 1 && number <= burst));
  const firsts = [...new Set(got)];
  return {
    lost: burst - distinct.size,
    repeated: got.length - firsts.length,
    inverted:
      firsts.filter((number, index) => index > 0 && number < (firsts[index - 1] ?? 0)).length,
  };
}

/** Judges a burst: all come back, once each, in the order in which they were sent. */
export function judgeOrder(seen: Order, { thresholdMs }: WsHibernationParams): Judgement {
  const { burst, got, sentAtMs, lastAtMs, endedAtMs, closed, strays, sleep, sent, told } = seen;
  if (burst < 2) return inconclusive("fewer than two messages have no order");
  const { lost, repeated, inverted } = countBurst(seen);
  if (inverted > 0) {
    return fail(
      `the order was lost: ${inverted} of ${got.length} echoes came before one sent earlier`,
    );
  }
  if (repeated > 0) {
    return fail(`${repeated} of ${got.length} echoes were of a message echoed before`);
  }
  if (lost > 0 && closed) {
    return inconclusive(`the connection was closed when ${lost} of ${burst} echoes were missing`);
  }
  if (lost > 0 && strays.length > 0) {
    return inconclusive(
      `${lost} of ${burst} messages were not echoed, but something else came (${strays[0]}): the ` +
        "target does not speak the messages of the report",
    );
  }
  if (lost > 0) {
    return fail(
      `${lost} of ${burst} messages were not echoed within ${
        formatDuration(endedAtMs - sentAtMs)
      }, ` +
        `though the connection stayed open (threshold ${formatDuration(thresholdMs)})` +
        sayWhere(sent, told),
    );
  }
  const tookMs = Math.max(0, (lastAtMs ?? endedAtMs) - sentAtMs);
  if (tookMs > thresholdMs) {
    return inconclusive(
      `late, but not lost: the last of ${burst} echoes came after ${formatDuration(tookMs)} ` +
        `(threshold ${formatDuration(thresholdMs)})`,
    );
  }
  return whyNotSlept(sleep) ?? pass(
    `${burst} messages in a row were echoed in their order, once each, within ` +
      `${formatDuration(tookMs)}, ${saySlept(sleep)} (threshold ${formatDuration(thresholdMs)})`,
  );
}

/** The numbers of what was seen. */
export function orderMetrics(seen: Order): Metrics {
  const { lost, repeated, inverted } = countBurst(seen);
  const { burst, lastAtMs, sentAtMs, sleep, told } = seen;
  return {
    burst: value(burst, "count"),
    lost: value(lost, "count"),
    repeated: value(repeated, "count"),
    inverted: value(inverted, "count"),
    ...(lastAtMs !== null && { lastEchoMs: value(Math.max(0, lastAtMs - sentAtMs), "ms") }),
    ...sleepMetrics(sleep, told),
  };
}
