// The result of a command, schema `edge-repro/result@1`: its types, and the schema that reads it and
// that the JSON Schema is made from. The compiler holds the two together.

import { z } from "zod";
import { UsageError } from "./errors.ts";
import type { Distribution, Value } from "./metrics.ts";
import type { TimelineEvent } from "./timeline.ts";
import type { Variant, Verdict } from "./verdict.ts";

/** The name and version of the result's format. */
export const RESULT_SCHEMA = "edge-repro/result@1";

/** The result of one command. */
export interface Result {
  /** `edge-repro/result@1`. */
  schema: typeof RESULT_SCHEMA;
  /** The program that wrote it. */
  tool: Tool;
  /** When the command began, ISO 8601 in UTC. */
  startedAt: string;
  /** How long it took, in milliseconds. */
  durationMs: number;
  /** How many times faster than nominal it was paced. */
  speed: number;
  /** The runs, in the order in which they were asked for. */
  runs: Run[];
  /** How they came out. */
  summary: Summary;
}

/** The program that wrote a result. */
export interface Tool {
  /** `edge-repro`. */
  name: "edge-repro";
  /** Its version. */
  version: string;
  /** The runtime's version. */
  deno: string;
  /** The operating system, as the runtime names it. */
  os: string;
  /** The processor, as the runtime names it. */
  arch: string;
  /** The kernel's release, where it may be asked for. */
  kernel?: string | undefined;
}

/** One run of one case against one target. */
export interface Run {
  /** `SCENARIO/CASE@VARIANT#REPEAT`, with the target's name where there is no variant. */
  id: string;
  /** The scenario's id. */
  scenario: string;
  /** The case's id in it. */
  case: string;
  /** Whether both variants must pass. */
  control: boolean;
  /** Counts from 1. */
  repeat: number;
  /** What the embedded servers were started with; null for a probe. */
  variant: Variant | null;
  /** What it was aimed at. */
  target: RunTarget;
  /** What the case declares for the variant; null for a probe. */
  expected: "pass" | "fail" | null;
  /** What the judge said. */
  verdict: Verdict;
  /** Whether that is what was expected; null for a probe. */
  asExpected: boolean | null;
  /** The needs that were not there; absent where the run was judged. */
  unmet?: string[] | undefined;
  /** The judge's sentence. */
  reason: string;
  /** How many times faster than nominal it was paced; absent in results of older versions. */
  speed?: number | undefined;
  /** The parameters before pacing; durations in milliseconds. */
  nominal: Record<string, number | string | boolean>;
  /** The parameters in force; durations in milliseconds. */
  params: Record<string, number | string | boolean>;
  /** What was measured, by name. */
  metrics: Record<string, Value | Distribution>;
  /** What happened, earliest first. */
  timeline: TimelineEvent[];
  /** How long it took, in milliseconds. */
  durationMs: number;
}

/** What a run was aimed at. */
export interface RunTarget {
  /** Our own servers, a product that we started, or something that ran already. */
  kind: "embedded" | "engine" | "url";
  /** `embedded`, the engine's name, or the URL's host. */
  name: string;
  /** The engine's version; null where it is not known. */
  version: string | null;
  /** Where it was, without credentials. */
  url: string;
  /** Words of a command line: how else it was reached, without secrets; absent where that is all. */
  flags?: string[] | undefined;
}

/** How many runs came out how. */
export interface Summary {
  /** All of them. */
  runs: number;
  /** Those that came out as their case declares. */
  asExpected: number;
  /** Those that passed. */
  pass: number;
  /** Those that failed. */
  fail: number;
  /** Those that cannot tell, the unmet ones included. */
  inconclusive: number;
  /** Those whose need was not there. */
  unmet: number;
}

const verdict = z.enum(["pass", "fail", "inconclusive"]);
const ms = z.number().nonnegative();
const count = z.int().nonnegative();
const paramValues = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

const valueSchema = z.strictObject({ unit: z.string(), value: z.number() });

const distributionSchema = z.strictObject({
  unit: z.string(),
  count: z.int().positive(),
  min: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  max: z.number(),
  mean: z.number(),
});

const timelineEventSchema = z.strictObject({
  atMs: ms.describe("Milliseconds since the run began"),
  lane: z.string().describe("The connection or actor"),
  event: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

const targetSchema = z.strictObject({
  kind: z.enum(["embedded", "engine", "url"]),
  name: z.string(),
  version: z.string().nullable(),
  url: z.string().describe("Without credentials"),
  flags: z.array(z.string()).min(1).optional()
    .describe("Words of a command line: how else a probe reached it, without secrets"),
});

const runSchema = z.strictObject({
  id: z.string().describe("SCENARIO/CASE@VARIANT-or-target#REPEAT"),
  scenario: z.string(),
  case: z.string(),
  control: z.boolean(),
  repeat: z.int().positive(),
  variant: z.enum(["bug", "fix"]).nullable().describe("null for a probe"),
  target: targetSchema,
  expected: z.enum(["pass", "fail"]).nullable().describe("null for a probe"),
  verdict,
  asExpected: z.boolean().nullable().describe("null for a probe"),
  unmet: z.array(z.string()).min(1).optional()
    .describe("The needs that were not there; only on a run that was not made for lack of them"),
  reason: z.string(),
  speed: z.number().positive().optional()
    .describe("The run's pace, where it is not the result's; engines have constants of their own"),
  nominal: paramValues.describe("The parameters before pacing; durations in milliseconds"),
  params: paramValues.describe("The parameters in force; durations in milliseconds"),
  metrics: z.record(z.string(), z.union([distributionSchema, valueSchema])),
  timeline: z.array(timelineEventSchema),
  durationMs: ms,
});

const summarySchema = z.strictObject({
  runs: count,
  asExpected: count,
  pass: count,
  fail: count,
  inconclusive: count.describe("Runs that cannot tell, the unmet ones included"),
  unmet: count.describe("Runs whose need was not there"),
});

/** The zod schema of a result. */
export const resultSchema = z.strictObject({
  schema: z.literal(RESULT_SCHEMA),
  tool: z.strictObject({
    name: z.literal("edge-repro"),
    version: z.string(),
    deno: z.string(),
    os: z.string(),
    arch: z.string(),
    kernel: z.string().optional().describe("The kernel's release, where it may be asked for"),
  }),
  startedAt: z.iso.datetime(),
  durationMs: ms,
  speed: z.number().positive(),
  runs: z.array(runSchema),
  summary: summarySchema,
}).describe("What one edge-repro command ran and what came of it") satisfies z.ZodType<Result>;

/** The JSON Schema (draft 2020-12) of a result. */
export function resultJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(resultSchema), title: RESULT_SCHEMA };
}

/** Counts runs by what came of them. */
export function summarize(runs: readonly Run[]): Summary {
  const having = (test: (run: Run) => boolean) => runs.filter(test).length;
  return {
    runs: runs.length,
    asExpected: having((run) => run.asExpected === true),
    pass: having((run) => run.verdict === "pass"),
    fail: having((run) => run.verdict === "fail"),
    inconclusive: having((run) => run.verdict === "inconclusive"),
    unmet: having((run) => run.unmet !== undefined),
  };
}

/**
 * The exit code that a result stands for: 1 when a run came out other than expected or a probe found
 * the bug, 3 when none did but one could not tell, otherwise 0.
 *
 * @param strict Whether an unmet need counts as a run that could not tell.
 */
export function exitCodeOf(runs: readonly Run[], strict: boolean): 0 | 1 | 3 {
  const judged = runs.filter((run) => run.verdict !== "inconclusive");
  const wrong = judged.some((run) =>
    run.expected === null ? run.verdict === "fail" : run.asExpected === false
  );
  if (wrong) return 1;
  const untold = runs.some((run) =>
    run.verdict === "inconclusive" && (strict || run.unmet === undefined)
  );
  return untold ? 3 : 0;
}

/**
 * Reads a saved result.
 *
 * @param text JSON of schema `edge-repro/result@1`.
 * @param source Where it came from, for the message.
 * @throws {UsageError} when it is not JSON, not a result of ours, or of another schema version.
 */
export function parseResult(text: string, source: string): Result {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UsageError(`Cannot read ${source}: it is not JSON`);
  }
  const schema = typeof json === "object" && json !== null && "schema" in json
    ? json.schema
    : undefined;
  if (typeof schema !== "string" || !schema.startsWith("edge-repro/result@")) {
    throw new UsageError(`Cannot read ${source}: it is not an edge-repro result`);
  }
  if (schema !== RESULT_SCHEMA) {
    throw new UsageError(
      `Cannot read ${source}: received schema '${schema}', expected '${RESULT_SCHEMA}'`,
    );
  }
  const parsed = resultSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(
    `Cannot read ${source}: ${issue?.path.join(".") || "the result"}: ${issue?.message}`,
  );
}
