// The writer's client closes in the middle of the fill: `writer-leaves`.

import { formatDuration } from "../../../lab/duration.ts";
import { InconclusiveError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { fail, inconclusive, type Judgement, pass } from "../../../lab/verdict.ts";
import { until } from "../../../lab/until.ts";
import {
  type Answers,
  answersMetrics,
  collectAnswers,
  lastCompletedAtMs,
  unanswered,
} from "../answers.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { whyNotQueued } from "../release.ts";
import { type Context, runPath } from "../clients.ts";
import { queueReaders } from "../stage.ts";

/** How many pieces the body comes in, over half an origin delay. */
const CHUNKS = 5;

/** What readers got after the writer's client had left. */
export interface WriterLeft extends Answers {
  /** When the writer's client closed, in milliseconds of the run's clock. */
  leftAtMs: number;
  /** Whether it then had some of the body, and not all. */
  midFill: boolean;
}

async function leaveMidFill(context: Context): Promise<WriterLeft> {
  const { params, clock, timeline } = context;
  const path = runPath(context, "object", {
    sleepMs: params.originDelayMs,
    sizeBytes: 50_000,
    chunks: CHUNKS,
    paceMs: params.originDelayMs / 2 / CHUNKS,
  });
  const settleMs = Math.min(params.disconnectDelayMs, params.originDelayMs / 2);
  const queued = await queueReaders(context, path, { settleMs });
  const { writer } = queued;
  const begun = await until(
    context,
    writer.exchange.headers,
    clock.now() + 2 * params.originDelayMs,
  );
  if (begun === undefined) throw new InconclusiveError("the writer's answer never began");
  let complete = false;
  writer.exchange.body.then(() => complete = true, () => {});
  while (writer.exchange.received === 0 && !complete) await clock.sleep(1, context);
  const midFill = writer.exchange.received > 0 && !complete;
  const leftAtMs = writer.connection.close();
  timeline.add("writer", "closed", { received: writer.exchange.received }, leftAtMs);
  const deadlineMs = leftAtMs + params.lockWaitTimeoutMs;
  return { ...await collectAnswers(context, queued, deadlineMs), leftAtMs, midFill };
}

/** Judges whether the readers got their answer well before any lock timeout. */
export function judgeWriterLeft(seen: WriterLeft, params: CacheLockParams): Judgement {
  const notQueued = whyNotQueued(seen.queue, seen.readers.length);
  if (notQueued) return inconclusive(notQueued);
  const missing = unanswered(seen.readers, (status) => status === 200);
  if (missing) return fail(`after the writer's client left, a reader was not served: ${missing}`);
  const tookMs = Math.max(0, (lastCompletedAtMs(seen.readers) ?? 0) - seen.leftAtMs);
  const limitMs = 2 * params.originDelayMs + params.thresholdMs;
  if (tookMs > limitMs) {
    return fail(
      `the readers were answered ${formatDuration(tookMs)} after the writer's client left, ` +
        `expected within ${formatDuration(limitMs)}`,
    );
  }
  if (!seen.midFill) {
    return inconclusive("the writer's client did not leave in the middle of the fill");
  }
  if (seen.queue.originRequests === null) {
    return inconclusive("the readers were answered, but that they queued is not known (--origin)");
  }
  return pass(
    `all ${seen.readers.length} readers were answered within ${formatDuration(tookMs)} of the ` +
      "writer's leaving",
  );
}

/** The writer's client closes mid-fill. */
export const writerLeaves: Case = defineCase(cacheLockParams, {
  id: "writer-leaves",
  control: true,
  claim: "A writer's client that leaves in the middle of the fill does not hurt the readers.",
  meaning:
    "The client that came first decides for all others: when it leaves, they wait anew or go without.",
  figure: "answerMs",
  uses: ["collapsing"],
  provokes: "The origin sends its body in pieces; the writer's client closes after the first.",
  rule: "pass: each reader is answered 200 within two origin delays and the threshold, far from " +
    "any lock timeout. fail: one is not.",
  source: "Pingora 0.8, pingora-proxy/src/proxy_h1.rs (a fill outlives its client)",
  needs: [],
  provoke: leaveMidFill,
  judge: judgeWriterLeft,
  metrics: answersMetrics,
});
