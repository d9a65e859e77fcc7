// What the tests of the judges are made of: healthy pieces, and observations that are mostly healthy.

import fc from "fast-check";
import { type Data, mostly, ms } from "../../lab/testing_judge.ts";
import type { Asked } from "./asked.ts";
import { type WsHibernationParams, wsHibernationParams } from "./params.ts";
import type { Sleep } from "./sleep.ts";
import type { Told } from "./told.ts";

/** The report's own: threshold 5 s, idle 45 s. */
export const params: WsHibernationParams = wsHibernationParams.parse({});

/** Answered `tookMs` after it was sent. */
export const answered = (what: string, tookMs: number, wrong: string | null = null): Asked => ({
  ...{ kind: "answered", what, sentAtMs: 1_000, answeredAtMs: 1_000 + tookMs, wrong },
});

/** Not answered for 20 s. */
export const lost = (what: string): Asked => ({
  ...{ kind: "lost", what, sentAtMs: 1_000, atMs: 21_000 },
});

/** Not answered because the connection was closed after 700 ms. */
export const closed = (what: string): Asked => ({
  ...{ kind: "closed", what, sentAtMs: 1_000, atMs: 1_700 },
});

/** Slept for 45 s, as two instances tell. */
export const slept: Sleep = { idleMs: 45_000, before: "a", after: "b", reconstructions: null };
/** Did not. */
export const awake: Sleep = { ...slept, after: "a" };
/** Nothing tells. */
export const unseen: Sleep = { ...slept, after: null };
/** Figures tell that it slept. */
export const sleptByFigures: Sleep = { ...unseen, reconstructions: 1 };

/** Figures of a host that tells everything. */
export const told = (change: Partial<Told> = {}): Told => ({
  instance: null,
  received: 6,
  answered: 7,
  closes: 0,
  alarms: 0,
  evictions: 1,
  reconstructions: 1,
  attachmentsRestored: 1,
  sockets: 1,
  blockers: [],
  ...change,
});

/** What a Worker tells of itself. */
export const toldByWorker = (change: Partial<Told> = {}): Told =>
  told({
    ...{ instance: "b", evictions: null, reconstructions: null },
    ...{ attachmentsRestored: null, blockers: null },
    ...change,
  });

/** Short thresholds. */
export const anyParams: fc.Arbitrary<WsHibernationParams> = ms(200, 1).map((thresholdMs) =>
  wsHibernationParams.parse({ thresholdMs })
);

/** A request that was mostly answered within `soonMs`. */
export const anyAsked = (soonMs: number, answeredWeight = 20): fc.Arbitrary<Asked> =>
  fc.tuple(fc.constantFrom("ping", "heartbeat", "message"), ms(50), ms(soonMs), ms(400)).chain(
    ([what, sentAtMs, soon, late]) => {
      const took = (tookMs: number, wrong: string | null = null): Asked => ({
        ...{ kind: "answered", what, sentAtMs, answeredAtMs: sentAtMs + tookMs, wrong },
      });
      const atMs = sentAtMs + late;
      return fc.oneof(
        { weight: answeredWeight, arbitrary: fc.constant(took(soon)) },
        {
          weight: 1,
          arbitrary: fc.constantFrom<Asked>(
            { kind: "lost", what, sentAtMs, atMs },
            { kind: "lost", what, sentAtMs, atMs },
            { kind: "closed", what, sentAtMs, atMs },
            took(late),
            took(soon, "a ping was answered with 'error', expected 'pong'"),
          ),
        },
      );
    },
  );

/** Mostly asleep. */
export const anySleep: fc.Arbitrary<Sleep> = fc.record({
  idleMs: ms(100, 1),
  before: mostly<string | null>("a", null),
  after: mostly<string | null>("b", "a", null),
  reconstructions: mostly<number | null>(1, 0, null),
});

/** Mostly none, else of a Worker or of a host. */
export const anyTold: fc.Arbitrary<Told | null> = fc.option(
  fc.record({
    instance: mostly<string | null>(null, "b"),
    received: mostly<number | null>(6, 0, 2, null),
    answered: mostly<number | null>(6, 0, 7, null),
    closes: mostly<number | null>(1, 0, null),
    alarms: mostly<number | null>(1, 0, null),
    evictions: mostly<number | null>(1, 0, null),
    reconstructions: mostly<number | null>(1, 0, null),
    attachmentsRestored: mostly<number | null>(1, 0, null),
    sockets: mostly<number | null>(1, 2, null),
    blockers: mostly<string[] | null>(["1 `setInterval` created at echo.ts:1"], [], null),
  }),
  { freq: 4 },
);

/** What takes the proof away that an object slept: another sleep, whatever else tells of it. */
export const UNSLEPT: readonly Sleep[] = [
  { idleMs: 9, before: "a", after: "a", reconstructions: 1 },
  { idleMs: 9, before: null, after: "b", reconstructions: 0 },
  { idleMs: 9, before: "a", after: null, reconstructions: null },
];

/** The same observation with other fields. */
export const with_ = (change: Data) => (seen: Data): Data => ({ ...seen, ...change });
