// The origin resets, then answers 500, while readers wait: `origin-fails`.

import { formatDuration } from "../../../lab/duration.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { fail, inconclusive, type Judgement, pass } from "../../../lab/verdict.ts";
import {
  type Answers,
  answersMetrics,
  collectAnswers,
  lastCompletedAtMs,
  unanswered,
} from "../answers.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { whyNotQueued } from "../release.ts";
import { runPath } from "../clients.ts";
import { queueReaders } from "../stage.ts";

/** Judges whether all were answered in time, and one new writer at a time was sent. */
export function judgeOriginFails(seen: Answers, params: CacheLockParams): Judgement {
  const notQueued = whyNotQueued(seen.queue, seen.readers.length);
  if (notQueued) return inconclusive(notQueued);
  const missing = unanswered(seen.readers, () => true);
  if (missing) return fail(`with a failing origin a reader was never answered: ${missing}`);
  const startMs = Math.min(...seen.sentAtMs);
  const tookMs = Math.max(0, (lastCompletedAtMs(seen.readers) ?? startMs) - startMs);
  const limitMs = params.originDelayMs + params.thresholdMs;
  if (tookMs > limitMs) {
    return fail(
      `the last reader was answered after ${formatDuration(tookMs)}, expected within ` +
        formatDuration(limitMs),
    );
  }
  if (seen.origin === null) {
    return inconclusive("how many writers the origin saw at a time is not known (--origin)");
  }
  const [first, second, third] = seen.origin;
  if (first === undefined || first.outcome !== "fault") {
    return inconclusive("the origin's reset did not reach the target");
  }
  if (second === undefined) {
    // Handing everyone the failure costs no second request, and nobody waits.
    return pass(`all ${seen.readers.length} readers were answered in ${formatDuration(tookMs)}`);
  }
  if (second.arrivedAtMs < (first.endedAtMs ?? Infinity)) {
    return fail("a second writer was sent while the first was at work");
  }
  if (third && third.arrivedAtMs < (second.endedAtMs ?? Infinity)) {
    return fail("after the reset more than one new writer was sent at a time");
  }
  return pass(
    `all ${seen.readers.length} readers were answered in ${
      formatDuration(tookMs)
    }, after one new ` +
      "writer at a time",
  );
}

/** The origin fails. */
export const originFails: Case = defineCase(cacheLockParams, {
  id: "origin-fails",
  control: true,
  claim: "When the origin fails, one reader at a time takes the writer's place, and none is stuck.",
  meaning:
    "One failure of the origin becomes a burst of requests, or readers that are never answered.",
  figure: "answerMs",
  uses: ["collapsing"],
  provokes: "The origin resets the writer's request, answers the next with 500, others at once.",
  rule: "pass: every reader has an answer, of whatever status, within one origin delay and the " +
    "threshold, and until the 500 the origin never had two requests at a time. fail: otherwise.",
  source: "Pingora 0.8, pingora-cache/src/lock.rs (TransientError elects a new writer)",
  needs: [],
  async provoke(context) {
    const { params, clock } = context;
    // The reset comes when the readers have queued, the 500 takes a while so that an overlap shows.
    const resetAfterMs = params.originDelayMs / 2;
    const path = runPath(context, "object", {
      sleepMs: [resetAfterMs, params.originDelayMs / 8, 0],
      fault: "reset|none",
      status: [200, 500, 200],
      cacheControl: "max-age=60|no-store|max-age=60",
    });
    const settleMs = Math.min(params.disconnectDelayMs, resetAfterMs / 2);
    const queued = await queueReaders(context, path, { settleMs });
    const deadlineMs = clock.now() + 2 * params.originDelayMs + params.lockWaitTimeoutMs;
    return await collectAnswers(context, queued, deadlineMs);
  },
  judge: judgeOriginFails,
  metrics: answersMetrics,
});
