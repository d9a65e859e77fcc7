// Tests of the TAP report.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { arbitraryResult } from "../lab/result_arbitrary.ts";
import { outcomeOf } from "./outcome.ts";
import { tap } from "./tap.ts";
import { EVERY_KIND, PLAIN, resultOf, UNTOLD, WRONG } from "./testdata.ts";

const linesOf = (text: string) => text.trimEnd().split("\n");

Deno.test("the version, the plan and a test point a run, skipped where it cannot tell", () => {
  const lines = linesOf(tap.render(EVERY_KIND, PLAIN)).filter((line) => !line.startsWith(" "));
  assertEquals(lines, [
    "TAP version 14",
    "1..6",
    "ok 1 - cache-lock/disconnect@bug\\#1: fail, as expected",
    "ok 2 - cache-lock/disconnect@fix\\#1: pass, as expected",
    "not ok 3 - cache-lock/close@fix\\#1: fail, expected pass",
    "not ok 4 - cache-lock/many@nginx\\#1: fail",
    "ok 5 - cache-lock/many@example.net\\#1: inconclusive # SKIP Cannot reach the target: " +
    "connection refused",
    "ok 6 - cache-lock/h2-cancel@example.net\\#1: inconclusive, unmet need: figures # SKIP " +
    "The target tells no figures (give --stats-url)",
  ]);
});

Deno.test("a failure carries its diagnostics as YAML", () => {
  const lines = linesOf(tap.render(resultOf({ ...WRONG, reason: 'a "b": c\n\u0085#' }), PLAIN));
  assertEquals(lines.slice(3, 9), [
    "  ---",
    '  message: "a \\"b\\": c\\n\\u0085#"',
    '  severity: "fail"',
    '  verdict: "fail"',
    '  expected: "pass"',
    '  target: "the lab\'s own model (variant fix) at http://127.0.0.1:41233/"',
  ]);
  assertEquals(lines.at(-1), "  ...");
  const event = lines.find((line) => line.includes("fin-sent")) ?? "";
  assertEquals(JSON.parse(event.replace("    - ", "")).lane, "reader-1");
});

Deno.test("whatever a result holds, each line is one of TAP's", () => {
  fc.assert(fc.property(arbitraryResult, (result) => {
    const [version, plan, ...rest] = linesOf(tap.render(result, PLAIN));
    assertEquals(version, "TAP version 14");
    assertMatch(plan ?? "", /^1\.\.\d+( # SKIP .+)?$/);
    for (const line of rest) {
      assertMatch(line, /^(ok|not ok) \d+ - |^ {2}(---|\.\.\.)$|^ {2}[a-z]+: ?|^ {4}- \{.*\}$/);
    }
    const points = rest.filter((line) => /^(not )?ok /.test(line));
    assertEquals(points.length, result.runs.length);
    for (const [index, run] of result.runs.entries()) {
      const point = points[index] ?? "";
      const outcome = outcomeOf(run);
      assertEquals(point.startsWith("not ok"), outcome === "not-ok");
      // An unescaped `#` begins a directive: there is one on a skipped test point and on no other.
      const directives = point.replaceAll(/\\[\\#]/g, "").split("#").length - 1;
      assertEquals(directives, outcome === "inconclusive" || outcome === "unmet" ? 1 : 0);
    }
  }));
});

Deno.test("diagnostics stay on their lines, whatever the parameters hold", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const run = { ...WRONG, reason: text, params: { [text]: text } };
    const lines = linesOf(tap.render(resultOf(run), PLAIN));
    const message = lines.find((line) => line.startsWith("  message: ")) ?? "";
    assertEquals(JSON.parse(message.replace("  message: ", "")), text);
    assert(lines.filter((line) => line.startsWith("  params: ")).length === 1);
  }));
});

Deno.test("a reason of several lines stays on its test point's line", () => {
  const reason = "one\r\ntwo\u2028\\three # four";
  const lines = linesOf(tap.render(resultOf({ ...UNTOLD, reason }), PLAIN));
  assertEquals(lines.length, 3);
  assert(lines[2]?.endsWith(" # SKIP one two \\\\three \\# four"), lines[2]);
});

Deno.test("no runs are a plan of none", () => {
  assertStringIncludes(tap.render(resultOf(), PLAIN), "\n1..0 # SKIP ");
});
