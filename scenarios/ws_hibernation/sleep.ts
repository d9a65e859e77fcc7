// Whether an object slept between two moments: by the instance that its messages name, or its figures.

import { formatDuration } from "../../lab/duration.ts";
import { type Metrics, value } from "../../lab/metrics.ts";
import { inconclusive, type Judgement } from "../../lab/verdict.ts";
import type { Told } from "./told.ts";

/** What was seen of an object's sleep. */
export interface Sleep {
  /** How long nobody sent it anything, in milliseconds. */
  idleMs: number;
  /** The instance that its messages named before, and after; null where none did. */
  before: string | null;
  /** See `before`. */
  after: string | null;
  /** How often its figures say that it was constructed again; null where they do not. */
  reconstructions: number | null;
}

/** What is to be seen of a sleep: `yes`, `no`, or `unknown`. */
export function sleptOf({ before, after, reconstructions }: Sleep): "yes" | "no" | "unknown" {
  if (before !== null && after !== null) return before === after ? "no" : "yes";
  if (reconstructions === null) return "unknown";
  return reconstructions > 0 ? "yes" : "no";
}

/** The verdict where it is not proved that the object slept; undefined where it is. */
export function whyNotSlept(sleep: Sleep): Judgement | undefined {
  const silence = formatDuration(sleep.idleMs);
  switch (sleptOf(sleep)) {
    case "yes":
      return undefined;
    case "no":
      return inconclusive(
        `it never slept: after ${silence} of silence the same instance was at work; a longer --idle ` +
          "may outlast the target's eviction, if it evicts at all",
      );
    case "unknown":
      return inconclusive(
        `whether it slept in ${silence} of silence cannot be seen: no instance is named before and ` +
          "after, and no figures tell of it (--stats-url)",
        ["figures"],
      );
  }
}

/** How a sleep is known, in words that end a sentence. */
export function saySlept({ before, after }: Sleep): string {
  return before !== null && after !== null
    ? "by a new instance"
    : "and by its figures the object was constructed anew";
}

/** The numbers of a sleep, and of what the figures tell. */
export function sleepMetrics(sleep: Sleep | null, told: Told | null): Metrics {
  return {
    ...(sleep && { idleMs: value(sleep.idleMs, "ms") }),
    ...(sleep && { slept: value(sleptOf(sleep) === "yes" ? 1 : 0, "count") }),
    ...counted("targetReceived", told?.received),
    ...counted("targetAnswered", told?.answered),
    ...counted("evictions", told?.evictions),
    ...counted("reconstructions", told?.reconstructions),
    ...counted("alarms", told?.alarms),
  };
}

function counted(name: string, count: number | null | undefined): Metrics {
  return count === null || count === undefined ? {} : { [name]: value(count, "count") };
}
