// How soon a target lets go of readers that have left: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { distribution, type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import type { CacheLockParams } from "./params.ts";
import type { Queue } from "./stage.ts";

/** One reader that left. Times are milliseconds of the run's clock. */
export interface Leave {
  leftAtMs: number;
  /** When the target was seen to have let go of it; null when it had not by the end of the watch. */
  releasedAtMs: number | null;
  /**
   * When it was last seen to be held, where the target is only looked at now and then: it was let go
   * between then and `releasedAtMs`.
   */
  heldAtMs?: number;
  /** The status it was answered with after it had left; null when there was no answer. */
  status: number | null;
}

/** What became of readers that left while they waited. */
export interface Release {
  queue: Queue;
  /** Requests that the origin had seen by the end of the watch; null where its log is not read. */
  originRequestsAfter: number | null;
  leaves: readonly Leave[];
  /** When the writer's answer began; null when it had not by the end of the watch. */
  writerAnsweredAtMs: number | null;
  watchedUntilMs: number;
  /** Whether the readers kept their reading side open, so that the target could still answer. */
  halfClosed: boolean;
  /** Where what was watched proves that a reader is held, but not that it is let go: why. */
  provesHoldsOnly?: Doubt;
  /** Why the writer will get no answer, where its exchange failed within the watch. */
  writerLost?: string;
  /** What else must hold for the target to be healthy; the sentence when it does not. */
  harm?: string;
}

/** Why a watch that saw nobody held proves nothing. */
export interface Doubt {
  /** The sentence of the verdict. */
  reason: string;
  /** The needs that are not there, where these are why. */
  unmet?: readonly string[];
}

/** How long each reader was held after it had left at most, as far as it was watched. */
function heldAtMostMs({ leaves, watchedUntilMs }: Release): number[] {
  return leaves.map(({ leftAtMs, releasedAtMs }) =>
    Math.max(0, (releasedAtMs ?? watchedUntilMs) - leftAtMs)
  );
}

/** How long each reader was certainly held after it had left. */
function heldAtLeastMs(release: Release): number[] {
  const most = heldAtMostMs(release);
  return release.leaves.map(({ leftAtMs, releasedAtMs, heldAtMs }, index) =>
    releasedAtMs === null || heldAtMs === undefined
      ? most[index] ?? 0
      : Math.min(most[index] ?? 0, Math.max(0, heldAtMs - leftAtMs))
  );
}

/**
 * Judges a release. A reader that was held over the threshold is a `fail`, unless it is known that it
 * did not queue, or nothing shows that the target answers at all; a `pass` also needs that the origin
 * was seen to serve the writer alone, and that no reader was let go merely because the writer had
 * its answer.
 */
export function judgeRelease(release: Release, params: CacheLockParams): Judgement {
  const { queue, leaves } = release;
  const notQueued = whyNotQueued(queue, leaves.length);
  if (notQueued) return inconclusive(notQueued);
  const held = heldAtMostMs(release);
  const over = heldAtLeastMs(release).filter((ms) => ms > params.thresholdMs);
  const limit = `(threshold ${formatDuration(params.thresholdMs)})`;
  const blind = queue.originRequests === null
    ? "; without a readable origin it is not proved that they queued for a lock (--origin)"
    : "";
  const untold = queue.originRequests === null && release.writerAnsweredAtMs === null;
  if (over.length > 0 && untold && !release.harm) {
    return inconclusive(
      "the target held the readers, but did not answer the writer either: whether it asked an " +
        "origin at all is not known (--origin)",
    );
  }
  if (over.length > 0 && !untold) {
    const how = `${over.length} of ${leaves.length} readers were held ` +
      `${atLeast(release)}${formatDuration(Math.max(...held))} after they disconnected`;
    return fail(`${how}${sayUntil(release)} ${limit}${sayHalfClosed(release)}${blind}`);
  }
  if (release.harm) return fail(release.harm);
  if (release.writerLost !== undefined) {
    return inconclusive(
      `the readers were let go, but so was the writer, which had not left: ${release.writerLost}`,
    );
  }
  const doubt = release.provesHoldsOnly;
  if (doubt) return inconclusive(doubt.reason, doubt.unmet);
  if (held.some((ms) => ms > params.thresholdMs)) {
    return inconclusive(
      `readers were let go within ${formatDuration(Math.max(...held))} ${limit}, but the target ` +
        "was not looked at often enough to say when: use a longer --threshold-ms",
    );
  }
  if (queue.originRequests === null) {
    return inconclusive(
      `all ${leaves.length} readers were let go within ${formatDuration(Math.max(...held))}, but ` +
        "it is not proved that they were waiting: name the origin with --origin",
    );
  }
  const { originRequestsAfter } = release;
  if (originRequestsAfter !== null && originRequestsAfter > queue.originRequests) {
    return inconclusive(
      `the readers did not queue: in the end the origin had ${originRequestsAfter} requests, so that ` +
        "their own were only late: use a longer --disconnect-delay-ms",
    );
  }
  const early = leaves.filter(({ leftAtMs, releasedAtMs }) =>
    releasedAtMs !== null && releasedAtMs < leftAtMs
  );
  if (early.length > 0) {
    return inconclusive(
      `${early.length} of ${leaves.length} readers were let go before they left: the target did ` +
        "not keep them waiting for as long as the disconnect delay",
    );
  }
  const { writerAnsweredAtMs } = release;
  const byWriter = leaves.filter((leave) =>
    writerAnsweredAtMs !== null && (leave.releasedAtMs ?? Infinity) >= writerAnsweredAtMs
  );
  if (byWriter.length > 0) {
    return inconclusive(
      `${byWriter.length} of ${leaves.length} readers were let go when the writer had its answer, ` +
        "within the threshold: use a longer --origin-delay or a shorter --threshold-ms",
    );
  }
  return pass(
    `all ${leaves.length} readers were let go within ${
      formatDuration(Math.max(...held))
    } of their ` +
      `disconnect ${limit}`,
  );
}

/** Why readers cannot be taken to have queued for the lock, or undefined when they can. */
export function whyNotQueued(queue: Queue, readers: number): string | undefined {
  if (readers === 0) return "there was no reader to queue";
  if (queue.originRequests !== null && queue.originRequests !== 1) {
    return `the readers did not queue: the origin had ${queue.originRequests} requests for one ` +
      `URL with ${readers} readers behind one writer; is the cache lock of the target on?`;
  }
  if (queue.writerAnswered || queue.answered > 0) {
    return "the readers did not queue: the target answered before they left; is the URL cached " +
      "already, or the origin faster than the disconnect delay?";
  }
  if (queue.waiting !== null && queue.waiting < readers) {
    return `the readers did not queue: by the target's figures ${queue.waiting} requests waited, ` +
      `expected ${readers}; does each of its processes count for itself?`;
  }
  return undefined;
}

function atLeast(release: Release): string {
  return release.leaves.some((leave) => leave.releasedAtMs === null) ? "at least " : "";
}

function sayUntil({ leaves, writerAnsweredAtMs, halfClosed }: Release): string {
  const released = leaves.map((leave) => leave.releasedAtMs);
  if (released.includes(null)) return "";
  const afterWriter = writerAnsweredAtMs !== null &&
    released.every((atMs) => atMs !== null && atMs >= writerAnsweredAtMs);
  if (afterWriter && !halfClosed) return ", until the writer had its answer";
  return afterWriter ? ", until the writer's answer" : "";
}

function sayHalfClosed({ halfClosed, leaves }: Release): string {
  const answered = leaves.filter((leave) => leave.status !== null && leave.status < 400).length;
  if (!halfClosed || answered === 0) return "";
  return `; the target then answered ${answered} of them, as a server that serves half-closed ` +
    "clients would: case 'close' decides";
}

/** The numbers of a release. */
export function releaseMetrics(release: Release): Metrics {
  const close = distribution(heldAtMostMs(release), "ms");
  const { originRequests, waiting } = release.queue;
  return {
    ...(close && { serverCloseMs: close }),
    stillHeld: value(release.leaves.filter((leave) => leave.releasedAtMs === null).length, "count"),
    ...(originRequests !== null && { originRequests: value(originRequests, "count") }),
    ...(release.originRequestsAfter !== null &&
      { originRequestsAfter: value(release.originRequestsAfter, "count") }),
    ...(waiting !== null && { waiting: value(waiting, "count") }),
  };
}
