// Readers that left use up a target's limit of waiting requests: `exhaustion`.

import { formatDuration } from "../../../lab/duration.ts";
import { InconclusiveError, UnmetError } from "../../../lab/errors.ts";
import { type Metrics, value } from "../../../lab/metrics.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { fail, inconclusive, type Judgement, pass } from "../../../lab/verdict.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { whyNotQueued } from "../release.ts";
import { type Answer, answerOf, sayAnswer } from "../answer.ts";
import { type Context, openClient, runPath } from "../clients.ts";
import { type Queue, queueReaders } from "../stage.ts";

/** What a newcomer got while the limit was reached, and after the readers had left. */
export interface Exhaustion {
  queue: Queue;
  readers: number;
  /** What another URL's first client got while everyone was still there. */
  before: Answer;
  /** What one got a threshold after the readers had left. */
  after: Answer;
}

async function fillAndLeave(context: Context): Promise<Exhaustion> {
  const { access, params, clock, signal, timeline } = context;
  const limit = access.waitingLimit ?? params.maxWaiting;
  if (limit < 2) throw new InconclusiveError("a limit of at least 2 is needed: --max-waiting");
  const readers = limit - 1;
  const path = runPath(context, "object", { fault: "hang" });
  const queued = await queueReaders(context, path, { count: readers });
  const before = await askNewcomer(context, "newcomer-1");
  if (served(before)) {
    throw new UnmetError(
      ["waiting-limit"],
      `the target took a newcomer while ${limit} requests waited: its limit is not ${limit} ` +
        "(--max-waiting)",
    );
  }
  for (const { connection, lane } of queued.readers) {
    timeline.add(lane, "closed", {}, connection.close());
  }
  await clock.sleep(params.thresholdMs, { signal });
  return { queue: queued.queue, readers, before, after: await askNewcomer(context, "newcomer-2") };
}

async function askNewcomer(context: Context, lane: string): Promise<Answer> {
  const { exchange } = await openClient(context, lane, runPath(context, lane, { sleepMs: 0 }));
  const deadlineMs = context.clock.now() + Math.max(context.params.thresholdMs, 500);
  return await answerOf(context, exchange, deadlineMs);
}

const served = (answer: Answer) => answer.kind === "answered" && answer.status < 400;

/** Judges whether readers that left gave their places back. */
export function judgeExhaustion(seen: Exhaustion, params: CacheLockParams): Judgement {
  const notQueued = whyNotQueued(seen.queue, seen.readers);
  if (notQueued) return inconclusive(notQueued);
  if (served(seen.before)) return inconclusive("the limit was not reached before the readers left");
  const when = `${formatDuration(params.thresholdMs)} after ${seen.readers} readers had left`;
  if (!served(seen.after)) {
    return fail(`a newcomer for another URL was not served ${when}: ${sayAnswer(seen.after)}`);
  }
  return seen.queue.originRequests === null
    ? inconclusive("a newcomer was served, but that the readers queued is not known (--origin)")
    : pass(`a newcomer for another URL was served ${when}`);
}

function exhaustionMetrics({ readers, queue, after }: Exhaustion): Metrics {
  return {
    readers: value(readers, "count"),
    ...(after.kind === "answered" && { newcomerStatus: value(after.status, "status") }),
    ...(queue.originRequests !== null && { originRequests: value(queue.originRequests, "count") }),
  };
}

/** Readers that left fill a limit. */
export const exhaustion: Case = defineCase(cacheLockParams, {
  id: "exhaustion",
  control: false,
  claim: "Readers that have left do not keep newcomers out.",
  meaning: "Clients that have left keep others out.",
  figure: "newcomerStatus",
  uses: ["collapsing"],
  provokes:
    "With a hanging origin, readers fill the target's limit of waiting requests and close; " +
    "then a newcomer asks for another URL.",
  rule:
    "pass: the newcomer is served a threshold after the readers left. fail: it is not. unmet: " +
    "a newcomer was served while the limit should have been reached.",
  source: "report: Pingora cache lock client disconnect, impact (resource exhaustion)",
  needs: ["waiting-limit"],
  defaults: { maxWaiting: 4 },
  provoke: fillAndLeave,
  judge: judgeExhaustion,
  metrics: exhaustionMetrics,
});
