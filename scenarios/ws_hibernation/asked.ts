// What became of a request, as plain data, and what that says.

import { formatDuration } from "../../lab/duration.ts";
import { distribution, type Metrics, value } from "../../lab/metrics.ts";

/** One request. Times are milliseconds of the run's clock. */
export type Asked =
  /** It was answered, soon or late. */
  | {
    kind: "answered";
    what: string;
    sentAtMs: number;
    answeredAtMs: number;
    /** Why the answer is not the one that belongs to the request; null when it is. */
    wrong: string | null;
  }
  /** It was not, though the connection was open to the end of the wait. */
  | { kind: "lost"; what: string; sentAtMs: number; atMs: number }
  /** The connection ended before; `how` says with which code, where that is known. */
  | { kind: "closed"; what: string; sentAtMs: number; atMs: number; how?: string };

/** A request that was answered. */
export type Answered = Extract<Asked, { kind: "answered" }>;

/** How long a request took, or was waited for, in milliseconds. */
export function tookMs(asked: Asked): number {
  const endMs = asked.kind === "answered" ? asked.answeredAtMs : asked.atMs;
  return Math.max(0, endMs - asked.sentAtMs);
}

/** The requests of some that were answered. */
export function answersOf(asked: readonly Asked[]): Answered[] {
  return asked.filter((one) => one.kind === "answered");
}

/** How a connection was closed: `code 4408, reason 'no heartbeat'`. */
export function sayClose({ code, reason }: { code: number; reason: string }): string {
  return `code ${code}${reason === "" ? "" : `, reason '${reason.replaceAll(/\s+/g, " ")}'`}`;
}

/** Why a request could not be answered, whose connection was closed before. */
export function sayClosed(asked: Asked): string {
  const how = asked.kind === "closed" && asked.how !== undefined ? ` (${asked.how})` : "";
  const tookFor = tookMs(asked);
  return tookFor === 0
    ? `the connection was closed before a ${asked.what} was sent${how}: no answer could come`
    : `the connection was closed ${
      formatDuration(tookFor)
    } after a ${asked.what} was sent${how}, ` +
      "before it was answered: no answer could come";
}

/** The longest of them, in words; `what` says which. */
export function sayLongest(asked: readonly Asked[]): string {
  return formatDuration(Math.max(0, ...asked.map(tookMs)));
}

/** What was asked, in words: `ping, heartbeat and message`. */
export function sayWhat(asked: readonly Asked[]): string {
  const words = [...new Set(asked.map(({ what }) => what))];
  const last = words.pop() ?? "nothing";
  return words.length === 0 ? last : `${words.join(", ")} and ${last}`;
}

/** The first of some requests that was answered, but not as it should be; undefined for none. */
export function firstWrong(asked: readonly Asked[]): string | undefined {
  return answersOf(asked).find(({ wrong }) => wrong !== null)?.wrong ?? undefined;
}

/** The first of some requests that was answered over the threshold; undefined for none. */
export function firstLate(asked: readonly Asked[], thresholdMs: number): Answered | undefined {
  return answersOf(asked).find((one) => tookMs(one) > thresholdMs);
}

/** The numbers of requests. */
export function askedMetrics(asked: readonly Asked[]): Metrics {
  const answers = answersOf(asked);
  const roundTripMs = distribution(answers.map(tookMs), "ms");
  return {
    unanswered: value(asked.length - answers.length, "count"),
    ...(roundTripMs && { roundTripMs }),
  };
}
