// One reader drains slowly: `slow-reader`.

import { InconclusiveError } from "../../../lab/errors.ts";
import { type Metrics, value } from "../../../lab/metrics.ts";
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

/** Well over what the kernel buffers for a client that does not read (4 MiB on loopback). */
const SIZE_BYTES = 8 << 20;

/** What the others got while one reader did not read. */
export interface SlowReader extends Answers {
  /** How much of the body the slow reader had when the others were done, in bytes. */
  slowReceivedBytes: number;
  /** When its answer began, at which it stopped reading; null when it had not in the end. */
  slowBegunAtMs: number | null;
}

async function readSlowly(context: Context): Promise<SlowReader> {
  const { params, clock, timeline } = context;
  const path = runPath(context, "object", {
    sleepMs: params.originDelayMs,
    sizeBytes: SIZE_BYTES,
  });
  const settleMs = Math.min(params.disconnectDelayMs, params.originDelayMs / 2);
  const queued = await queueReaders(context, path, { settleMs });
  const [slow, ...others] = queued.readers;
  if (slow === undefined || others.length === 0) {
    throw new InconclusiveError("a slow reader and another are needed: --num-readers 2 or more");
  }
  const begun = slow.exchange.headers.then(({ atMs }) => {
    slow.connection.pause();
    timeline.add(slow.lane, "stopped-reading", { received: slow.exchange.received });
    return atMs;
  }, () => null);
  await until(context, begun, clock.now() + 2 * params.originDelayMs);
  const deadlineMs = clock.now() + params.lockWaitTimeoutMs + params.originDelayMs;
  const seen = await collectAnswers(context, { ...queued, readers: others }, deadlineMs);
  const slowBegunAtMs = await until(context, begun, clock.now()) ?? null;
  return { ...seen, slowReceivedBytes: slow.exchange.received, slowBegunAtMs };
}

/** Judges whether the others had everything while one had not. */
export function judgeSlowReader(seen: SlowReader, _params: CacheLockParams): Judgement {
  const notQueued = whyNotQueued(seen.queue, seen.readers.length + 1);
  if (notQueued) return inconclusive(notQueued);
  if (seen.origin !== null && seen.origin.length > 1) {
    return inconclusive(
      `the readers did not share the writer's fetch: the origin had ${seen.origin.length} requests ` +
        "for one URL in the end",
    );
  }
  if (seen.slowBegunAtMs === null) {
    return inconclusive(
      "the slow reader's answer had not begun: what the others get beside one that stops reading is " +
        "not known",
    );
  }
  const missing = unanswered([seen.writer, ...seen.readers], (status) => status === 200);
  if (missing) {
    return fail(`behind a reader that stopped reading, another was not served: ${missing}`);
  }
  if (seen.slowBegunAtMs > (lastCompletedAtMs([seen.writer, ...seen.readers]) ?? 0)) {
    return inconclusive("the slow reader's answer began only when the others had everything");
  }
  if (seen.slowReceivedBytes >= SIZE_BYTES) {
    return inconclusive(
      "the slow reader had everything before it stopped: the buffers are too large",
    );
  }
  if (seen.queue.originRequests === null) {
    return inconclusive("that the readers queued is not known (--origin)");
  }
  return pass(
    `${seen.readers.length + 1} clients had all ${SIZE_BYTES} bytes while one reader had stopped ` +
      `at ${seen.slowReceivedBytes}`,
  );
}

function slowMetrics(seen: SlowReader): Metrics {
  return { ...answersMetrics(seen), slowReceived: value(seen.slowReceivedBytes, "bytes") };
}

/** One reader stops reading. */
export const slowReader: Case = defineCase(cacheLockParams, {
  id: "slow-reader",
  control: true,
  claim: "A reader that drains slowly does not slow the others.",
  meaning: "One client that reads slowly slows down all others of the same URL.",
  figure: "answerMs",
  uses: ["collapsing", "streaming-fill"],
  provokes: "The body is larger than every buffer between; one reader stops reading at the header.",
  rule: "pass: writer and other readers get everything while the slow one has not. fail: one of " +
    "them does not within the lock's wait timeout. inconclusive: the slow one's answer did not begin " +
    "before the others had theirs, or the readers did not share one fetch.",
  source: "Pingora 0.8 (a slow writer's client slows the fill); RFC 9293 §3.8.6 (flow control)",
  needs: [],
  alone: "last",
  provoke: readSlowly,
  judge: judgeSlowReader,
  metrics: slowMetrics,
});
