// How others are answered while one read is left unread: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { distribution, type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import {
  type Abandoned,
  cameByItself,
  sayFate,
  sayProof,
  whyNotAbandoned,
  whyNotOpen,
} from "./abandoned.ts";
import type { StaleReadParams } from "./params.ts";
import {
  findingOf,
  type Reading,
  sayClients,
  sayReading,
  type SecondReader,
  tookMs,
} from "./reading.ts";

/** What was seen of requests beside an abandoned read. Times are milliseconds of the run's clock. */
export interface Stale {
  abandoned: Abandoned;
  readers: readonly SecondReader[];
  /** What of each was waited for. */
  awaited: "first byte" | "last byte" | "answer";
  /** How long the same took before, of which thrice is allowed beside the threshold; 0 for nothing. */
  baselineMs: number;
  /** Why clients that were to take part did not, each in a clause. */
  leftOut: readonly string[];
  /** Why clients that the user asked for could not take part, each in a clause: no run passes so. */
  unusable: readonly string[];
}

/** How long each request may take, in milliseconds. */
export function limitOf({ baselineMs }: Stale, { thresholdMs }: StaleReadParams): number {
  return thresholdMs + 3 * baselineMs;
}

/** The same in words, in brackets. */
export function sayLimit(stale: Stale, params: StaleReadParams): string {
  const { baselineMs } = stale;
  return baselineMs > 0
    ? `(allowed ${formatDuration(limitOf(stale, params))}: before it took ${
      formatDuration(baselineMs)
    })`
    : `(threshold ${formatDuration(params.thresholdMs)})`;
}

/** When a request was over or, where it was not, last looked at. */
function endMs(reading: Reading): number {
  return reading.kind === "answered" ? reading.answeredAtMs : reading.atMs;
}

/**
 * Judges what came of requests beside an abandoned read. One that had to wait over its limit while
 * another object was answered is a `fail`, and so is one that got an error which went away with the
 * abandoned read; a `pass` also needs that this read was proved to be open, mid-body, until all others
 * were answered, and that every client took part that the user asked for. A late answer that came by
 * itself is no `fail`: a target that is busy for a moment does that as well.
 */
export function judgeStale(stale: Stale, params: StaleReadParams): Judgement {
  const judged = judgeReaders(stale, params);
  const [unusable] = stale.unusable;
  if (unusable === undefined) return judged;
  if (judged.verdict === "pass") {
    return inconclusive(`a client that was asked for could not take part: ${unusable}`);
  }
  return { ...judged, reason: `${judged.reason}; not taking part: ${unusable}` };
}

function judgeReaders(stale: Stale, params: StaleReadParams): Judgement {
  const { abandoned, readers, awaited } = stale;
  if (readers.length === 0) return inconclusive("there was no reader beside the abandoned one");
  const limitMs = limitOf(stale, params);
  const over = sayLimit(stale, params);
  const found = readers.map((reader) => ({
    reader,
    finding: findingOf(reader, limitMs, params),
  }));
  const of = (finding: string) =>
    found.filter((one) => one.finding === finding).map(({ reader }) => reader);

  const firstSentMs = Math.min(...readers.map(({ first }) => first.sentAtMs));
  const closed = whyNotOpen(abandoned, firstSentMs);
  if (closed) return inconclusive(closed);
  const late = of("blocked");
  const blocked = late.filter(({ first }) => !cameByItself(first, abandoned, params));
  if (blocked.length > 0) {
    return fail(
      `${sayWho(blocked, readers)}: no ${awaited} ${
        sayHowLong(blocked, abandoned)
      } while one GET was ` +
        `left unread ${over}${sayRelease(blocked, abandoned)}`,
    );
  }
  const [harmed] = of("harmed");
  if (harmed !== undefined) {
    return fail(
      `beside a GET that was left unread ${sayWho([harmed], readers)} ${
        sayReading(harmed.first)
      }; ` +
        "another object was read meanwhile, and this one when the unread GET was over",
    );
  }
  if (abandoned.corrupt !== null) {
    return fail(`the abandoned read got bytes that no read may: ${abandoned.corrupt}`);
  }
  const [broken] = of("broken");
  if (broken !== undefined) {
    return inconclusive(
      `${sayWho([broken], readers)} ${
        sayReading(broken.first)
      }; that the abandoned read is why is ` +
        `not known: a read of another object ${sayReading(broken.control)}, and the same again ` +
        `without the abandoned read ${sayReading(broken.again)}`,
    );
  }
  const [unprompted] = late;
  if (unprompted !== undefined) {
    return inconclusive(
      `${sayWho([unprompted], readers)} ${
        sayReading(unprompted.first)
      } ${over}, and was answered ` +
        "while the abandoned read was still open and before its lock timeout (--lock-timeout) " +
        "could have passed: the target is slow, or this machine is busy",
    );
  }
  const [slow] = of("slow");
  if (slow !== undefined) {
    return inconclusive(
      `the target is slow altogether, or does not answer: ${sayWho([slow], readers)} ` +
        `${sayReading(slow.first)}, and a read of another object ${
          sayReading(slow.control)
        } ${over}`,
    );
  }
  const lastMs = Math.max(...readers.map(({ first }) => endMs(first)));
  const doubt = whyNotAbandoned(abandoned, lastMs);
  if (doubt) return inconclusive(doubt);
  const slowestMs = Math.max(...readers.map(({ first }) => tookMs(first)));
  return pass(
    `${sayClients(readers)}: the ${awaited} came within ${
      formatDuration(slowestMs)
    } while one GET ` +
      `was left unread ${over}${sayFate(abandoned)}${sayProof(abandoned)}${sayLeftOut(stale)}`,
  );
}

function sayWho(some: readonly SecondReader[], all: readonly SecondReader[]): string {
  return some.length === all.length ? sayClients(some) : `${sayClients(some)} of ${all.length}`;
}

/** For how long none of them was answered while the read was left unread. */
function sayHowLong(blocked: readonly SecondReader[], { closedAtMs }: Abandoned): string {
  const heldMs = blocked.map(({ first }) =>
    Math.min(endMs(first), closedAtMs ?? Infinity) - first.sentAtMs
  );
  return `for ${formatDuration(Math.max(0, ...heldMs))}`;
}

function sayRelease(blocked: readonly SecondReader[], abandoned: Abandoned): string {
  const { closedAtMs, sentAtMs, endedAtMs } = abandoned;
  const ends = blocked.map(({ first }) => first);
  if (ends.some(({ kind }) => kind === "open")) {
    if (closedAtMs !== null && endedAtMs === null) {
      return "; nor did it come when that one was closed";
    }
    const watchedMs = Math.max(...ends.map(endMs)) - sentAtMs;
    return `; it had not come when the run stopped waiting, ${formatDuration(watchedMs)} after ` +
      "that one had begun (at this pace; a longer lock shows at --speed 1)";
  }
  const lastMs = Math.max(...ends.map(endMs));
  const failed = ends.some(({ kind }) => kind === "failed");
  const what = failed ? "it ended in an error" : "it came";
  if (endedAtMs !== null && ends.every((end) => endMs(end) >= endedAtMs)) {
    return `; ${what} ${formatDuration(lastMs - endedAtMs)} after the target had ended that one`;
  }
  if (closedAtMs !== null && ends.every((end) => endMs(end) >= closedAtMs)) {
    return `; ${formatDuration(lastMs - closedAtMs)} after that one was closed ${what}`;
  }
  return `; ${what} ${formatDuration(lastMs - sentAtMs)} after that one had begun, which was not ` +
    "closed meanwhile";
}

function sayLeftOut({ leftOut }: Stale): string {
  return leftOut.length === 0 ? "" : `; not taking part: ${leftOut.join("; ")}`;
}

/** The numbers of what was seen. */
export function staleMetrics(stale: Stale): Metrics {
  const { abandoned, readers } = stale;
  const firsts = readers.map(({ first }) => first);
  const answered = firsts.filter((one) => one.kind === "answered");
  const waits = distribution(answered.map(tookMs), "ms");
  const controls = readers.flatMap(({ control }) => control?.kind === "answered" ? [control] : []);
  const control = distribution(controls.map(tookMs), "ms");
  const { closedAtMs, midBody, receivedBytes, sentAtMs } = abandoned;
  const afterClose = distribution(
    answered.flatMap(({ answeredAtMs }) =>
      closedAtMs !== null && answeredAtMs >= closedAtMs ? [answeredAtMs - closedAtMs] : []
    ),
    "ms",
  );
  return {
    ...(waits && { firstByteMs: waits }),
    unanswered: value(firsts.length - answered.length, "count"),
    ...(afterClose && { afterCloseMs: afterClose }),
    ...(answered.length > 0 && {
      sinceAbandonedMs: value(
        Math.max(0, Math.max(...answered.map(endMs)) - sentAtMs),
        "ms",
      ),
    }),
    ...(control && { otherObjectMs: control }),
    abandonedBytes: value(receivedBytes, "bytes"),
    ...(midBody && { heldBackBytes: value(midBody.heldBackBytes, "bytes") }),
    ...countsOf(readers),
  };
}

/** How many of each client took part: `readersPlain`, `readersSdk`. */
function countsOf(readers: readonly SecondReader[]): Metrics {
  const counts: Metrics = {};
  for (const { via } of readers) {
    const name = `readers${via[0]?.toUpperCase()}${via.slice(1)}`;
    const before = counts[name];
    counts[name] = value((before && "value" in before ? before.value : 0) + 1, "count");
  }
  return counts;
}
