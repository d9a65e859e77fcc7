// What must hold of every judge of `body-io`, whatever was observed.

import fc from "fast-check";
import { type Data, type Sample, sampleOf, testJudge } from "../../lab/testing_judge.ts";
import type { Judgement } from "../../lab/verdict.ts";
import { type Burst, judgeBursts } from "./burst.ts";
import { judgeFramed } from "./framed.ts";
import { attempt, came, error503, failed500 } from "./judge_examples.ts";
import { judgeLeft, judgeOversized, type Left, type Oversized } from "./leaving.ts";
import { judgeMemory } from "./memory.ts";
import type { BodyIoParams } from "./params.ts";
import { type Checksummed, type Chunked, judgeChecksums, judgeChunked } from "./passed_on.ts";
import { judgeRecovery } from "./recovery.ts";
import {
  bursts,
  checksummeds,
  chunkeds,
  framed,
  lefts,
  memory,
  oversizeds,
  params,
  recoveries,
} from "./testing_observations.ts";

type Samples = fc.Arbitrary<Sample<BodyIoParams>>;

const samplesOf = <S extends object>(
  seen: fc.Arbitrary<S>,
  judge: (seen: S, params: BodyIoParams) => Judgement,
): Samples => fc.tuple(params, seen).map(([given, one]) => sampleOf(given, one, judge));

const change = (...changes: Data[]) =>
  fc.constantFrom(...changes).map((one) => (seen: Data): Data => ({ ...seen, ...one }));

/** The same in each entry of a list. */
const changeEach = <T>(list: string, ...changes: Partial<T>[]) =>
  fc.constantFrom(...changes).map((one) => (seen: Data): Data => ({
    ...seen,
    [list]: (seen[list] as T[]).map((entry) => ({ ...entry, ...one })),
  }));

testJudge("judgeBursts", {
  samples: samplesOf(bursts, (seen) => judgeBursts(seen.bursts)),
  unproven: fc.oneof(
    changeEach<Burst>(
      "bursts",
      { exchange: null },
      { wanted: "cold", exchange: { begun: 0, parked: 0, upstreams: 1 } },
      { wanted: "cold", exchange: { begun: 1, parked: 0, upstreams: 1 } },
      { wanted: "warm", exchange: { begun: 1, parked: 0, upstreams: 1 } },
      { wanted: "warm", exchange: { begun: 0, parked: 0, upstreams: 0 } },
      { attempts: [] },
      { attempts: [failed500] },
      { attempts: [attempt({ status: 403 })] },
      { wrong: ["'a' is not there"] },
      { unread: ["'a' could not be read"] },
      { failed: 1 },
    ),
    change({ bursts: [] }),
  ),
  perReader: ["bursts"],
});

testJudge("judgeFramed", {
  samples: samplesOf(framed, judgeFramed),
  unproven: change(
    { came: [] },
    { came: [came({ framing: "chunked", contentLength: null })] },
    { came: [came({ contentLength: 7 })] },
    { came: [came({ ended: "cut" })] },
    { asked: { ...error503 } },
  ),
  perReader: ["came"],
});

testJudge("judgeMemory", {
  samples: samplesOf(memory, judgeMemory),
  unproven: change(
    { after: null },
    { before: null },
    { upstreams: 0 },
    { after: { peakBufferedBytes: 1 << 30 } },
    { parts: [] },
    { parts: [failed500] },
  ),
  perReader: ["parts"],
});

testJudge("judgeChunked", {
  samples: samplesOf(chunkeds, ({ all }) => judgeChunked(all)),
  unproven: fc.oneof(
    changeEach<Chunked>(
      "all",
      { came: [] },
      { came: null },
      { wire: null },
      { came: [came()] },
      { asked: failed500 },
      { changed: "it differs" },
    ),
    change({ all: [] }),
  ),
  perReader: ["all"],
});

testJudge("judgeChecksums", {
  samples: samplesOf(checksummeds, ({ all }) => judgeChecksums(all)),
  unproven: fc.oneof(
    changeEach<Checksummed>(
      "all",
      { isRight: true, came: [] },
      { came: null },
      { came: [came()] },
      { isRight: false, asked: attempt() },
      { asked: failed500 },
    ),
    change({ all: [] }),
  ),
  perReader: ["all"],
});

testJudge("judgeLeft", {
  samples: samplesOf(lefts, ({ all }) => judgeLeft(all)),
  unproven: fc.oneof(
    changeEach<Left>(
      "all",
      { came: [came()] },
      { came: null },
      { came: [came({ ended: null })] },
      { listed: true },
      { listed: null },
      { heldBytes: 1 },
      { upstreams: 1 },
      { answered: "500" },
      { isElsewhere: true },
    ),
    change({ all: [] }),
  ),
  perReader: ["all"],
});

testJudge("judgeOversized", {
  samples: samplesOf(oversizeds, ({ all }) => judgeOversized(all)),
  unproven: fc.oneof(
    changeEach<Oversized>("all", { asked: error503 }, { came: [came()] }),
    change({ all: [] }),
  ),
  perReader: ["all"],
});

testJudge("judgeRecovery", {
  samples: samplesOf(recoveries, judgeRecovery),
  unproven: change(
    { phases: [] },
    { phases: [{ when: "while it was down", expected: "error", asked: [] }] },
    { phases: [{ when: "when it was back", expected: "success", asked: [error503] }] },
    { changed: ["'a' is not there"] },
    { unread: ["'a' could not be read"] },
  ),
  perReader: ["phases"],
});
