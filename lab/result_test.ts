// Tests of the result: its schema file, reading it back, exit codes and summaries.

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "./errors.ts";
import {
  exitCodeOf,
  parseResult,
  type Result,
  resultSchema,
  type Run,
  summarize,
} from "./result.ts";
import { arbitraryResult, arbitraryRun } from "./result_arbitrary.ts";
import { SCHEMA_FILE, schemaFileText } from "./write_schema.ts";

/** The sample of the documentation, completed: its `runs` hold one of the eight. */
const SAMPLE = {
  schema: "edge-repro/result@1",
  tool: { name: "edge-repro", version: "0.1.0", deno: "2.9.6", os: "linux", arch: "x86_64" },
  startedAt: "2026-11-21T10:00:00.000Z",
  durationMs: 4123.4,
  speed: 20,
  runs: [{
    id: "cache-lock/disconnect@bug#1",
    scenario: "cache-lock",
    case: "disconnect",
    control: false,
    repeat: 1,
    variant: "bug",
    target: { kind: "embedded", name: "embedded", version: null, url: "http://127.0.0.1:41233" },
    expected: "fail",
    verdict: "fail",
    asExpected: true,
    reason: "3 of 3 readers were held 222 ms after they disconnected, until the writer's answer " +
      "(threshold 100 ms)",
    nominal: { lockWaitTimeoutMs: 60000 },
    params: { lockWaitTimeoutMs: 3000 },
    metrics: {
      serverCloseMs: {
        unit: "ms",
        count: 3,
        min: 0,
        p50: 0,
        p90: 0,
        p99: 0,
        max: 0,
        mean: 0,
      },
      originRequests: { unit: "count", value: 1 },
    },
    timeline: [{ atMs: 0.0, lane: "writer", event: "request-sent", detail: {} }],
    durationMs: 3300.1,
  }],
  summary: { runs: 8, asExpected: 8, pass: 4, fail: 4, inconclusive: 0, unmet: 0 },
};

Deno.test("the JSON Schema file is the one that the types give", async () => {
  const kept = await Deno.readTextFile(SCHEMA_FILE);
  assert(
    kept === schemaFileText(),
    "docs/result.schema.json is out of date: write it anew with lab/write_schema.ts",
  );
});

Deno.test("the documented sample is a result", () => {
  assertEquals(parseResult(JSON.stringify(SAMPLE), "sample.json") as unknown, SAMPLE);
});

Deno.test("every result survives being saved and read", () => {
  fc.assert(fc.property(arbitraryResult, (result: Result) => {
    assertEquals(parseResult(JSON.stringify(result), "r.json"), result);
  }));
});

const UNREADABLE: Record<string, [text: string, message: string]> = {
  "broken JSON": ['{"schema":', "Cannot read r.json: it is not JSON"],
  "an empty file": ["", "Cannot read r.json: it is not JSON"],
  "a list": ["[]", "Cannot read r.json: it is not an edge-repro result"],
  "null": ["null", "Cannot read r.json: it is not an edge-repro result"],
  "another program's JSON": [
    '{"schema":"other@1"}',
    "Cannot read r.json: it is not an edge-repro result",
  ],
  "another version's result": [
    '{"schema":"edge-repro/result@2"}',
    "Cannot read r.json: received schema 'edge-repro/result@2', expected 'edge-repro/result@1'",
  ],
  "a result with an unknown verdict": [
    JSON.stringify({ ...SAMPLE, runs: [{ ...SAMPLE.runs[0], verdict: "maybe" }] }),
    "Cannot read r.json: runs.0.verdict: ",
  ],
  "a result with a field too many": [
    JSON.stringify({ ...SAMPLE, token: "x" }),
    "Cannot read r.json: ",
  ],
};

for (const [what, [text, message]] of Object.entries(UNREADABLE)) {
  Deno.test(`${what} is refused in one line that says why`, () => {
    const error = assertThrows(() => parseResult(text, "r.json"), UsageError, message);
    assertEquals(error.message.split("\n").length, 1);
  });
}

const runs = fc.array(arbitraryRun, { maxLength: 6 });
const isWrong = (run: Run) =>
  run.verdict !== "inconclusive" &&
  (run.expected === null ? run.verdict === "fail" : run.verdict !== run.expected);

Deno.test("a run that came out wrong makes the exit code 1, whatever else happened", () => {
  fc.assert(fc.property(runs, fc.boolean(), (some, strict) => {
    assertEquals(exitCodeOf(some, strict) === 1, some.some(isWrong));
  }));
});

Deno.test("an unmet need counts under strict alone, any other open run always", () => {
  fc.assert(fc.property(runs, (some) => {
    const sound = some.filter((run) => !isWrong(run));
    const open = sound.filter((run) => run.verdict === "inconclusive");
    assertEquals(exitCodeOf(sound, true), open.length > 0 ? 3 : 0);
    assertEquals(exitCodeOf(sound, false), open.some((run) => !run.unmet) ? 3 : 0);
  }));
});

Deno.test("an inconclusive run is never taken for a wrong one", () => {
  fc.assert(fc.property(arbitraryRun, (run) => {
    const open: Run = { ...run, verdict: "inconclusive", asExpected: false };
    assertEquals(exitCodeOf([open], true), 3);
  }));
});

Deno.test("the order of the runs does not change exit code or summary", () => {
  fc.assert(fc.property(runs, fc.boolean(), (some, strict) => {
    const reversed = some.toReversed();
    assertEquals(exitCodeOf(reversed, strict), exitCodeOf(some, strict));
    assertEquals(summarize(reversed), summarize(some));
  }));
});

Deno.test("a summary counts each run once by its verdict", () => {
  fc.assert(fc.property(runs, (some) => {
    const { runs: total, pass, fail, inconclusive, unmet, asExpected } = summarize(some);
    assertEquals(total, some.length);
    assertEquals(pass + fail + inconclusive, total);
    assertEquals(unmet, some.filter((run) => run.unmet).length);
    assert(unmet <= inconclusive);
    assertEquals(asExpected, some.filter((run) => run.asExpected).length);
  }));
});

Deno.test("a summary of two lists is the sum of theirs", () => {
  fc.assert(fc.property(runs, runs, (a, b) => {
    const [left, right] = [summarize(a), summarize(b)];
    assertEquals(summarize([...a, ...b]).fail, left.fail + right.fail);
    assertEquals(summarize([...a, ...b]).asExpected, left.asExpected + right.asExpected);
  }));
});

Deno.test("every result that is made here fits the schema", () => {
  fc.assert(fc.property(arbitraryResult, (result) => {
    assert(resultSchema.safeParse(result).success);
  }));
});
