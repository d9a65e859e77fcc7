// What the property tests of all judges are made of: observations that are mostly healthy.

import fc from "fast-check";
import { type Data, mostly, ms } from "../../lab/testing_judge.ts";
import type { Abandoned, MidBody, Rest } from "./abandoned.ts";
import type { Changed } from "./changed.ts";
import { type StaleReadParams, staleReadParams } from "./params.ts";
import type { Reading, SecondReader } from "./reading.ts";
import type { Stale } from "./stale.ts";

/** Short thresholds. */
export const params: fc.Arbitrary<StaleReadParams> = ms(200, 1).map((thresholdMs) =>
  staleReadParams.parse({ thresholdMs })
);

/** Mostly answered within `soonMs`, else later, refused or not at all. */
export const reading = (soonMs: number, quick = 10): fc.Arbitrary<Reading> =>
  ms(40, 20).chain((sentAtMs) =>
    fc.oneof(
      {
        weight: quick,
        arbitrary: ms(soonMs).map((took): Reading => ({
          kind: "answered",
          sentAtMs,
          answeredAtMs: sentAtMs + took,
        })),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(ms(400), mostly<Reading["kind"]>("answered", "failed", "open")).map(
          ([took, kind]): Reading => {
            const atMs = sentAtMs + took;
            if (kind === "answered") return { kind, sentAtMs, answeredAtMs: atMs };
            if (kind === "open") return { kind, sentAtMs, atMs };
            return { kind: "failed", sentAtMs, atMs, message: "the answer was 503" };
          },
        ),
      },
    )
  );

/** Mostly answered in time; `quick` is how much more often than not. */
export const secondReader = (thresholdMs: number, quick = 10): fc.Arbitrary<SecondReader> =>
  fc.record({
    via: fc.constantFrom("plain", "sdk", "public"),
    first: reading(thresholdMs, quick),
    control: fc.option(reading(thresholdMs, 4), { freq: 5 }),
    again: fc.option(reading(thresholdMs, 4), { freq: 5 }),
  });

/** Mostly proved. */
export const midBody: fc.Arbitrary<MidBody | null> = mostly<MidBody | null>(
  { by: "figures", heldBackBytes: 5 },
  { by: "queues", heldBackBytes: 7 },
  { by: "bound", heldBackBytes: 1 },
  { by: "queues", heldBackBytes: -1 },
  { by: "bound", heldBackBytes: -3 },
  { by: "figures", heldBackBytes: 0 },
  null,
);

/** Mostly all of it. */
export const rest: fc.Arbitrary<Rest | null> = mostly<Rest | null>(
  { how: "complete", receivedBytes: 99 },
  { how: "reset", receivedBytes: 9 },
  { how: "open", receivedBytes: 9 },
  null,
);

/** Mostly a read that was open, mid-body. */
export const abandoned: fc.Arbitrary<Abandoned> = fc.record({
  sentAtMs: ms(10),
  status: mostly(200, 206, 404),
  expectedBytes: mostly<number | null>(99, null),
  receivedBytes: mostly(9, 0),
  midBody,
  shownOpen: fc.boolean(),
  endedAtMs: mostly<number | null>(null, 12, 90, 300),
  closedAtMs: mostly<number | null>(null, 11, 200),
  rest,
  corrupt: mostly<string | null>(null, null, null, "byte 7 is not the object's"),
});

/** Requests beside an abandoned read. */
export const stale = ({ thresholdMs }: StaleReadParams): fc.Arbitrary<Stale> =>
  fc.record({
    abandoned,
    readers: fc.array(secondReader(thresholdMs), { maxLength: 4 }),
    awaited: fc.constantFrom("first byte", "answer"),
    baselineMs: mostly(0, 5, 30),
    leftOut: fc.constant([]),
    unusable: fc.constant([]),
  });

/** A change beside an abandoned read. */
export const changed = (params: StaleReadParams): fc.Arbitrary<Changed> =>
  fc.tuple(
    stale(params),
    mostly<boolean | null>(true, false, null),
    mostly(false, true),
  ).map(([seen, tookEffect, gotNewBytes]) => ({
    ...seen,
    change: "overwritten",
    tookEffect,
    gotNewBytes,
  }));

/** What of an abandoned read does not prove that it was open, mid-body. */
export const NOT_ABANDONED: readonly Partial<Abandoned>[] = [
  { midBody: null },
  { midBody: { by: "figures", heldBackBytes: 0 } },
  { midBody: { by: "bound", heldBackBytes: -1 } },
  { shownOpen: false, rest: { how: "fin", receivedBytes: 9 } },
  { endedAtMs: 0 },
  { receivedBytes: 0 },
  { status: 503 },
];

/** The same observation with another abandoned read. */
export const withAbandoned = (seen: Data, change: Partial<Abandoned>): Data => ({
  ...seen,
  abandoned: { ...(seen.abandoned as Abandoned), ...change },
});
