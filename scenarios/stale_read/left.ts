// How a read is answered once a client has left an unread one: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { distribution, type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import { type Abandoned, sayProof, whyNotAbandoned } from "./abandoned.ts";
import type { StaleReadParams } from "./params.ts";
import { findingOf, sayReading, type SecondReader, tookMs } from "./reading.ts";

/** How a client leaves: it closes, it resets, its process is killed. */
export type Way = "closed" | "reset" | "killed";

/** A read that was left, and the one that came after. Times are milliseconds of the run's clock. */
export interface Leaving {
  way: Way;
  abandoned: Abandoned;
  next: SecondReader;
}

/** What was seen of clients that left. */
export interface Left {
  leavings: readonly Leaving[];
  /**
   * Whether one more, left likewise and then gone on with, came to its end: that the target does not
   * cut what is left unread. Null where it was not tried, because each was shown to be open.
   */
  staysOpen: boolean | null;
  /** Why some ways were not tried, each in a clause. */
  leftOut: readonly string[];
}

const WAY_WORDS: Readonly<Record<Way, string>> = {
  closed: "the client had closed its connection",
  reset: "the client had reset its connection",
  killed: "the client's process was killed",
};

/** Judges whether each read that came after an abandoned one was over was answered at once. */
export function judgeLeft(
  { leavings, leftOut, staysOpen }: Left,
  params: StaleReadParams,
): Judgement {
  if (leavings.length === 0) return inconclusive("no client left");
  const threshold = `(threshold ${formatDuration(params.thresholdMs)})`;
  const found = leavings.map((leaving) => ({
    ...leaving,
    finding: findingOf(leaving.next, params.thresholdMs, params),
    doubt: whyNotLeft(leaving, staysOpen),
  }));
  const blocked = found.find(({ finding }) => finding === "blocked" || finding === "harmed");
  if (blocked) {
    return fail(
      `after ${WAY_WORDS[blocked.way]} in the middle of a body, the next read of the object ` +
        `${sayReading(blocked.next.first)} ${threshold}, while one of another object ` +
        sayReading(blocked.next.control),
    );
  }
  const corrupt = found.find(({ abandoned }) => abandoned.corrupt !== null)?.abandoned.corrupt;
  if (corrupt) return fail(`the abandoned read got bytes that no read may: ${corrupt}`);
  const unclear = found.find(({ finding }) => finding !== "quick");
  if (unclear) {
    return inconclusive(
      `after ${WAY_WORDS[unclear.way]} the next read ${
        sayReading(unclear.next.first)
      } ${threshold}; ` +
        `that the abandoned one is why is not known: a read of another object ` +
        sayReading(unclear.next.control),
    );
  }
  const doubtful = found.find(({ doubt }) => doubt !== undefined);
  if (doubtful?.doubt) return inconclusive(doubtful.doubt);
  const [first] = found;
  const slowestMs = Math.max(...found.map(({ next }) => tookMs(next.first)));
  const ways = sayWays(found.map(({ way }) => WAY_WORDS[way]));
  const untried = leftOut.length === 0 ? "" : `; not tried: ${leftOut.join("; ")}`;
  return pass(
    `a read was answered within ${formatDuration(slowestMs)} after ${ways} ${threshold}` +
      `${first ? sayProof(first.abandoned) : ""}${untried}`,
  );
}

function sayWays(ways: readonly string[]): string {
  const last = ways.at(-1) ?? "";
  return ways.length < 2 ? last : `${ways.slice(0, -1).join(", ")} and ${last}`;
}

function whyNotLeft(
  { abandoned, next }: Leaving,
  staysOpen: boolean | null,
): string | undefined {
  const { closedAtMs } = abandoned;
  if (closedAtMs === null || closedAtMs > next.first.sentAtMs) {
    return "the client had not left when the next read was sent";
  }
  const doubt = whyNotAbandoned(abandoned, closedAtMs);
  if (doubt || abandoned.shownOpen || staysOpen) return doubt;
  return "whether the target had not ended the read before its client left is not known: one more, " +
    "left likewise, could not be gone on with (--stats-url)";
}

/** The numbers of what was seen. */
export function leftMetrics({ leavings }: Left): Metrics {
  const nexts = leavings.map(({ next }) => next.first);
  const answered = nexts.filter((one) => one.kind === "answered");
  const waits = distribution(answered.map(tookMs), "ms");
  return {
    ...(waits && { firstByteMs: waits }),
    unanswered: value(nexts.length - answered.length, "count"),
    ways: value(leavings.length, "count"),
  };
}
