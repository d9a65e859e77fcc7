// The origin hangs and nobody leaves: `wait-timeout` and `age-timeout`.

import { formatDuration } from "../../../lab/duration.ts";
import { distribution, type Metrics, value } from "../../../lab/metrics.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { fail, inconclusive, type Judgement, pass } from "../../../lab/verdict.ts";
import { originRequests } from "../answers.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { whyNotQueued } from "../release.ts";
import { type Context, runPath } from "../clients.ts";
import { type Queue, queueReaders } from "../stage.ts";

/** When the origin saw requests, from its own log. Times are milliseconds of the run's clock. */
export interface Hung {
  queue: Queue;
  readersSentAtMs: readonly number[];
  /** In order of arrival, the writer's first. */
  arrivedAtMs: readonly number[];
}

async function hangAndWatch(
  context: Context,
  afterMs: number,
  requests: number,
): Promise<Hung> {
  const { params, clock, signal } = context;
  const path = runPath(context, "object", { fault: "hang" });
  const queued = await queueReaders(context, path);
  const sentAtMs = queued.readers.map((reader) => reader.exchange.sentAtMs);
  const dueMs = Math.max(queued.writer.exchange.sentAtMs, ...sentAtMs) + afterMs;
  await queued.origin?.waitFor(queued.pathname, {
    min: requests,
    timeoutMs: dueMs + params.thresholdMs - clock.now(),
  });
  // One too many would come about now: give it the rest of the tolerance to show.
  await clock.sleep(Math.max(0, dueMs + params.thresholdMs - clock.now()), { signal });
  const log = await originRequests(context, queued) ?? [];
  return {
    queue: queued.queue,
    readersSentAtMs: sentAtMs,
    arrivedAtMs: log.map((request) => request.arrivedAtMs).toSorted((a, b) => a - b),
  };
}

/** Judges whether each reader went to the origin at its own wait timeout. */
export function judgeWaitTimeout(seen: Hung, params: CacheLockParams): Judgement {
  const untold = whyUntold(seen);
  if (untold) return inconclusive(untold);
  const own = seen.arrivedAtMs.slice(1);
  const sent = seen.readersSentAtMs.toSorted((a, b) => a - b);
  const timeout = formatDuration(params.lockWaitTimeoutMs);
  if (own.length !== sent.length) {
    return fail(
      `${own.length} of ${sent.length} readers had gone to the origin by themselves by their wait ` +
        `timeout of ${timeout}`,
    );
  }
  const waited = own.map((atMs, index) => atMs - (sent[index] ?? 0));
  const off = waited.filter((ms) => Math.abs(ms - params.lockWaitTimeoutMs) > params.thresholdMs);
  return off.length === 0
    ? pass(`each of ${sent.length} readers went to the origin at its wait timeout of ${timeout}`)
    : fail(
      `${off.length} of ${sent.length} readers went to the origin after ` +
        `${formatDuration(Math.max(0, off[0] ?? 0))}, expected ${timeout}`,
    );
}

/** Judges whether exactly one new writer went to the origin at the age timeout. */
export function judgeAgeTimeout(seen: Hung, params: CacheLockParams): Judgement {
  const untold = whyUntold(seen);
  if (untold) return inconclusive(untold);
  const [writerAtMs = 0, ...later] = seen.arrivedAtMs;
  const timeout = formatDuration(params.lockAgeTimeoutMs);
  if (later.length !== 1) {
    return fail(`${later.length} new writers went to the origin by the age timeout of ${timeout}`);
  }
  const ageMs = (later[0] ?? 0) - writerAtMs;
  return Math.abs(ageMs - params.lockAgeTimeoutMs) <= params.thresholdMs
    ? pass(`one new writer went to the origin ${formatDuration(ageMs)} after the first`)
    : fail(`the new writer came after ${formatDuration(Math.max(0, ageMs))}, expected ${timeout}`);
}

/** Why the origin's log does not tell, or undefined when it does. */
function whyUntold({ queue, readersSentAtMs, arrivedAtMs }: Hung): string | undefined {
  if (queue.originRequests === null || arrivedAtMs.length === 0) {
    return "when requests came to the origin is not known (--origin)";
  }
  return whyNotQueued(queue, readersSentAtMs.length);
}

function hungMetrics({ arrivedAtMs, readersSentAtMs }: Hung): Metrics {
  const start = Math.min(...readersSentAtMs);
  const waits = arrivedAtMs.slice(1).map((atMs) => Math.max(0, atMs - start));
  const spread = distribution(waits, "ms");
  return {
    originRequests: value(arrivedAtMs.length, "count"),
    ...(spread && { laterRequestsMs: spread }),
  };
}

/** Each reader's own timeout. */
export const waitTimeout: Case = defineCase(cacheLockParams, {
  id: "wait-timeout",
  control: true,
  claim: "A reader whose wait timeout is over goes to the origin by itself.",
  meaning: "The configured limit of waiting for the fetch of another is not kept.",
  figure: "laterRequestsMs",
  uses: ["collapsing"],
  provokes: "The origin hangs, the wait timeout is well before the age timeout, nobody leaves.",
  rule:
    "pass: the origin's log has one request of each reader at that reader's wait timeout, give " +
    "or take the threshold. fail: fewer, more, or at another time.",
  source: "Pingora 0.8, pingora-cache/src/lock.rs (WaitTimeout)",
  needs: ["origin", "lock-wait-timeout"],
  defaults: { lockWaitTimeoutMs: 60_000, lockAgeTimeoutMs: 180_000 },
  provoke: (context) =>
    hangAndWatch(context, context.params.lockWaitTimeoutMs, context.params.numReaders + 1),
  judge: judgeWaitTimeout,
  metrics: hungMetrics,
});

/** The writer's timeout. */
export const ageTimeout: Case = defineCase(cacheLockParams, {
  id: "age-timeout",
  control: true,
  claim: "A writer that holds the lock too long is replaced by exactly one other.",
  meaning: "A fetch that hangs is not replaced in time, or is replaced by several at once.",
  figure: "laterRequestsMs",
  uses: ["collapsing"],
  provokes: "The origin hangs, the age timeout is well before the wait timeout, nobody leaves.",
  rule: "pass: at the age timeout, give or take the threshold, the origin gets one more request. " +
    "fail: none, several, or at another time.",
  source: "Pingora 0.8, pingora-cache/src/lock.rs (AgeTimeout)",
  needs: ["origin", "lock-age-timeout"],
  defaults: { lockAgeTimeoutMs: 30_000, lockWaitTimeoutMs: 120_000 },
  provoke: (context) => hangAndWatch(context, context.params.lockAgeTimeoutMs, 2),
  judge: judgeAgeTimeout,
  metrics: hungMetrics,
});
