// Observations of every kind with the judge of each, for what must hold of all judges.

import fc from "fast-check";
import type { Judgement } from "../../lab/verdict.ts";
import { mostly, ms, type Sample, sampleOf } from "../../lab/testing_judge.ts";
import type { Answers, OriginRequest } from "./answers.ts";
import { judgeAbandoned } from "./cases/all_leave.ts";
import { judgeCollapse } from "./cases/collapse.ts";
import { judgeExhaustion } from "./cases/exhaustion.ts";
import { judgeOriginFails } from "./cases/origin_fails.ts";
import { judgeSlowReader } from "./cases/slow_reader.ts";
import { judgeAgeTimeout, judgeWaitTimeout } from "./cases/timeouts.ts";
import { judgeUncacheable } from "./cases/uncacheable.ts";
import { judgeWriterLeft } from "./cases/writer_leaves.ts";
import { type CacheLockParams, cacheLockParams } from "./params.ts";
import { type Doubt, judgeRelease, type Leave } from "./release.ts";
import type { Answer } from "./answer.ts";
import type { Queue } from "./stage.ts";

const params: fc.Arbitrary<CacheLockParams> = fc.record({
  thresholdMs: ms(200, 1),
  originDelayMs: ms(400, 1),
  lockWaitTimeoutMs: ms(1_000, 1),
  lockAgeTimeoutMs: ms(1_000, 1),
}).map((given) => cacheLockParams.parse(given));

const queue: fc.Arbitrary<Queue> = fc.record({
  originRequests: mostly<number | null>(1, null, 0, 2, 5),
  answered: mostly(0, 1, 3),
  writerAnswered: mostly(false, true),
  waiting: fc.constantFrom(null, 9),
});

/** An answer that is complete at some time up to `lastMs`. */
const answer = (lastMs: number): fc.Arbitrary<Answer> =>
  fc.tuple(
    mostly("answered", "failed", "open"),
    mostly(200, 204, 500),
    mostly("aa", "bb"),
    ms(lastMs),
  )
    .map(([kind, status, digest, atMs]): Answer => {
      if (kind === "open") return { kind, atMs };
      if (kind === "failed") return { kind, code: "reset", message: "it was reset", atMs };
      const times = { headersAtMs: atMs / 2, completedAtMs: atMs };
      return { kind: "answered", status, digest, sizeBytes: 10, ...times };
    });

/** A log that had `queued` requests when the queue was looked at; null where it cannot be read. */
const originLog = (queued: number | null, count: number): fc.Arbitrary<OriginRequest[] | null> =>
  queued === null ? fc.constant(null) : fc.array(
    fc.tuple(ms(800), fc.option(ms(400)), mostly("answered", "fault", "aborted", "open")),
    { minLength: queued, maxLength: Math.max(queued, count) },
  ).map((requests) =>
    requests.toSorted(([a], [b]) => a - b).map(([arrivedAtMs, tookMs, outcome]) => ({
      arrivedAtMs,
      endedAtMs: tookMs === null ? null : arrivedAtMs + tookMs,
      outcome,
    }))
  );

interface Known {
  params: CacheLockParams;
  queue: Queue;
}

const known: fc.Arbitrary<Known> = fc.record({ params, queue });

const answers = ({ params, queue }: Known): fc.Arbitrary<Answers> =>
  ms(4).chain((readers) =>
    fc.record({
      queue: fc.constant(queue),
      writer: answer(params.originDelayMs),
      readers: fc.array(answer(2 * params.originDelayMs + 2 * params.thresholdMs), {
        minLength: readers,
        maxLength: readers,
      }),
      sentAtMs: fc.array(ms(40), { minLength: readers, maxLength: readers }),
      origin: originLog(queue.originRequests, readers + 2),
    })
  );

/** The reset, then one request at a time or not. */
const failingOrigin = (known: Known): fc.Arbitrary<Answers> =>
  answers(known).map((seen) => ({
    ...seen,
    origin: seen.origin?.map((request, index) => ({
      ...request,
      ...(index === 0 && request.outcome === "answered" && { outcome: "fault" }),
    })) ?? null,
  }));

const release = ({ params, queue }: Known) => {
  const leave = fc.tuple(ms(50), fc.option(ms(2 * params.thresholdMs, -1), { freq: 20 }), ms(9))
    .map(([leftAtMs, heldMs, roll]): Leave => ({
      leftAtMs,
      // Looked at now and then: held for certain up to some time before it was seen to be let go.
      ...(heldMs !== null && roll % 3 === 0 && { heldAtMs: leftAtMs + Math.max(0, heldMs - 10) }),
      releasedAtMs: heldMs === null ? null : leftAtMs + heldMs,
      status: roll > 7 ? 200 : roll > 6 ? 503 : null,
    }));
  return fc.record({
    queue: fc.constant(queue),
    originRequestsAfter: queue.originRequests === null
      ? fc.constant(null)
      : mostly(queue.originRequests, queue.originRequests + 1),
    leaves: fc.array(leave, { maxLength: 5 }),
    writerAnsweredAtMs: fc.option(ms(600)),
    watchedUntilMs: ms(900, 600),
    halfClosed: fc.boolean(),
  }, {}).chain((seen) =>
    fc.record({
      harm: mostly<string | undefined>(undefined, "another stream was harmed"),
      doubt: mostly<Doubt | undefined>(undefined, { reason: "a closed one proves nothing" }),
      writerLost: mostly<string | undefined>(undefined, "it was closed"),
    }).map(({ harm, doubt, writerLost }) => ({
      ...seen,
      ...(doubt !== undefined && { provesHoldsOnly: doubt }),
      ...(writerLost !== undefined && { writerLost }),
      ...(harm !== undefined && { harm }),
    }))
  );
};

const exhaustion = ({ queue }: Known) =>
  fc.record({
    queue: fc.constant(queue),
    readers: ms(4),
    before: fc.oneof(
      { arbitrary: fc.constant<Answer>({ kind: "open", atMs: 3 }), weight: 3 },
      answer(200),
    ),
    after: answer(200),
  });

const writerLeft = (known: Known) =>
  fc.record({ seen: answers(known), leftAtMs: ms(400), midFill: mostly(true, false) })
    .map(({ seen, ...rest }) => ({ ...seen, ...rest }));

const abandoned = ({ params, queue }: Known) =>
  fc.record({
    queue: fc.constant(queue),
    readers: ms(4),
    origin: originLog(queue.originRequests, 3),
    newcomer: answer(3 * params.originDelayMs + 3 * params.thresholdMs),
    newcomerSentAtMs: ms(50),
  });

const slowReader = (known: Known) =>
  fc.record({
    seen: answers(known),
    slowReceivedBytes: mostly(1_000, 8 << 20),
    slowBegunAtMs: mostly<number | null>(0, null, 2_000),
  }).map(({ seen, ...slow }) => ({ ...seen, ...slow }));

/** Requests at the origin, about as long after the readers' sending as `timeout` says. */
const hung = (timeout: (params: CacheLockParams) => number, later: "all" | "one") =>
(
  { params, queue }: Known,
) =>
  fc.record({
    readersSentAtMs: fc.array(ms(20), { maxLength: 4 }),
    // Less than the threshold where that is long: near the timeout, not on it.
    offMs: ms(params.thresholdMs, 0),
    missing: mostly(0, 1, 2),
    extra: mostly(0, 1),
    factor: mostly(1, 2),
  }).map(({ readersSentAtMs, offMs, missing, extra, factor }) => {
    const sent = later === "one" ? [0] : readersSentAtMs;
    const due = sent.map((atMs) => atMs + timeout(params) * factor + offMs);
    const own = [...due, ...Array<number>(extra).fill(timeout(params))].slice(missing);
    return {
      queue,
      readersSentAtMs,
      arrivedAtMs: queue.originRequests === null ? [] : [0, ...own].toSorted((a, b) => a - b),
    };
  });

function judged<S extends object>(
  judge: (seen: S, params: CacheLockParams) => Judgement,
  observation: (known: Known) => fc.Arbitrary<S>,
): fc.Arbitrary<Sample<CacheLockParams>> {
  return known.chain((known) =>
    observation(known).map((seen) => sampleOf(known.params, seen, judge))
  );
}

/** Samples for each judge, by its name. */
export const SAMPLES: Readonly<Record<string, fc.Arbitrary<Sample<CacheLockParams>>>> = {
  judgeRelease: judged(judgeRelease, release),
  judgeExhaustion: judged(judgeExhaustion, exhaustion),
  judgeCollapse: judged(judgeCollapse, answers),
  judgeWriterLeft: judged(judgeWriterLeft, writerLeft),
  judgeOriginFails: judged(judgeOriginFails, failingOrigin),
  judgeUncacheable: judged(judgeUncacheable, answers),
  judgeWaitTimeout: judged(judgeWaitTimeout, hung((p) => p.lockWaitTimeoutMs, "all")),
  judgeAgeTimeout: judged(judgeAgeTimeout, hung((p) => p.lockAgeTimeoutMs, "one")),
  judgeAbandoned: judged(judgeAbandoned, abandoned),
  judgeSlowReader: judged(judgeSlowReader, slowReader),
};
