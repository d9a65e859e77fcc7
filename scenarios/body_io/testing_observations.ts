// What the property tests of all judges are made of: observations that are mostly healthy.

import fc from "fast-check";
import type { BackendRequest } from "../../lab/backend_log.ts";
import { mostly, ms } from "../../lab/testing_judge.ts";
import type { SdkAttempt } from "../../probes/s3/sdk_attempts.ts";
import type { Burst } from "./burst.ts";
import type { Framed } from "./framed.ts";
import {
  asked as askedOf,
  attempt as attemptOf,
  burst as burstOf,
  came as cameOf,
  checksummed,
  chunked,
  error503,
  failed500,
  framed as framedOf,
  left,
  memory as memoryOf,
  oversized,
  recovery,
} from "./judge_examples.ts";
import type { Left, Oversized } from "./leaving.ts";
import type { Memory } from "./memory.ts";
import { type BodyIoParams, bodyIoParams } from "./params.ts";
import type { Checksummed, Chunked } from "./passed_on.ts";
import type { Asked } from "./raw.ts";
import type { Recovery } from "./recovery.ts";

/** Any threshold. */
export const params: fc.Arbitrary<BodyIoParams> = ms(200, 1).map((thresholdMs) =>
  bodyIoParams.parse({ thresholdMs })
);

const when = fc.tuple(ms(40), ms(400)).map(([sentAtMs, took]) => ({
  ...{ sentAtMs, endedAtMs: sentAtMs + took },
}));

const stalled: Partial<SdkAttempt> = { end: "stalled", status: null, why: null };
const broken: Partial<SdkAttempt> = { end: "broken", status: null, why: "ECONNRESET" };

/** Mostly answered with 200. */
export const attempt: fc.Arbitrary<SdkAttempt> = fc.tuple(
  mostly<Partial<SdkAttempt>>(
    {},
    { status: 500, why: "InternalError" },
    { status: 403, why: "AccessDenied" },
    { status: 503, why: "SlowDown" },
    stalled,
    broken,
  ),
  mostly("UploadPart", "DeleteObjects"),
  mostly(1, 2),
  when,
).map(([how, operation, attempt, times]) => attemptOf({ operation, attempt, ...times, ...how }));

/** The same of a raw request. */
const asked: fc.Arbitrary<Asked> = fc.tuple(attempt, mostly(true, false)).map(([one, isS3]) =>
  askedOf({ ...one, isS3 })
);

/** Mostly one that came whole, with its length. */
const came: fc.Arbitrary<BackendRequest[]> = fc.array(
  mostly<Partial<BackendRequest>>(
    {},
    { framing: "chunked", contentLength: null },
    { framing: "none", contentLength: null },
    { contentLength: 99 },
    { sha256: "bb" },
    { ended: "cut", sha256: null },
    { ended: null, sha256: null },
  ).map(cameOf),
  { minLength: 1, maxLength: 3 },
);

/** Bursts, cold and warm. */
export const bursts: fc.Arbitrary<{ bursts: Burst[] }> = fc.array(
  fc.record<Partial<Burst>>({
    wanted: mostly<Burst["wanted"]>("cold", "warm"),
    failed: mostly(0, 1),
    attempts: fc.array(attempt, { minLength: 1, maxLength: 5 }),
    wrong: mostly<string[]>([], ["'a' differs from byte 5 on"]),
    unread: mostly<string[]>([], ["'a' could not be read"]),
    alone: mostly<Burst["alone"]>(
      null,
      { works: true, why: null },
      { works: false, why: "Cannot list the bucket" },
    ),
    exchange: mostly<Burst["exchange"]>(
      { begun: 1, parked: 2, upstreams: 1 },
      { begun: 0, parked: 0, upstreams: 1 },
      { begun: 1, parked: 0, upstreams: 1 },
      null,
    ),
  }).map(burstOf),
  { minLength: 1, maxLength: 3 },
).map((bursts) => ({ bursts }));

/** Contents and their framing. */
export const framed: fc.Arbitrary<Framed> = fc.record({ asked, came }).map(framedOf);

/** Parts and how much of them was held. */
export const memory: fc.Arbitrary<Memory> = fc.record({
  parts: fc.array(attempt, { minLength: 1, maxLength: 5 }),
  before: mostly<Memory["before"]>({ peakBufferedBytes: 5 }, { peakBufferedBytes: 32 << 20 }, null),
  after: mostly<Memory["after"]>(
    { peakBufferedBytes: 1 << 20 },
    { peakBufferedBytes: 48 << 20 },
    { peakBufferedBytes: null },
    null,
  ),
  upstreams: mostly(1, 0),
}).map(memoryOf);

const list = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<{ all: T[] }> =>
  fc.array(one, { minLength: 1, maxLength: 4 }).map((all) => ({ all }));

/** Contents in chunks. */
export const chunkeds: fc.Arbitrary<{ all: Chunked[] }> = list(
  fc.tuple(
    attempt,
    mostly<Partial<Chunked>>(
      {},
      { wire: null },
      { wire: { bytes: 100, sha256: "bb", isChunked: false } },
      { came: [] },
      { came: null },
      { came: [cameOf()] },
      { changed: "it differs" },
    ),
  ).map(([asked, change]) => chunked({ asked, ...change })),
);

/** Contents with checksums. */
export const checksummeds: fc.Arbitrary<{ all: Checksummed[] }> = list(
  mostly<Partial<Checksummed>>(
    {},
    { isRight: false, asked: attemptOf({ status: 400, why: "BadDigest" }) },
    { isRight: false },
    { isRight: false, asked: failed500 },
    { came: [cameOf()] },
    { came: [] },
    { came: null },
    { asked: failed500 },
  ).map(checksummed),
);

/** Contents that were left. */
export const lefts: fc.Arbitrary<{ all: Left[] }> = list(
  mostly<Partial<Left>>(
    {},
    { came: [] },
    { came: null },
    { came: [cameOf()] },
    { came: [cameOf({ ended: null })] },
    { listed: true },
    { listed: null },
    { heldBytes: 7 },
    { upstreams: 1 },
    { answered: "501" },
    { isElsewhere: true },
  ).map(left),
);

/** Contents that are too large. */
export const oversizeds: fc.Arbitrary<{ all: Oversized[] }> = list(
  mostly<Partial<Oversized>>(
    {},
    { asked: askedOf() },
    { asked: askedOf(stalled) },
    { asked: error503 },
    { came: [cameOf()] },
  ).map(oversized),
);

/** What is down and comes back. */
export const recoveries: fc.Arbitrary<Recovery> = fc.record({
  down: fc.array(mostly<Asked>(error503, askedOf(), askedOf(stalled), askedOf(broken)), {
    ...{ minLength: 1, maxLength: 4 },
  }),
  up: fc.array(mostly<Asked>(askedOf(), error503), { minLength: 1, maxLength: 4 }),
  changed: mostly<string[]>([], ["'a' differs from byte 5 on"]),
  unread: mostly<string[]>([], ["'a' could not be read"]),
}).map(({ down, up, changed, unread }) =>
  recovery({
    ...{ changed, unread },
    phases: [
      { when: "while it was down", expected: "error", asked: down },
      { when: "when it was back", expected: "success", asked: up },
    ],
  })
);
