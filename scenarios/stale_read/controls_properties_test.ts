// What must hold of the judges of `delete-many`, `unfinished-upload` and `many-abandoned`, whatever was observed.

import fc from "fast-check";
import {
  type Data,
  mostly,
  ms,
  type Sample,
  sampleOf,
  testJudge,
} from "../../lab/testing_judge.ts";
import { type BesideCrowd, type Crowd, type HeldState, judgeCrowd } from "./crowd.ts";
import { type DeletedMany, judgeDeleted } from "./deleted.ts";
import type { Reading } from "./reading.ts";
import type { StaleReadParams } from "./params.ts";
import {
  changed,
  NOT_ABANDONED,
  params,
  reading,
  secondReader,
  withAbandoned,
} from "./testing_observations.ts";
import {
  type BesideUpload,
  type Brought,
  judgeUnfinished,
  type Unfinished,
  type UnfinishedUpload,
  type Version,
} from "./unfinished.ts";

type Samples = fc.Arbitrary<Sample<StaleReadParams>>;

const with_ = (change: Data) => (seen: Data): Data => ({ ...seen, ...change });

const asked = ["free-1", "object"];
const left = mostly<string[] | null>([], ["object"], asked, null);

const deletedSamples: Samples = params.chain((given) =>
  fc.tuple(changed(given), left, left).map(([seen, leftWhenLate, leftAfter]) => {
    const { tookEffect: _, ...others } = seen;
    const deleted: DeletedMany = { ...others, asked, leftWhenLate, neighbour: null, leftAfter };
    return sampleOf(given, deleted, judgeDeleted);
  })
);

testJudge("judgeDeleted", {
  samples: deletedSamples,
  unproven: fc.oneof(
    fc.constantFrom(...NOT_ABANDONED).map((change) => (seen: Data) => withAbandoned(seen, change)),
    fc.constantFrom<Data>({ readers: [] }, { leftAfter: ["object"] }, { leftAfter: null })
      .map(with_),
  ),
  perReader: ["readers"],
});

const upload: fc.Arbitrary<UnfinishedUpload> = fc.record({
  sentAtMs: ms(10),
  declaredBytes: fc.constant(20),
  sentBytes: mostly(10, 0, 20),
  begun: mostly<UnfinishedUpload["begun"]>("continue", "queues", null),
  shownOpen: fc.boolean(),
  status: mostly<number | null>(null, 400),
  endedAtMs: mostly<number | null>(null, 12, 90),
  closedAtMs: fc.constant(500),
});

const besideUpload = ({ thresholdMs }: StaleReadParams): fc.Arbitrary<BesideUpload> =>
  fc.tuple(secondReader(thresholdMs), ms(20)).map(([{ first, control, again }, moreMs]) => ({
    ...{ what: "a GET", limitMs: thresholdMs + moreMs, first, control, again },
  }));

const brought: fc.Arbitrary<Brought> = fc.record({
  when: fc.constant("beside it"),
  expected: fc.constantFrom<Version[]>(["old"], ["old", "new"]),
  versions: mostly<Version[] | null>(["old"], ["old"], ["old"], ["new"], ["unfinished"], [], null),
  receivedBytes: mostly(20, 20, 20, 3),
  expectedBytes: fc.constant(20),
  foreignAtByte: mostly<number | null>(null, null, null, 3),
});

const unfinishedSamples: Samples = params.chain((given) =>
  fc.record<Unfinished>({
    upload,
    requests: fc.array(besideUpload(given), { maxLength: 4 }),
    brought: fc.array(brought, { minLength: 1, maxLength: 3 }),
  }).map((seen) => sampleOf(given, seen, judgeUnfinished))
);

testJudge("judgeUnfinished", {
  samples: unfinishedSamples,
  unproven: fc.oneof(
    fc.constantFrom<Partial<UnfinishedUpload>>(
      { begun: null },
      { endedAtMs: 0 },
      { sentBytes: 0 },
      { sentBytes: 20 },
    ).map((change) => (seen: Data) => ({
      ...seen,
      upload: { ...(seen.upload as UnfinishedUpload), ...change },
    })),
    fc.constantFrom<Partial<Brought>>(
      { versions: null },
      { versions: ["unfinished"] },
      { versions: ["old", "new"] },
      { receivedBytes: 3 },
      { foreignAtByte: 0 },
    ).map((change) => (seen: Data) => ({
      ...seen,
      brought: (seen.brought as Brought[]).map((one) => ({ ...one, ...change })),
    })),
    fc.constantFrom<Data>({ requests: [] }, { brought: [] }).map(with_),
  ),
  perReader: ["requests", "brought"],
});

const held: fc.Arbitrary<HeldState> = fc.oneof(
  { weight: 60, arbitrary: fc.constant<HeldState>("unread") },
  { weight: 20, arbitrary: fc.constant<HeldState>("pending") },
  { weight: 1, arbitrary: fc.constantFrom<HeldState>("doubtful", "refused", "ended") },
);

/** What is not answered in twice its time. */
const unanswered = (sentAtMs: number, thresholdMs: number): Reading => ({
  ...{ kind: "open", sentAtMs, atMs: sentAtMs + 2 * thresholdMs },
});

const besideCrowd = ({ thresholdMs }: StaleReadParams): fc.Arbitrary<BesideCrowd> =>
  fc.record({
    what: fc.constant("a HEAD"),
    before: reading(thresholdMs),
    first: fc.oneof(
      { weight: 12, arbitrary: reading(thresholdMs) },
      { weight: 1, arbitrary: ms(40, 20).map((sentAtMs) => unanswered(sentAtMs, thresholdMs)) },
    ),
    again: fc.option(reading(thresholdMs), { freq: 5 }),
  });

const crowdSamples: Samples = params.chain((given) =>
  fc.record<Crowd>({
    held: fc.array(held, { minLength: 1, maxLength: 5 }),
    refusal: fc.option(fc.constant("SlowDown")),
    requests: fc.array(besideCrowd(given), { maxLength: 4 }),
  }).map((seen) => sampleOf(given, seen, judgeCrowd))
);

testJudge("judgeCrowd", {
  samples: crowdSamples,
  unproven: fc.oneof(
    fc.constantFrom<HeldState>("doubtful", "refused", "ended").map((state) => (seen: Data) => ({
      ...seen,
      held: [...(seen.held as HeldState[]).slice(1), state],
    })),
    fc.constantFrom<Data>({ requests: [] }, { held: [] }, { held: ["pending"] }).map(with_),
  ),
  perReader: ["held", "requests"],
});
