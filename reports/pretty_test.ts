// Tests of the report for people.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { arbitraryResult } from "../lab/result_arbitrary.ts";
import { INTERRUPTED } from "../lab/verdict.ts";
import { pretty } from "./pretty.ts";
import {
  BUG,
  CASE,
  EVERY_KIND,
  FIX,
  PLAIN,
  PROBED,
  resultOf,
  runWith,
  UNMET,
  UNTOLD,
  WRONG,
} from "./testdata.ts";
import { textWidth } from "./text.ts";

const linesOf = (text: string) => text.split("\n");

Deno.test("a run's line has mark, id, verdict, expectation and reason", () => {
  const text = "\n" + pretty.render(EVERY_KIND, { ...PLAIN, width: 200 });
  for (
    const line of [
      "✓ cache-lock/disconnect@bug#1 fail, as expected: 3 of 3 readers were held",
      "✓ cache-lock/disconnect@fix#1 pass, as expected: 3 of 3 readers were let go",
      "✗ cache-lock/close@fix#1 fail, expected pass: 3 of 3",
      "✗ cache-lock/many@nginx#1 fail: 3 of 3",
      "? cache-lock/many@example.net#1 inconclusive: Cannot reach the target",
      "- cache-lock/h2-cancel@example.net#1 inconclusive, unmet need: figures: The target",
    ]
  ) assertStringIncludes(text, "\n" + line, line);
});

Deno.test("the scenario's own lines stand indented under their run", () => {
  const block = () => ["Total test time: 300 ms", "", "  Min: 221 ms"];
  const text = pretty.render(resultOf(BUG, FIX), { ...PLAIN, width: 200, block });
  assertEquals(linesOf(text).slice(1, 5).map((line) => line.slice(0, 29)), [
    "    Total test time: 300 ms",
    "",
    "      Min: 221 ms",
    "✓ cache-lock/disconnect@fix#1",
  ]);
});

Deno.test("the timeline, the claim and the measurements are shown on request only", () => {
  const caseInfo = () => CASE;
  const short = pretty.render(resultOf(BUG), { ...PLAIN, caseInfo });
  const long = pretty.render(resultOf(BUG), { ...PLAIN, caseInfo, verbose: true });
  for (const shown of ["request-received", CASE.claim.slice(0, 40), "serverCloseMs: 3 samples"]) {
    assert(!short.includes(shown), shown);
    assertStringIncludes(long, shown);
  }
});

Deno.test("no line is wider than the terminal, whatever the result", () => {
  const widths = fc.integer({ min: 20, max: 130 });
  fc.assert(fc.property(arbitraryResult, widths, (result, width) => {
    const text = pretty.render(result, { ...PLAIN, width, verbose: true });
    for (const line of linesOf(text)) assert(textWidth(line) <= width, `${width}: '${line}'`);
  }));
});

Deno.test("colour adds codes and takes nothing away: without it the text is the same", () => {
  const options = { ...PLAIN, verbose: true, caseInfo: () => CASE };
  const coloured = pretty.render(EVERY_KIND, { ...options, color: true });
  assertStringIncludes(coloured, "\u001b[31m✗");
  assertStringIncludes(coloured, "\u001b[32m✓");
  // deno-lint-ignore no-control-regex -- the escape character begins a colour code
  const bare = coloured.replaceAll(/\u001b\[\d+m/g, "");
  assertEquals(bare, pretty.render(EVERY_KIND, options));
  assert(!bare.includes("\u001b"));
});

Deno.test("a target's escape sequences do not reach the terminal", () => {
  const run = runWith({ reason: "answered \u001b]0;owned\u0007" });
  const text = pretty.render(resultOf(run), { ...PLAIN, verbose: true });
  assertStringIncludes(text, "answered \\u{1b}]0;owned\\u{7}");
});

Deno.test("the summary counts, and names the next step of what is open or wrong", () => {
  const text = pretty.render(EVERY_KIND, { ...PLAIN, width: 300 });
  const [summary, ...steps] = linesOf(text).slice(-6, -1);
  assertEquals(
    summary,
    "6 runs: 2 as expected; 1 pass, 3 fail, 2 inconclusive, 1 of them unmet",
  );
  assertMatch(steps[0] ?? "", /not as expected: .*--verbose.* describe cache-lock\/close$/);
  assertMatch(steps[1] ?? "", /the bug is there: --format vendor/);
  assertMatch(steps[2] ?? "", /inconclusive .* run cache-lock\/many again$/);
  assertMatch(steps[3] ?? "", /unmet need figures \(cache-lock\/h2-cancel\): --stats-url URL/);
});

Deno.test("a run that its user ended asks for nothing to be mended", () => {
  const text = pretty.render(resultOf({ ...UNTOLD, reason: INTERRUPTED }), PLAIN);
  assertEquals(text.includes("mend what the reason names"), false);
});

Deno.test("when all is as expected there is nothing to do", () => {
  const text = pretty.render(resultOf(BUG, FIX), PLAIN);
  assertEquals(linesOf(text).at(-2), "2 runs: 2 as expected; 1 pass, 1 fail, 0 inconclusive");
});

Deno.test("a probe's summary speaks of no expectation", () => {
  const text = pretty.render(resultOf(PROBED), PLAIN);
  assertStringIncludes(text, "\n1 run: 0 pass, 1 fail, 0 inconclusive\n");
});

Deno.test("an unknown need points to the reason, a result without runs has its summary", () => {
  const text = pretty.render(resultOf({ ...UNMET, unmet: ["moon"] }), PLAIN);
  assertStringIncludes(text, "unmet need moon (cache-lock/h2-cancel): see the reason");
  assertStringIncludes(pretty.render(resultOf(), PLAIN), "0 runs: ");
});

Deno.test("many open cases are counted, not all named", () => {
  const runs = [1, 2, 3, 4, 5].map((n) => ({ ...UNTOLD, id: `x${n}`, case: `c${n}` }));
  const text = pretty.render(resultOf(...runs, WRONG), { ...PLAIN, width: 300 });
  assertStringIncludes(text, "run cache-lock/c1, cache-lock/c2, cache-lock/c3, 2 more again");
});
