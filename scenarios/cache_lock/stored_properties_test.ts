// What must hold of the judges of `expired`, `revalidate`, `stale-leave`, `vary-miss` and of partial requests,
// whatever was observed.

import fc from "fast-check";
import type { Judgement } from "../../lab/verdict.ts";
import { type Data, mostly, ms, testJudge } from "../../lab/testing_judge.ts";
import { judgeExpired } from "./cases/expired.ts";
import { judgePartial } from "./cases/partial.ts";
import { judgeRevalidated } from "./cases/revalidate.ts";
import { judgeStaleLeave } from "./cases/stale_leave.ts";
import { judgeVariants } from "./cases/vary_miss.ts";
import { changed, NOT_QUEUED } from "./judge_properties.ts";
import { type CacheLockParams, cacheLockParams } from "./params.ts";

interface Judged {
  seen: fc.Arbitrary<Data>;
  judge(seen: Data, params: CacheLockParams): Judgement;
  /** What takes away the proof that the case needs. */
  unproven: readonly Data[];
  /** The lists that have an entry a reader, in one order. */
  perReader: readonly string[];
}

const THRESHOLD_MS = 64;
const ORIGIN_DELAY_MS = 256;
const params = cacheLockParams.parse({
  thresholdMs: THRESHOLD_MS,
  originDelayMs: ORIGIN_DELAY_MS,
});

const queue = fc.record({
  originRequests: mostly<number | null>(1, null, 0, 3),
  answered: mostly(0, 1),
  writerAnswered: mostly(false, true),
  waiting: fc.constantFrom(null, 9),
});
/** An answer that is complete at some time up to `lastMs`, most often with `digest`. */
const answer = (lastMs: number, digest = "stored", other = "fresh") =>
  fc.tuple(
    mostly("answered", "failed", "open"),
    mostly(200, 206, 503),
    mostly(digest, other),
    ms(lastMs),
  )
    .map(([kind, status, digest, atMs]) => {
      if (kind === "open") return { kind, atMs };
      if (kind === "failed") return { kind, code: "reset", message: "it was reset", atMs };
      const times = { headersAtMs: atMs, completedAtMs: atMs };
      return { kind, status, digest, sizeBytes: 10, ...times };
    });

const request = fc.record({
  arrivedAtMs: ms(20),
  endedAtMs: mostly<number | null>(ORIGIN_DELAY_MS, null, 10),
  outcome: mostly("answered", "aborted"),
});

const leave = fc.record({ leftAtMs: ms(20), heldMs: mostly<number | null>(5, 100, null) })
  .map(({ leftAtMs, heldMs }) => ({
    leftAtMs,
    releasedAtMs: heldMs === null ? null : leftAtMs + heldMs,
    status: null,
  }));

const variantAnswer = fc.constantFrom("de", "fr").chain((asked) =>
  fc.record({
    asked: fc.constant(asked),
    got: mostly<string | null>(asked, "de", "fr", null),
    sentAtMs: ms(5),
    answer: answer(2 * ORIGIN_DELAY_MS + 3 * THRESHOLD_MS),
  })
);

const JUDGES: Readonly<Record<string, Judged>> = {
  judgeExpired: {
    seen: fc.record({
      queue,
      originRequestsAfter: mostly<number | null>(1, null, 2),
      leaves: fc.array(leave, { maxLength: 4 }),
      writerAnsweredAtMs: mostly<number | null>(ORIGIN_DELAY_MS, null),
      watchedUntilMs: fc.constant(900),
      halfClosed: fc.constant(true),
    }),
    judge: (seen, params) => judgeExpired(seen as never, params),
    unproven: NOT_QUEUED.map((queue) => ({ queue })),
    perReader: ["leaves"],
  },
  judgeRevalidated: {
    seen: fc.record({
      queue,
      storedDigest: fc.constant("stored"),
      writer: answer(ORIGIN_DELAY_MS, "fresh", "stored"),
      readers: fc.array(answer(ORIGIN_DELAY_MS, "fresh", "stored"), { maxLength: 4 }),
      sentAtMs: fc.constant([]),
      origin: fc.oneof(
        { arbitrary: fc.array(request, { minLength: 1, maxLength: 1 }), weight: 9 },
        { arbitrary: fc.option(fc.array(request, { maxLength: 4 })), weight: 1 },
      ),
    }),
    judge: (seen, params) => judgeRevalidated(seen as never, params),
    unproven: [
      { origin: null },
      { origin: [] },
      { readers: [] },
      ...NOT_QUEUED.map((queue) => ({ queue })),
    ],
    perReader: ["readers"],
  },
  judgeStaleLeave: {
    seen: ms(4).chain((readers) =>
      fc.record({
        storedDigest: fc.constant("stored"),
        starter: answer(10),
        starterSentAtMs: fc.constant(0),
        starterLeftAtMs: ms(100, 11),
        readers: fc.array(answer(THRESHOLD_MS + 8), { minLength: readers, maxLength: readers }),
        sentAtMs: fc.array(ms(5), { minLength: readers, maxLength: readers }),
        revalidations: mostly<number | null>(1, 0, 2, null),
        origin: fc.oneof(
          { arbitrary: fc.array(request, { minLength: 1, maxLength: 1 }), weight: 9 },
          { arbitrary: fc.option(fc.array(request, { maxLength: 3 })), weight: 1 },
        ),
        newcomer: answer(600, "fresh", "stored"),
      })
    ),
    judge: (seen, params) => judgeStaleLeave(seen as never, params),
    unproven: [
      { origin: null },
      { revalidations: null },
      { revalidations: 0 },
      { origin: [] },
      { starterLeftAtMs: ORIGIN_DELAY_MS },
      { storedDigest: "nobody's" },
    ],
    perReader: ["readers", "sentAtMs"],
  },
  judgeVariants: {
    seen: fc.record({
      queue,
      writer: variantAnswer,
      readers: fc.array(variantAnswer, { maxLength: 4 }),
      origin: fc.option(fc.array(request, { maxLength: 3 })),
    }),
    judge: (seen, params) => judgeVariants(seen as never, params),
    unproven: NOT_QUEUED.map((queue) => ({ queue })),
    perReader: ["readers"],
  },
  judgePartial: {
    seen: fc.record({
      queue,
      writer: answer(ORIGIN_DELAY_MS),
      readers: fc.array(
        fc.record({
          sentAtMs: ms(5),
          answer: answer(2 * ORIGIN_DELAY_MS + THRESHOLD_MS + 50),
          wrong: mostly<string | null>(null, "other bytes"),
        }),
        { maxLength: 4 },
      ),
      origin: fc.option(fc.array(request, { maxLength: 3 })),
    }),
    judge: (seen, params) => judgePartial(seen as never, params),
    unproven: NOT_QUEUED.map((queue) => ({ queue })),
    perReader: ["readers"],
  },
};

for (const [name, { seen, judge, unproven, perReader }] of Object.entries(JUDGES)) {
  testJudge(name, {
    samples: seen.map((seen) => ({ params, seen, judge })),
    unproven: fc.constantFrom(...unproven).map((missing) => (seen: Data) => changed(seen, missing)),
    perReader,
  });
}
