// What must hold of the judges of `expired`, `revalidate`, `stale-leave`, `vary-miss` and of partial requests,
// whatever was observed.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { Judgement, Verdict } from "../../lab/verdict.ts";
import { judgeExpired } from "./cases/expired.ts";
import { judgePartial } from "./cases/partial.ts";
import { judgeRevalidated } from "./cases/revalidate.ts";
import { judgeStaleLeave } from "./cases/stale_leave.ts";
import { judgeVariants } from "./cases/vary_miss.ts";
import { type CacheLockParams, cacheLockParams } from "./params.ts";

type Data = Record<string, unknown>;

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

/** Mostly the first, which is healthy, and now and then another. */
const mostly = <T>(healthy: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(healthy), weight: 12 }, {
    arbitrary: fc.constantFrom<T>(healthy, ...others),
    weight: 1,
  });
const ms = (max: number, min = 0) => fc.integer({ min, max });

const queue = fc.record({
  originRequests: mostly<number | null>(1, null, 0, 3),
  answered: mostly(0, 1),
  writerAnswered: mostly(false, true),
  waiting: fc.constantFrom(null, 9),
});
const NOT_QUEUED = [
  { originRequests: null },
  { originRequests: 0 },
  { originRequests: 4 },
  { answered: 1 },
  { writerAnswered: true },
  { waiting: 0 },
];

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
      { queue: { answered: 1 } },
      { queue: { writerAnswered: true } },
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

/** The same data with every number of milliseconds in it multiplied. */
function scaled(data: unknown, factor: number, name = ""): unknown {
  if (typeof data === "number") return name.endsWith("Ms") ? data * factor : data;
  if (Array.isArray(data)) return data.map((one) => scaled(one, factor, name));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, scaled(value, factor, key)]),
  );
}

/** What is changed, with objects merged. */
const changed = (seen: Data, change: Data): Data => ({
  ...seen,
  ...Object.fromEntries(
    Object.entries(change).map(([key, value]) => [
      key,
      key === "queue" ? { ...(seen.queue as Data), ...(value as Data) } : value,
    ]),
  ),
});

for (const [name, { seen, judge, unproven, perReader }] of Object.entries(JUDGES)) {
  Deno.test(`${name} gives a verdict with one line of reason, whatever was observed`, () => {
    fc.assert(fc.property(seen, (seen) => {
      const { verdict, reason } = judge(seen, params);
      assert(["pass", "fail", "inconclusive"].includes(verdict));
      assert(reason.length > 10 && !reason.includes("\n"), reason);
      assert(!/NaN|Infinity|undefined|null|\[object/.test(reason), reason);
      assertEquals(judge(seen, params), { verdict, reason }, "it is a pure function");
    }));
  });

  Deno.test(`${name} never passes what was not proved`, () => {
    fc.assert(fc.property(seen, fc.constantFrom(...unproven), (seen, missing) => {
      const { verdict, reason } = judge(changed(seen, missing), params);
      assertNotEquals<Verdict>(verdict, "pass", reason);
    }));
  });

  Deno.test(`${name} does not depend on the order of the readers`, () => {
    const keys = fc.array(fc.nat(), { minLength: 4, maxLength: 4 });
    fc.assert(fc.property(seen, keys, (seen, keys) => {
      const order = [0, 1, 2, 3].toSorted((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
      const reordered = Object.fromEntries(perReader.map((list) => {
        const all = seen[list] as unknown[];
        return [list, order.filter((index) => index < all.length).map((index) => all[index])];
      }));
      assertEquals(judge(changed(seen, reordered), params).verdict, judge(seen, params).verdict);
    }));
  });

  Deno.test(`${name} says the same when all times are longer or shorter by one factor`, () => {
    fc.assert(fc.property(seen, fc.constantFrom(1 / 64, 1 / 2, 4, 1_024), (seen, factor) => {
      const paced = scaled(params, factor) as CacheLockParams;
      assertEquals(
        judge(scaled(seen, factor) as Data, paced).verdict,
        judge(seen, params).verdict,
      );
    }));
  });

  Deno.test(`${name} has samples of every verdict to be tested with`, () => {
    const verdicts = fc.sample(seen, { numRuns: 1_000, seed: 1 })
      .map((seen) => judge(seen, params).verdict);
    for (const verdict of ["pass", "fail", "inconclusive"] as const) {
      const share = verdicts.filter((one) => one === verdict).length;
      assert(share >= 20, `${share} of 1000 samples are '${verdict}'`);
    }
  });
}
