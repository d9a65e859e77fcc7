// What the examples of all judges are made of: healthy pieces. Times are milliseconds.

import type { Abandoned } from "./abandoned.ts";
import { type StaleReadParams, staleReadParams } from "./params.ts";
import type { Reading, SecondReader } from "./reading.ts";
import type { Stale } from "./stale.ts";

/** The report's own: threshold 5 s, lock timeout 60 s. */
export const params: StaleReadParams = staleReadParams.parse({});

/** Answered `tookMs` after it was sent. */
export const answered = (tookMs: number, sentAtMs = 1_000): Reading => ({
  kind: "answered",
  sentAtMs,
  answeredAtMs: sentAtMs + tookMs,
});

/** An error `tookMs` after it was sent. */
export const failed = (
  tookMs: number,
  message = "the answer was 503",
  sentAtMs = 1_000,
): Reading => ({
  kind: "failed",
  sentAtMs,
  atMs: sentAtMs + tookMs,
  message,
});

/** Nothing for 70 s. */
export const open: Reading = { kind: "open", sentAtMs: 1_000, atMs: 71_000 };

/** A reader by plain HTTP. */
export const reader = (first: Reading, change: Partial<SecondReader> = {}): SecondReader => ({
  via: "plain",
  first,
  control: null,
  again: null,
  ...change,
});

/** A reader that was late while another object was not. */
export const late = (first: Reading, change: Partial<SecondReader> = {}): SecondReader =>
  reader(first, { control: answered(5, 6_100), ...change });

/** Begun at 0, 64 KiB of 16 MiB taken, gone on with in the end. */
export const abandoned = (change: Partial<Abandoned> = {}): Abandoned => ({
  sentAtMs: 0,
  status: 200,
  expectedBytes: 16 << 20,
  receivedBytes: 65_536,
  midBody: { by: "figures", heldBackBytes: 12 << 20 },
  shownOpen: true,
  endedAtMs: null,
  closedAtMs: null,
  rest: { how: "complete", receivedBytes: 16 << 20 },
  corrupt: null,
  ...change,
});

/** Closed at 6.2 s and not gone on with. */
export const closed = (change: Partial<Abandoned> = {}): Abandoned =>
  abandoned({ closedAtMs: 6_200, rest: null, ...change });

/** Two readers that were answered at once. */
export const stale = (change: Partial<Stale> = {}): Stale => ({
  abandoned: abandoned(),
  readers: [reader(answered(3)), reader(answered(40), { via: "sdk" })],
  awaited: "first byte",
  baselineMs: 0,
  leftOut: [],
  unusable: [],
  ...change,
});
