// What must hold of every judge of `stale-read`, whatever was observed, and of one of them more.

import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Data,
  mostly,
  ms,
  type Sample,
  sampleOf,
  testJudge,
} from "../../lab/testing_judge.ts";
import type { Verdict } from "../../lab/verdict.ts";
import type { Abandoned, Rest } from "./abandoned.ts";
import { judgeChanged } from "./changed.ts";
import { judgeLeft, type Leaving, type Left } from "./left.ts";
import { type StaleReadParams, staleReadParams } from "./params.ts";
import type { Reading, SecondReader } from "./reading.ts";
import { judgeStale, type Stale } from "./stale.ts";
import {
  abandoned,
  changed,
  NOT_ABANDONED,
  params,
  secondReader,
  stale,
  withAbandoned,
} from "./testing_observations.ts";

const leaving = ({ thresholdMs }: StaleReadParams): fc.Arbitrary<Leaving> =>
  fc.record({
    way: fc.constantFrom("closed", "reset", "killed"),
    abandoned: abandoned.map((one): Abandoned => ({
      ...one,
      closedAtMs: one.closedAtMs === 200 ? null : 15,
      rest: null,
    })),
    next: secondReader(thresholdMs),
  });

const left = (params: StaleReadParams): fc.Arbitrary<Left> =>
  fc.record({
    leavings: fc.array(leaving(params), { maxLength: 3 }),
    staysOpen: mostly<boolean | null>(true, false, null),
    leftOut: fc.constant([]),
  });

type Samples = fc.Arbitrary<Sample<StaleReadParams>>;

const staleSamples: Samples = params.chain((given) =>
  stale(given).map((seen) => sampleOf(given, seen, judgeStale))
);
const changedSamples: Samples = params.chain((given) =>
  changed(given).map((seen) => sampleOf(given, seen, judgeChanged))
);
const leftSamples: Samples = params.chain((given) =>
  left(given).map((seen) => sampleOf(given, seen, judgeLeft))
);

const unproven = fc.constantFrom(...NOT_ABANDONED)
  .map((change) => (seen: Data) => withAbandoned(seen, change));

const noReaders = fc.constant((seen: Data): Data => ({ ...seen, readers: [] }));

testJudge("judgeStale", {
  samples: staleSamples,
  unproven: fc.oneof(unproven, noReaders),
  perReader: ["readers"],
});

testJudge("judgeChanged", {
  samples: changedSamples,
  unproven: fc.oneof(
    unproven,
    noReaders,
    fc.constantFrom<Data>({ tookEffect: null }, { tookEffect: false })
      .map((change) => (seen: Data) => ({ ...seen, ...change })),
    fc.constantFrom<Rest | null>(null, { how: "open", receivedBytes: 9 })
      .map((rest) => (seen: Data) => withAbandoned(seen, { rest })),
  ),
  perReader: ["readers"],
});

testJudge("judgeLeft", {
  samples: leftSamples,
  unproven: fc.constantFrom<Partial<Abandoned>>(...NOT_ABANDONED, { closedAtMs: null }, {
    closedAtMs: 99,
  }).map((change) => (seen: Data) => ({
    ...seen,
    staysOpen: false,
    leavings: (seen.leavings as Leaving[]).map((one) => ({
      ...one,
      abandoned: { ...one.abandoned, ...change },
    })),
  })),
  perReader: ["leavings"],
});

Deno.test("answering a reader later never turns a fail into a pass, nor anything else into one", () => {
  const later = fc.record({ which: fc.nat(), byMs: ms(500, 1), never: fc.boolean() });
  fc.assert(
    fc.property(staleSamples, later, ({ seen, params, judge }, { which, byMs, never }) => {
      const readers = seen.readers as SecondReader[];
      fc.pre(readers.length > 0);
      const slower = readers.map((one, index): SecondReader => {
        const { first } = one;
        if (index !== which % readers.length || first.kind !== "answered") return one;
        const atMs = first.answeredAtMs + byMs;
        const { sentAtMs } = first;
        return {
          ...one,
          first: never ? { kind: "open", sentAtMs, atMs } : { ...first, answeredAtMs: atMs },
        };
      });
      const before = judge(seen, params).verdict;
      const after = judge({ ...seen, readers: slower }, params).verdict;
      if (before !== "pass") assertNotEquals<Verdict>(after, "pass");
      if (before === "fail") assertNotEquals<Verdict>(after, "pass");
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a target that is slow for another object as well never fails for being late", () => {
  const late = fc.record({ thresholdMs: ms(200, 1), overMs: ms(300, 1), closed: fc.boolean() });
  fc.assert(
    fc.property(late, abandoned, ({ thresholdMs, overMs, closed }, left) => {
      const sentAtMs = 20;
      const answeredAtMs = sentAtMs + thresholdMs + overMs;
      const slow: Reading = { kind: "answered", sentAtMs, answeredAtMs };
      const seen: Stale = {
        abandoned: { ...left, corrupt: null, closedAtMs: closed ? answeredAtMs - 1 : null },
        readers: [{ via: "plain", first: slow, control: slow, again: null }],
        awaited: "first byte",
        baselineMs: 0,
        leftOut: [],
        unusable: [],
      };
      const { verdict } = judgeStale(seen, staleReadParams.parse({ thresholdMs }));
      assertEquals(verdict, "inconclusive");
    }),
  );
});
