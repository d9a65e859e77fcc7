// What must hold of the judges of `one-leaves`, `writer-leaves-early`, `pipelined` and `trickle`.

import { assert, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { Judgement, Verdict } from "../../lab/verdict.ts";
import { type Data, mostly, type Sample, sampleOf, testJudge } from "../../lab/testing_judge.ts";
import type { Answer } from "./answer.ts";
import type { Answers } from "./answers.ts";
import { judgeOneLeft } from "./cases/one_leaves.ts";
import { judgeTrickle } from "./cases/trickle.ts";
import { judgeWriterLeftEarly } from "./cases/writer_leaves_early.ts";
import { at, cut, open, queue } from "./judge_examples.ts";
import { SAMPLES } from "./observation_arbitrary.ts";
import type { CacheLockParams } from "./params.ts";
import { judgePipelined, type Pair } from "./pipelined_judge.ts";

const SIZE_BYTES = 327_680;

const pair = (change: Partial<Pair> = {}): Pair => ({
  lane: "reader-1",
  first: at(5_000, { sizeBytes: 3_000 }),
  second: at(5_001, { sizeBytes: 1_000 }),
  closing: false,
  ...change,
});
/** Observations made of what all readers' answers can look like. */
function samples<O extends object, E>(
  base: string,
  extra: fc.Arbitrary<E>,
  make: (answers: Answers & { leftAtMs: number }, extra: E) => O,
  judge: (seen: O, params: CacheLockParams) => Judgement,
): fc.Arbitrary<Sample<CacheLockParams>> {
  const known = SAMPLES[base];
  assert(known);
  return fc.tuple(known, extra).map(([{ seen, params }, extra]) =>
    sampleOf(params, make(seen as unknown as Answers & { leftAtMs: number }, extra), judge)
  );
}

const sized = (answer: Answer | undefined, sizeBytes: number): Answer =>
  answer?.kind === "answered" ? { ...answer, sizeBytes } : answer ?? open;

const OWN: Readonly<Record<string, fc.Arbitrary<Sample<CacheLockParams>>>> = {
  judgeOneLeft: samples("judgeCollapse", fc.constant({}), (seen) => seen, judgeOneLeft),
  judgeWriterLeftEarly: samples(
    "judgeWriterLeft",
    fc.constant({}),
    (seen) => seen,
    judgeWriterLeftEarly,
  ),
  judgePipelined: samples(
    "judgeCollapse",
    fc.record({
      closing: fc.boolean(),
      second: mostly<Answer>(at(1), cut, open),
      short: mostly(0, 1),
    }),
    ({ queue, writer, readers, origin }, { closing, second, short }) => ({
      unhindered: pair(),
      queue,
      readers: readers.length,
      pairs: readers.map((first, index) => ({
        lane: `reader-${index + 1}`,
        first: sized(first, 3_000),
        second: sized(second, 1_000 - short),
        closing,
      })),
      others: [sized(writer, 3_000)],
      origin,
    }),
    judgePipelined,
  ),
  judgeTrickle: samples(
    "judgeWriterLeft",
    fc.record({ leaverDone: mostly(false, true), endedAtMs: mostly(800, 1) }),
    ({ queue, writer, readers, sentAtMs, origin, leftAtMs }, { leaverDone, endedAtMs }) => ({
      writer: sized(writer, SIZE_BYTES),
      readers: readers.map((one) => sized(one, SIZE_BYTES)),
      writerSentAtMs: 0,
      sentAtMs,
      origin: origin?.map((one) => ({ ...one, endedAtMs })) ?? null,
      originRequestsBefore: queue.originRequests,
      leftAtMs,
      leaverDone,
      firstByteAtMs: [writer, ...readers].map(() => 1),
    }),
    judgeTrickle,
  ),
};

const unproven = fc.constantFrom<number | null>(null, 0, 2, 9)
  .map((originRequests) => (seen: Data): Data => ({
    ...seen,
    queue: { ...queue, originRequests },
    originRequestsBefore: originRequests,
    ...(originRequests === null && { origin: null }),
  }));

for (const [name, samples] of Object.entries(OWN)) {
  testJudge(name, { samples, unproven, perReader: ["readers", "pairs", "sentAtMs"] });

  Deno.test(`${name} does not pass when one more that waited got nothing`, () => {
    fc.assert(
      fc.property(samples, ({ seen, params, judge }) => {
        const list = name === "judgePipelined" ? "pairs" : "readers";
        const lost = name === "judgePipelined" ? pair({ first: open, second: open }) : open;
        const more = { ...seen, [list]: [lost, ...seen[list] as unknown[]] };
        assertNotEquals<Verdict>(judge(more, params).verdict, "pass");
      }),
    );
  });
}
