// Results of every kind, for the tests that must hold for all of them.

import fc from "fast-check";
import { type Result, RESULT_SCHEMA, type Run, summarize } from "./result.ts";

// JSON has no -0, and a key `__proto__` is not a key like others in JavaScript.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n === 0 ? 0 : n);
const ms = fc.double({ min: 0, max: 1e7, noNaN: true }).map((n) => n === 0 ? 0 : n);
const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }));
const key = text.filter((name) => name !== "__proto__");
const record = <T>(values: fc.Arbitrary<T>) =>
  fc.dictionary(key, values, { maxKeys: 4, noNullPrototype: true });
const paramValues = record(fc.oneof(number, text, fc.boolean()));

const metric: fc.Arbitrary<Run["metrics"][string]> = fc.oneof(
  fc.record({ unit: text, value: number }),
  fc.record({
    unit: text,
    count: fc.integer({ min: 1, max: 10_000 }),
    min: number,
    p50: number,
    p90: number,
    p99: number,
    max: number,
    mean: number,
  }),
);

const timeline = fc.array(
  fc.record({
    atMs: ms,
    lane: fc.constantFrom("writer", "origin", "reader-1", "reader-2", "reader-10"),
    event: fc.oneof(fc.constantFrom("request-sent", "fin-sent", "server-closed"), text),
    detail: record(fc.oneof(text, number, fc.boolean(), fc.constant(null))),
  }),
  { maxLength: 12 },
).map((events) => events.toSorted((a, b) => a.atMs - b.atMs));

const target: fc.Arbitrary<Run["target"]> = fc.record({
  kind: fc.constantFrom("embedded" as const, "engine" as const, "url" as const),
  name: text,
  version: fc.option(text),
  url: fc.webUrl(),
  flags: fc.array(text, { minLength: 1, maxLength: 4 }),
}, { requiredKeys: ["kind", "name", "version", "url"] });

/** What a run was for and came to: the combinations that the runner can make, and no others. */
type Standing = Pick<Run, "control" | "variant" | "expected" | "verdict" | "asExpected" | "unmet">;

const standing: fc.Arbitrary<Standing> = fc.record({
  control: fc.boolean(),
  variant: fc.constantFrom("bug" as const, "fix" as const, null),
  verdict: fc.constantFrom("pass" as const, "fail" as const, "inconclusive" as const),
  isUnmet: fc.boolean(),
}).map(({ control, variant, verdict, isUnmet }) => {
  const expected = variant === null ? null : variant === "bug" && !control ? "fail" : "pass";
  return {
    control,
    variant,
    expected,
    verdict,
    asExpected: expected === null ? null : verdict === expected,
    ...(isUnmet && verdict === "inconclusive" ? { unmet: ["figures"] } : {}),
  };
});

/** One run of any kind. */
export const arbitraryRun: fc.Arbitrary<Run> = fc.tuple(
  standing,
  fc.record({
    id: text,
    scenario: fc.constantFrom("cache-lock", "stale-read"),
    case: fc.constantFrom("close", "many"),
    repeat: fc.integer({ min: 1, max: 9 }),
    target,
    reason: text,
    nominal: paramValues,
    params: paramValues,
    metrics: record(metric),
    timeline,
    durationMs: ms,
  }),
).map(([judged, rest]) => ({ ...rest, ...judged }));

/** A result of any runs, no two of one id, with the summary that belongs to them. */
export const arbitraryResult: fc.Arbitrary<Result> = fc.record({
  runs: fc.uniqueArray(arbitraryRun, { maxLength: 5, selector: (run) => run.id }),
  startedAt: fc.date({
    min: new Date("2000-01-01T00:00:00Z"),
    max: new Date("2100-01-01T00:00:00Z"),
    noInvalidDate: true,
  }).map((date) => date.toISOString()),
  durationMs: ms,
  speed: fc.double({ min: 0.01, max: 1000, noNaN: true }),
  version: text,
}).map(({ runs, startedAt, durationMs, speed, version }) => ({
  schema: RESULT_SCHEMA,
  tool: { name: "edge-repro" as const, version, deno: "2.9.6", os: "linux", arch: "x86_64" },
  startedAt,
  durationMs,
  speed,
  runs,
  summary: summarize(runs),
}));
