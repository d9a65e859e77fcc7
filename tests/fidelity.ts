// What a run of `cache-lock` says of a proxy beyond its verdict, so that a model can be held against
// the real thing: how often the origin was asked, and who was let go first, by what.

import type { Run } from "../lab/result.ts";
import type { TimelineEvent } from "../lab/timeline.ts";

/** What ends a reader's wait. */
export type LetGoBy =
  | "the writer's answer"
  | "its wait timeout"
  | "the age timeout"
  | "its own leaving"
  | "none of these";

/** What a model has to get right of one case. */
export interface Conduct {
  verdict: Run["verdict"];
  /** Requests at the origin at the end of the run; null where the case does not count them. */
  originRequests: number | null;
  /** What ended the first reader's wait. */
  firstLetGoBy: LetGoBy;
}

/** How a client leaves. */
const LEAVES = new Set(["fin-sent", "closed", "reset", "stream-cancelled"]);
/** What shows that a reader waits no more. */
const RELEASES = new Set([
  "server-closed",
  "server-reset",
  "socket-gone",
  "header-received",
  "first-header-received",
  "exchange-failed",
  "reader-let-go",
  "descriptor-closed",
]);

/** Reads a run's conduct off its result. */
export function conductOf(run: Run): Conduct {
  const count = run.metrics.originRequestsAfter ?? run.metrics.originRequests;
  return {
    verdict: run.verdict,
    originRequests: count && "value" in count ? count.value : null,
    firstLetGoBy: firstLetGoBy(run),
  };
}

function firstLetGoBy({ timeline, params }: Run): LetGoBy {
  const queuedAtMs = timeline.find(({ event }) => event === "readers-queued")?.atMs ?? 0;
  const later = timeline.filter(({ atMs }) => atMs >= queuedAtMs);
  const isReader = ({ lane }: TimelineEvent) => lane.startsWith("reader-");
  const letGo = later.find((one) =>
    RELEASES.has(one.event) && (isReader(one) || one.lane === "target") ||
    // The writer's own request came before the readers had queued: this is a reader's.
    one.lane === "origin" && one.event === "request-arrived"
  );
  if (letGo === undefined) return "none of these";
  const sentMs = (test: (one: TimelineEvent) => boolean) =>
    timeline.find((one) => test(one) && /^requests?-sent$/.test(one.event))?.atMs ?? NaN;
  const causes: [LetGoBy, number | undefined][] = [
    [
      "the writer's answer",
      later.find(({ lane, event }) => lane === "writer" && event.endsWith("header-received"))?.atMs,
    ],
    ["its wait timeout", sentMs(isReader) + Number(params.lockWaitTimeoutMs)],
    [
      "the age timeout",
      sentMs(({ lane }) => lane === "writer") + Number(params.lockAgeTimeoutMs),
    ],
    ["its own leaving", later.find((one) => isReader(one) && LEAVES.has(one.event))?.atMs],
  ];
  // Readers and writer are woken together: the times of two connections may be crossed.
  const crossedMs = Number(params.thresholdMs) / 4;
  const [cause] = causes
    .filter(([, atMs]) => atMs !== undefined && atMs <= letGo.atMs + crossedMs)
    .toSorted(([, a = 0], [, b = 0]) => b - a);
  return cause?.[0] ?? "none of these";
}

/** How a conduct differs from what is expected, in words; nothing when it does not. */
export function differences(expected: Conduct, seen: Conduct): string[] {
  return (Object.keys(expected) as (keyof Conduct)[]).filter((key) => expected[key] !== seen[key])
    .map((key) => `${key}: expected ${expected[key]}, seen ${seen[key]}`);
}
