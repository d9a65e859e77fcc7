// The writer's client closes before the origin has answered: `writer-leaves-early`.

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
import { type Context, runPath } from "../clients.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { whyNotQueued } from "../release.ts";
import { queueReaders } from "../stage.ts";

/** What readers got after the writer's client had left before any answer. */
export interface WriterLeftEarly extends Answers {
  /** When the writer's client closed, in milliseconds of the run's clock. */
  leftAtMs: number;
}

async function leaveBeforeHeader(context: Context): Promise<WriterLeftEarly> {
  const { params, timeline } = context;
  const path = runPath(context, "object", { sleepMs: params.originDelayMs });
  const queued = await queueReaders(context, path);
  const leftAtMs = queued.writer.connection.close();
  timeline.add("writer", "closed", {}, leftAtMs);
  const deadlineMs = leftAtMs + 2 * params.originDelayMs + params.lockWaitTimeoutMs;
  return { ...await collectAnswers(context, queued, deadlineMs), leftAtMs };
}

/** Judges whether the readers got their answer without waiting for a lock timeout. */
export function judgeWriterLeftEarly(seen: WriterLeftEarly, params: CacheLockParams): Judgement {
  const notQueued = whyNotQueued(seen.queue, seen.readers.length);
  if (notQueued) return inconclusive(notQueued);
  if (seen.origin === null || seen.queue.originRequests === null) {
    return inconclusive(
      "whether the readers waited for the writer's answer is not known (--origin)",
    );
  }
  const missing = unanswered(seen.readers, (status) => status === 200);
  const asked = `; the origin saw ${sayRequests(seen.origin.length)}`;
  if (missing) {
    return fail(`the writer's client left, and a reader was not served: ${missing}${asked}`);
  }
  const tookMs = Math.max(0, (lastCompletedAtMs(seen.readers) ?? 0) - seen.leftAtMs);
  const limitMs = 2 * params.originDelayMs + params.thresholdMs;
  if (tookMs > limitMs) {
    return fail(
      `the last reader was answered ${formatDuration(tookMs)} after the writer's client left, ` +
        `expected within ${formatDuration(limitMs)}${asked}`,
    );
  }
  const fate = seen.origin[0]?.outcome === "aborted" ? "was ended" : "was let finish";
  return pass(
    `all ${seen.readers.length} readers were answered within ${formatDuration(tookMs)} of the ` +
      `writer's leaving; its request at the origin ${fate}${asked}`,
  );
}

const sayRequests = (count: number) => `${count} request${count === 1 ? "" : "s"}`;

/** The writer's client closes before the header. */
export const writerLeavesEarly: Case = defineCase(cacheLockParams, {
  id: "writer-leaves-early",
  control: true,
  claim:
    "A writer's client that leaves before the origin has answered does not leave the readers " +
    "waiting for longer than a second request to the origin takes.",
  meaning:
    "When the client that came first gives up on a slow URL, the others behind it wait for " +
    "a lock timeout or get an error.",
  figure: "answerMs",
  uses: ["collapsing"],
  provokes: "Readers queue behind a writer whose client closes while the origin has sent nothing.",
  rule: "pass: each reader is answered 200 within two origin delays and the threshold after the " +
    "writer's client left, whether its request at the origin was ended or not. fail: one is not.",
  source:
    "nginx manual, proxy_ignore_client_abort; Pingora 0.8, pingora-proxy/src/proxy_h1.rs (a " +
    "fill outlives its client)",
  needs: [],
  provoke: leaveBeforeHeader,
  judge: judgeWriterLeftEarly,
  metrics: answersMetrics,
});
