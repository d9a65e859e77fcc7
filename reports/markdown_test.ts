// Tests of the Markdown report.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { arbitraryResult } from "../lab/result_arbitrary.ts";
import { markdown } from "./markdown.ts";
import { code, codeBlock, html, prose } from "./markdown_text.ts";
import { BUG, CASE, EVERY_KIND, FIX, PLAIN, resultOf, runWith } from "./testdata.ts";

/** The cells of a table's row, as GitHub's parser cuts them: at pipes that are not escaped. */
function cellsOf(row: string): string[] {
  return row.replaceAll(/\\./g, "xx").split("|").slice(1, -1).map((cell) => cell.trim());
}

Deno.test("the runs are a table with the summary above and the next steps below", () => {
  const text = markdown.render(EVERY_KIND, PLAIN);
  assertStringIncludes(text, "## edge-repro: 6 runs: 2 as expected; 1 pass, 3 fail");
  for (
    const row of [
      "| ✅ | `cache-lock/disconnect@bug#1` | fail, as expected | 3 of 3 readers were held",
      "| ❌ | `cache-lock/close@fix#1` | fail, expected pass | 3 of 3 readers were held " +
      "\\<222 ms\\> \\& more \\| after they closed |",
      "| ❔ | `cache-lock/many@example.net#1` | inconclusive | Cannot reach",
      "| ➖ | `cache-lock/h2-cancel@example.net#1` | inconclusive, unmet need: figures |",
    ]
  ) assertStringIncludes(text, "\n" + row);
  assertStringIncludes(text, "\n- unmet need figures (cache-lock/h2-cancel): --stats-url");
});

Deno.test("each run's details are folded: claim, target, the scenario's lines, tables, timeline", () => {
  const text = markdown.render(resultOf(BUG), {
    ...PLAIN,
    caseInfo: () => CASE,
    block: () => ["Total test time: ~5s"],
  });
  for (
    const part of [
      "<summary>cache-lock/disconnect@bug#1</summary>",
      `Healthy: ${CASE.claim}`,
      "Target: `the lab's own model (variant bug) at http://127.0.0.1:41233/`",
      "```text\nTotal test time: ~5s\n```",
      "| `serverCloseMs` | ms | 3 | 221.2 | 221.9 | 222.3 | 222.3 | 222.3 | 221.8 |",
      "| `originDelayMs` | 5000 | 250 |",
      "fin-sent ×3",
      "edge-repro 0.1.0, Deno 2.9.6, linux x86\\_64, speed 20, 2026-11-21T10:00:00.000Z",
    ]
  ) assertStringIncludes(text, part);
  assertEquals(text.match(/<details>/g)?.length, text.match(/<\/details>/g)?.length);
});

Deno.test("whatever a result holds, every row has the cells of its table", () => {
  fc.assert(fc.property(arbitraryResult, (result) => {
    const text = markdown.render(result, PLAIN);
    let columns = 0, fence = "";
    for (const line of text.split("\n")) {
      const ticks = /^`{3,}/.exec(line)?.[0] ?? "";
      if (fence === "") fence = ticks;
      else if (line === fence) fence = "";
      if (fence !== "" || !line.startsWith("|")) {
        columns = 0;
        continue;
      }
      const cells = cellsOf(line);
      columns ||= cells.length;
      assertEquals(cells.length, columns, line);
    }
    assertEquals(fence, "");
    assertEquals(text.match(/^<details>$/gm)?.length ?? 0, result.runs.length);
  }));
});

Deno.test("what Markdown or HTML would read is shown as it is", () => {
  assertEquals(
    prose("*a* <b> | [c](d)\n`e` #1 $x$"),
    "\\*a\\* \\<b\\> \\| \\[c\\](d) \\`e\\` \\#1 \\$x\\$",
  );
  assertEquals(prose("- a"), "\\- a");
  assertEquals(prose("1. a"), "1\\. a");
  assertEquals(prose("---"), "\\---");
  for (const plain of ["3 of 3", "1.5", "-1.5", "a - b"]) {
    assertEquals(prose(plain), plain);
  }
  assertEquals(code("a|b`c"), "a\\|b\\`c");
  assertEquals(code("a@b#1"), "`a@b#1`");
  assertEquals(html("<b>&"), "&lt;b&gt;&amp;");
});

Deno.test("a code block's fence is longer than any in it", () => {
  assertEquals(codeBlock(["a ```` b", "```"])[0], "`````text");
  assertEquals(codeBlock(["plain"]), ["```text", "plain", "```"]);
});

Deno.test("runs without measurements or parameters have no empty tables", () => {
  const text = markdown.render(resultOf(runWith({ metrics: {}, params: {}, timeline: [] })), PLAIN);
  assert(!text.includes("| metric"));
  assert(!text.includes("| parameter"));
  assert(!markdown.render(resultOf(BUG, FIX), PLAIN).includes("\n\n\n"));
});
