// A small result that the tests of the formats share.

import { type Result, RESULT_SCHEMA, type Run, summarize } from "../lab/result.ts";
import type { CaseInfo } from "../lab/scenario.ts";
import type { ReportOptions } from "./format.ts";

const EMBEDDED: Run = {
  id: "cache-lock/disconnect@bug#1",
  scenario: "cache-lock",
  case: "disconnect",
  control: false,
  repeat: 1,
  variant: "bug",
  target: { kind: "embedded", name: "embedded", version: null, url: "http://127.0.0.1:41233/" },
  expected: "fail",
  verdict: "fail",
  asExpected: true,
  reason: "3 of 3 readers were held 222 ms after they disconnected, until the writer's answer " +
    "(threshold 100 ms)",
  nominal: { originDelayMs: 5000, numReaders: 3 },
  params: { originDelayMs: 250, numReaders: 3 },
  metrics: {
    serverCloseMs: {
      unit: "ms",
      count: 3,
      min: 221.2,
      p50: 221.9,
      p90: 222.3,
      p99: 222.3,
      max: 222.3,
      mean: 221.8,
    },
    originRequests: { unit: "count", value: 1 },
  },
  timeline: timelineOf(3, 222),
  durationMs: 300.1,
};

/** The events of a writer, an origin and `readers` readers that are let go `heldMs` after leaving. */
export function timelineOf(readers: number, heldMs: number): Run["timeline"] {
  const numbers = Array.from({ length: readers }, (_, index) => index + 1);
  const each = (atMs: number, event: string, detail: Run["timeline"][number]["detail"] = {}) =>
    numbers.map((n) => ({ atMs: atMs + n / 10, lane: `reader-${n}`, event, detail }));
  return [
    { atMs: 0, lane: "writer", event: "request-sent", detail: { path: "/a1-disconnect" } },
    { atMs: 1.2, lane: "origin", event: "request-received", detail: {} },
    ...each(2, "request-sent"),
    ...each(27, "fin-sent"),
    ...each(27 + heldMs, "server-closed", { bytes: 0 }),
    { atMs: 251.4, lane: "origin", event: "answered", detail: { status: 200 } },
    { atMs: 252.3, lane: "writer", event: "answered", detail: { status: 200, bytes: 1024 } },
  ].toSorted((a, b) => a.atMs - b.atMs);
}

/** A run like the bug's, changed as told. */
export function runWith(changes: Partial<Run>): Run {
  return { ...EMBEDDED, ...changes };
}

/** The bug as it is expected of an embedded server. */
export const BUG: Run = runWith({});

/** The repaired server, healthy as expected. */
export const FIX: Run = runWith({
  id: "cache-lock/disconnect@fix#1",
  variant: "fix",
  expected: "pass",
  verdict: "pass",
  reason: "3 of 3 readers were let go within 3 ms (threshold 100 ms)",
  timeline: timelineOf(3, 2),
});

/** A repaired server that still shows the bug: not as expected. */
export const WRONG: Run = runWith({
  id: "cache-lock/close@fix#1",
  case: "close",
  variant: "fix",
  expected: "pass",
  verdict: "fail",
  asExpected: false,
  reason: "3 of 3 readers were held <222 ms> & more | after they closed",
});

/** A probe of a real product that has the bug. */
export const PROBED: Run = runWith({
  id: "cache-lock/many@nginx#1",
  case: "many",
  variant: null,
  target: { kind: "engine", name: "nginx", version: "1.22.1", url: "http://127.0.0.1:7001/" },
  expected: null,
  asExpected: null,
  timeline: timelineOf(20, 222),
});

/** A run that cannot tell. */
export const UNTOLD: Run = runWith({
  id: "cache-lock/many@example.net#1",
  case: "many",
  variant: null,
  target: { kind: "url", name: "example.net", version: null, url: "http://example.net/a?b=c&d=e" },
  expected: null,
  verdict: "inconclusive",
  asExpected: null,
  reason: "Cannot reach the target: connection refused",
  metrics: {},
  timeline: [],
});

/** A run that was not made for lack of a need. */
export const UNMET: Run = runWith({
  ...UNTOLD,
  id: "cache-lock/h2-cancel@example.net#1",
  case: "h2-cancel",
  unmet: ["figures"],
  reason: "The target tells no figures (give --stats-url)",
});

/** A result of these runs. */
export function resultOf(...runs: Run[]): Result {
  return {
    schema: RESULT_SCHEMA,
    tool: { name: "edge-repro", version: "0.1.0", deno: "2.9.6", os: "linux", arch: "x86_64" },
    startedAt: "2026-11-21T10:00:00.000Z",
    durationMs: 4123.4,
    speed: 20,
    runs,
    summary: summarize(runs),
  };
}

/** A result with a run of every kind. */
export const EVERY_KIND: Result = resultOf(BUG, FIX, WRONG, PROBED, UNTOLD, UNMET);

/** Plain options of a usual terminal. */
export const PLAIN: ReportOptions = { color: false, width: 80, verbose: false };

/** What a caller knows of the cases. */
export const CASE: CaseInfo = {
  id: "disconnect",
  control: false,
  claim: "The proxy closes a reader's connection within the threshold after its client's FIN.",
  figure: "serverCloseMs",
  meaning: "Clients that have left go on costing.",
  provokes: "Readers queue behind a writer and send FIN while they wait.",
  rule: "fail when a reader was held longer than the threshold.",
  source: "Pingora 0.8.0, pingora-proxy/src/proxy_cache.rs",
  needs: [],
  defaults: {},
};
