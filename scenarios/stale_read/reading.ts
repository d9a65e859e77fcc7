// How a request beside an abandoned read came out, and what that says of the target.

import { formatDuration } from "../../lab/duration.ts";
import type { StaleReadParams } from "./params.ts";

/** How one request came out, as plain data. Times are milliseconds of the run's clock. */
export type Reading =
  /** What was waited for came: the first byte of the body, say. */
  | { kind: "answered"; sentAtMs: number; answeredAtMs: number }
  /** It was refused, broke off, or brought what is not the object's. */
  | { kind: "failed"; sentAtMs: number; atMs: number; message: string }
  /** Nothing yet when the watch ended. */
  | { kind: "open"; sentAtMs: number; atMs: number };

/** Which client made a request. */
export type Via = "plain" | "range" | "public" | "sdk" | "browser" | "otherRegion";

/** What is said of each client. */
export const VIA_WORDS: Readonly<Record<Via, string>> = {
  plain: "plain HTTP",
  range: "plain HTTP with a range",
  public: "the public URL",
  sdk: "the AWS SDK",
  browser: "a browser",
  otherRegion: "the other region",
};

/** One request beside an abandoned read, with what explains it when it is late. */
export interface SecondReader {
  /** Which client made it. */
  via: Via;
  /** How it came out. */
  first: Reading;
  /** A read of another object meanwhile, where the first was late or failed; null when not made. */
  control: Reading | null;
  /** The same request after the abandoned read was over, where the first failed; null when not made. */
  again: Reading | null;
}

/**
 * What a reader says of the target:
 * - `quick`: answered within its limit;
 * - `blocked`: not answered within its limit, while another object was;
 * - `harmed`: got an error, while another object was read, and none when the abandoned read was over;
 * - `slow`: late, and so was another object, or whether it was is not known;
 * - `broken`: got an error, and nothing shows that the abandoned read was why.
 */
export type Finding = "quick" | "blocked" | "harmed" | "slow" | "broken";

/** How long a request took, or has taken so far, in milliseconds. */
export function tookMs(reading: Reading): number {
  const endMs = reading.kind === "answered" ? reading.answeredAtMs : reading.atMs;
  return Math.max(0, endMs - reading.sentAtMs);
}

/** Whether a request was answered within its limit. */
export function isQuick(reading: Reading | null, limitMs: number): boolean {
  return reading?.kind === "answered" && tookMs(reading) <= limitMs;
}

/**
 * What a reader says of the target.
 *
 * @param limitMs How long it may take; the control has the threshold.
 */
export function findingOf(
  { first, control, again }: Omit<SecondReader, "via">,
  limitMs: number,
  { thresholdMs }: StaleReadParams,
): Finding {
  if (isQuick(first, limitMs)) return "quick";
  const others = isQuick(control, thresholdMs);
  // An error that comes late was waited for as much as an answer.
  if (first.kind === "failed" && tookMs(first) <= limitMs) {
    return others && again?.kind === "answered" ? "harmed" : "broken";
  }
  return tookMs(first) > limitMs && others ? "blocked" : "slow";
}

/** What came of a request in words, for a sentence that goes on with it. */
export function sayReading(reading: Reading | null): string {
  if (reading === null) return "was not tried";
  switch (reading.kind) {
    case "answered":
      return `took ${formatDuration(tookMs(reading))}`;
    case "failed":
      return `failed: ${reading.message}`;
    case "open":
      return `had nothing after ${formatDuration(tookMs(reading))}`;
  }
}

/** The clients that took part, in words: `plain HTTP and the AWS SDK`. */
export function sayClients(readers: readonly { via: Via }[]): string {
  const counts = new Map<Via, number>();
  for (const { via } of readers) counts.set(via, (counts.get(via) ?? 0) + 1);
  const words = [...counts].map(([via, count]) =>
    count === 1 ? VIA_WORDS[via] : `${count} × ${VIA_WORDS[via]}`
  );
  const last = words.pop() ?? "nobody";
  return words.length === 0 ? last : `${words.join(", ")} and ${last}`;
}
