// Writer and readers all leave: `all-leave`.

import { formatDuration } from "../../../lab/duration.ts";
import { type Metrics, value } from "../../../lab/metrics.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { fail, inconclusive, type Judgement, pass } from "../../../lab/verdict.ts";
import { type OriginRequest, originRequests } from "../answers.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { whyNotQueued } from "../release.ts";
import { type Answer, answerOf, sayAnswer } from "../answer.ts";
import { type Context, openClient, runPath } from "../clients.ts";
import { type Queue, queueReaders } from "../stage.ts";

/** What became of a fetch whose clients have all left, and of the URL. */
export interface Abandoned {
  queue: Queue;
  readers: number;
  /** The origin's requests at the end, the abandoned one first; null without its log. */
  origin: readonly OriginRequest[] | null;
  /** What a newcomer for the same URL got, asked once they had left. */
  newcomer: Answer;
  newcomerSentAtMs: number;
}

async function allLeave(context: Context): Promise<Abandoned> {
  const { params, clock, timeline } = context;
  const path = runPath(context, "object", { sleepMs: params.originDelayMs });
  const queued = await queueReaders(context, path);
  for (const { connection, lane } of [queued.writer, ...queued.readers]) {
    timeline.add(lane, "closed", {}, connection.close());
  }
  const { exchange } = await openClient(context, "newcomer", path);
  const deadlineMs = clock.now() + 3 * params.originDelayMs + 2 * params.thresholdMs;
  return {
    queue: queued.queue,
    readers: queued.readers.length,
    newcomer: await answerOf(context, exchange, deadlineMs),
    newcomerSentAtMs: exchange.sentAtMs,
    origin: await originRequests(context, queued),
  };
}

/** Judges whether the URL is still usable; what became of the origin's request is reported. */
export function judgeAbandoned(seen: Abandoned, params: CacheLockParams): Judgement {
  const notQueued = whyNotQueued(seen.queue, seen.readers);
  if (notQueued) return inconclusive(notQueued);
  // The abandoned fetch may go on to its end, and the newcomer then needs one of its own.
  const limitMs = 2 * params.originDelayMs + params.thresholdMs;
  const { newcomer } = seen;
  const asked = seen.origin === null
    ? ""
    : `; the origin had ${seen.origin.length} requests by then`;
  if (newcomer.kind !== "answered" || newcomer.status !== 200) {
    const what = newcomer.kind === "open"
      ? `was not served within ${formatDuration(newcomer.atMs - seen.newcomerSentAtMs)}`
      : `was not served: ${sayAnswer(newcomer)}`;
    return fail(`after everyone had left, a newcomer ${what}${asked}`);
  }
  const tookMs = newcomer.completedAtMs - seen.newcomerSentAtMs;
  if (tookMs > limitMs) {
    return fail(
      `after everyone had left, a newcomer waited ${formatDuration(tookMs)}, expected at most ` +
        formatDuration(limitMs) + asked,
    );
  }
  if (seen.origin === null) {
    return inconclusive("what became of the origin's request is not known (--origin)");
  }
  const fate = seen.origin[0]?.outcome === "aborted" ? "was ended" : "was let finish";
  return pass(
    `the abandoned request at the origin ${fate}, and a newcomer was served in ` +
      formatDuration(tookMs),
  );
}

function abandonedMetrics({ origin, newcomer, newcomerSentAtMs }: Abandoned): Metrics {
  const ended = origin?.filter((request) => request.outcome === "aborted").length ?? 0;
  return {
    ...(newcomer.kind === "answered" &&
      { newcomerMs: value(Math.max(0, newcomer.completedAtMs - newcomerSentAtMs), "ms") }),
    ...(origin && {
      originRequests: value(origin.length, "count"),
      originRequestsEnded: value(ended, "count"),
    }),
  };
}

/** Everybody leaves. */
export const allLeaveCase: Case = defineCase(cacheLockParams, {
  id: "all-leave",
  control: true,
  claim: "When writer and readers have all left, the URL stays usable.",
  meaning: "After a crowd has given up, the next client pays for it.",
  figure: "newcomerMs",
  uses: ["collapsing"],
  provokes: "Writer and readers close while the origin is at work; a newcomer asks for the URL.",
  rule: "pass: the newcomer is served within two origin delays and the threshold: letting the " +
    "abandoned request finish and sending another takes no longer; whether the origin's request " +
    "was ended is reported. fail: it is not.",
  source: "nginx, proxy_ignore_client_abort; Pingora 0.8 lets the fill finish",
  needs: [],
  provoke: allLeave,
  judge: judgeAbandoned,
  metrics: abandonedMetrics,
});
