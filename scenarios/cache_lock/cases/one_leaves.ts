// One reader leaves, the others stay: `one-leaves`.

import { formatDuration } from "../../../lab/duration.ts";
import { InconclusiveError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { fail, inconclusive, type Judgement, pass } from "../../../lab/verdict.ts";
import {
  type Answers,
  answersMetrics,
  collectAnswers,
  lastCompletedAtMs,
  unanswered,
} from "../answers.ts";
import { type Context, runPath } from "../clients.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { whyNotQueued } from "../release.ts";
import { queueReaders } from "../stage.ts";

async function leaveAlone(context: Context): Promise<Answers> {
  const { params, clock, timeline } = context;
  const path = runPath(context, "object", { sleepMs: params.originDelayMs });
  const queued = await queueReaders(context, path);
  const [leaver, ...others] = queued.readers;
  if (leaver === undefined || others.length === 0) {
    throw new InconclusiveError("one reader to leave and one to stay are needed: --num-readers 2");
  }
  timeline.add(leaver.lane, "closed", {}, leaver.connection.close());
  const deadlineMs = clock.now() + 2 * params.originDelayMs + params.lockWaitTimeoutMs;
  return await collectAnswers(context, { ...queued, readers: others }, deadlineMs);
}

/** Judges whether writer and remaining readers were served as if nobody had left. */
export function judgeOneLeft(seen: Answers, params: CacheLockParams): Judgement {
  const notQueued = whyNotQueued(seen.queue, seen.readers.length + 1);
  if (notQueued) return inconclusive(notQueued);
  if (seen.origin === null || seen.queue.originRequests === null) {
    return inconclusive(
      "whether the readers waited for the writer's answer is not known (--origin)",
    );
  }
  const everyone = [seen.writer, ...seen.readers];
  const missing = unanswered(everyone, (status) => status === 200);
  if (missing) {
    return fail(`after one reader left, not everyone was served (writer first): ${missing}`);
  }
  const digests = new Set(everyone.map((one) => one.kind === "answered" && one.digest));
  if (digests.size > 1) {
    return fail(`after one reader left, the others got ${digests.size} versions of one URL`);
  }
  const writerAtMs = lastCompletedAtMs([seen.writer]) ?? 0;
  const tookMs = Math.max(0, (lastCompletedAtMs(seen.readers) ?? 0) - writerAtMs);
  const limitMs = params.originDelayMs + params.thresholdMs;
  if (tookMs > limitMs) {
    return fail(
      `after one reader left, the others were answered ${
        formatDuration(tookMs)
      } after the writer, ` +
        `expected within ${formatDuration(limitMs)}`,
    );
  }
  return seen.origin.length === 1
    ? pass(`${everyone.length} clients that stayed got the same bytes from 1 origin request`)
    : fail(`after one reader left, the origin saw ${seen.origin.length} requests, expected 1`);
}

/** One reader leaves. */
export const oneLeaves: Case = defineCase(cacheLockParams, {
  id: "one-leaves",
  control: true,
  claim:
    "A reader that leaves while it waits changes nothing for the writer and the other readers.",
  meaning:
    "A client that gives up disturbs others that wait for the same URL, or costs the origin " +
    "a request.",
  figure: "originRequests",
  uses: ["collapsing"],
  provokes: "Readers queue behind a writer, and one of them closes its connection.",
  rule: "pass: writer and remaining readers are answered 200 with the same bytes, the readers " +
    "within one origin delay and the threshold after the writer, and the origin saw one request. " +
    "fail: one was not, or the origin saw more.",
  source:
    "RFC 9111 §4 (a cache may collapse requests); Pingora 0.8, pingora-cache/src/lock.rs (a " +
    "reader's leaving does not touch the lock)",
  needs: [],
  provoke: leaveAlone,
  judge: judgeOneLeft,
  metrics: answersMetrics,
});
