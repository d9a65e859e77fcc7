// The answer turns out not to be cacheable: `uncacheable`.

import { formatDuration } from "../../../lab/duration.ts";
import { type Case, type CaseInfo, defineCase } from "../../../lab/scenario.ts";
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
import { type Context, runPath } from "../clients.ts";
import { queueReaders } from "../stage.ts";

/** Judges whether the readers went on side by side, not one after the other. */
export function judgeUncacheable(seen: Answers, params: CacheLockParams): Judgement {
  const notQueued = whyNotQueued(seen.queue, seen.readers.length);
  if (notQueued) return inconclusive(notQueued);
  const missing = unanswered(seen.readers, (status) => status === 200);
  if (missing) return fail(`a reader of an uncacheable answer was not served: ${missing}`);
  if (seen.writer.kind !== "answered") return inconclusive("the writer was not answered");
  if (seen.queue.originRequests === null) {
    return inconclusive("that the readers queued is not known (--origin)");
  }
  const tookMs = Math.max(0, (lastCompletedAtMs(seen.readers) ?? 0) - seen.writer.completedAtMs);
  const limitMs = params.originDelayMs + params.thresholdMs;
  const delays = `${formatDuration(tookMs)} after the writer (one origin delay is ` +
    `${formatDuration(params.originDelayMs)})`;
  const last = `the last of ${seen.readers.length} readers was answered ${delays}`;
  if (tookMs <= limitMs) return pass(last);
  if (!wereTogether(seen)) {
    const inARow = tookMs >= 0.75 * seen.readers.length * params.originDelayMs;
    return fail(`${last}: ${inARow ? "one after the other" : "in waves"}`);
  }
  const wentMs = Math.max(...ownRequests(seen).map((one) => one.arrivedAtMs)) -
    seen.writer.completedAtMs;
  // Such as readers that nothing but a timeout of their own let go.
  if (wentMs > params.thresholdMs) {
    return fail(
      `${last}: they went to the origin together, but the last of them only ` +
        `${formatDuration(wentMs)} after the writer had its answer`,
    );
  }
  // All of them were at work at once: what took long was not the lock. In a row they would have
  // taken an origin delay each.
  return tookMs < seen.readers.length * params.originDelayMs
    ? pass(`${last}, all of them at the origin at the same time`)
    : inconclusive(`${last}, although all of them were at the origin at the same time`);
}

/** The origin's requests after the writer's. */
const ownRequests = ({ origin }: Answers) => origin?.slice(1) ?? [];

/** Whether the origin had a request of each reader before it was done with the first of them. */
function wereTogether(seen: Answers): boolean {
  const own = ownRequests(seen);
  const firstEndMs = Math.min(...own.map(({ endedAtMs }) => endedAtMs ?? Infinity));
  return own.length === seen.readers.length &&
    own.every(({ arrivedAtMs }) => arrivedAtMs < firstEndMs);
}

async function askForUncacheable(context: Context): Promise<Answers> {
  const { params, clock } = context;
  const path = runPath(context, "object", {
    sleepMs: params.originDelayMs,
    cacheControl: "no-store",
  });
  const queued = await queueReaders(context, path);
  const inARow = params.originDelayMs * (params.numReaders + 2);
  return await collectAnswers(context, queued, clock.now() + inARow + params.thresholdMs);
}

function uncacheableCase(
  definition: Pick<CaseInfo, "id" | "claim" | "meaning" | "provokes" | "source"> & {
    defaults?: Partial<CacheLockParams>;
  },
): Case {
  return defineCase(cacheLockParams, {
    ...definition,
    control: true,
    figure: "answerMs",
    uses: ["collapsing"],
    rule: "pass: the last reader is answered within one origin delay and the threshold after the " +
      "writer, or later while the origin's log shows all readers there at the same time, within the " +
      "threshold after the writer, and in a row they would have taken longer. fail: later, as when " +
      "each reader becomes the next writer, or all of them wait for a timeout.",
    needs: [],
    provoke: askForUncacheable,
    judge: judgeUncacheable,
    metrics: answersMetrics,
  });
}

/** The answer cannot be cached. */
export const uncacheable: Case = uncacheableCase({
  id: "uncacheable",
  claim: "Readers of an answer that cannot be cached go on at once, not one after the other.",
  meaning:
    "Requests for a URL that cannot be cached pass one at a time: each client waits for all before it.",
  provokes: "The origin answers everyone with `Cache-Control: no-store` after its delay.",
  source: "Pingora 0.8, pingora-cache/src/lock.rs (GiveUp); RFC 9111 §3",
});

/** The same with more readers. */
export const uncacheableMany: Case = uncacheableCase({
  id: "uncacheable-many",
  claim: "However many readers wait for an answer that cannot be cached, they go on at once.",
  meaning: "A crowd at a URL that cannot be cached is let through in waves, each an origin delay " +
    "after the one before.",
  provokes: "As 'uncacheable', with 16 readers.",
  source: "Varnish Users Guide, Uncacheable content (requests may be serialized); RFC 9111 §3",
  defaults: { numReaders: 16 },
});
