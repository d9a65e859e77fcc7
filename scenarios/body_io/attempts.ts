// Requests' attempts as a judge sees them: which failed, of which operations, with what.

import { formatDuration } from "../../lab/duration.ts";
import type { SdkAttempt } from "../../probes/s3/sdk_attempts.ts";

/** How long an attempt took, in milliseconds. */
export function tookMs({ sentAtMs, endedAtMs }: SdkAttempt): number {
  return endedAtMs - sentAtMs;
}

/** Whether an attempt was answered as asked. */
export function isGood({ end, status, why }: SdkAttempt): boolean {
  return end === "answered" && status !== null && status < 300 && why === null;
}

/** Codes by which a store asks for fewer requests: not the fault that is looked for. */
const THROTTLED = ["SlowDown", "Throttling", "ThrottlingException", "TooManyRequests"];

/** Whether an attempt failed as the report's did: an answer of 500 or above, a stall, a broken connection. */
export function isFault(one: SdkAttempt): boolean {
  const { end, status } = one;
  return end !== "answered" || status !== null && status >= 500 && !isThrottled(one);
}

/** Whether an attempt was answered by asking for fewer of them. */
export function isThrottled({ end, status, why }: SdkAttempt): boolean {
  return end === "answered" && (status === 429 || THROTTLED.includes(why ?? ""));
}

/** How attempts ended, the most frequent first: `19 of 20 CreateMultipartUpload (500 InternalError)`. */
export function sayFaults(faults: readonly SdkAttempt[], all: readonly SdkAttempt[]): string {
  const groups = new Map<string, { operation: string; how: string; count: number }>();
  for (const fault of faults) {
    const { operation } = fault;
    const how = sayEnd(fault);
    const name = `${operation} ${how}`;
    const group = groups.get(name) ?? { operation, how, count: 0 };
    group.count++;
    groups.set(name, group);
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count || (a.how < b.how ? -1 : 1))
    .map(({ operation, how, count }) => {
      const asked = all.filter((one) => one.operation === operation).length;
      return `${count} of ${asked} ${operation} (${how})`;
    }).join(", ");
}

/** How one attempt ended: `500 InternalError`, `stalled`, `broken: ECONNRESET`. */
export function sayEnd({ end, status, why }: SdkAttempt): string {
  if (end === "stalled") return "stalled";
  if (end === "broken") return `broken: ${why ?? "no answer"}`;
  return [status ?? "no status", ...why === null ? [] : [why]].join(" ");
}

/** The longest of some, as a person reads it. */
export function sayLongest(attempts: readonly SdkAttempt[]): string {
  return formatDuration(Math.max(0, ...attempts.map(tookMs)));
}
