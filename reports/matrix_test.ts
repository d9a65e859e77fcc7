// Tests of the matrix, on a terminal and as a page.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { Run } from "../lab/result.ts";
import { arbitraryResult } from "../lab/result_arbitrary.ts";
import type { ReportOptions } from "./format.ts";
import { matrix } from "./matrix.ts";
import { matricesOf } from "./matrix_cells.ts";
import { matrixPage } from "./matrix_page.ts";
import { BUG, CASE, FIX, PLAIN, PROBED, resultOf, runWith } from "./testdata.ts";
import { textWidth } from "./text.ts";

const OPTIONS: ReportOptions = {
  ...PLAIN,
  caseInfo: (run) => ({ ...CASE, id: run.case, uses: ["collapsing"] }),
};

/** A run of `disconnect` against nginx. */
const nginx = (repeat: number, changes: Partial<Run> = {}): Run =>
  runWith({
    ...PROBED,
    case: "disconnect",
    id: `cache-lock/disconnect@nginx#${repeat}`,
    repeat,
    ...changes,
  });

const held = (max: number): Partial<Run> => ({
  metrics: {
    serverCloseMs: { unit: "ms", count: 3, min: 0, p50: 0, p90: 0, p99: 0, max, mean: 0 },
  },
});

const cells = (...runs: Run[]) =>
  matricesOf(resultOf(...runs), OPTIONS)
    .flatMap(({ rows }) => rows.map((row) => row.cells.map((cell) => cell?.text)));

const firstRow = (options: ReportOptions, ...runs: Run[]) =>
  matricesOf(resultOf(...runs), options)[0]?.rows[0];

Deno.test("each scenario has a table of its own, with the targets that its cases were run against", () => {
  const other = runWith({
    ...FIX,
    scenario: "stale-read",
    case: "head",
    id: "stale-read/head@fix#1",
  });
  const tables = matricesOf(resultOf(BUG, nginx(1), other), OPTIONS);
  assertEquals(
    tables.map(({ scenario, targets }) => [scenario, targets.map(({ name }) => name)]),
    [["cache-lock", ["bug", "nginx"]], ["stale-read", ["fix"]]],
  );
  const page = matrixPage.render(resultOf(BUG, nginx(1), other), OPTIONS);
  assertMatch(page, /^## `cache-lock`$/m);
  assertMatch(page, /^## `stale-read`$/m);
  assertMatch(page, /^\| `stale-read\/head` \| `serverCloseMs` \| ✅/m);
});

Deno.test("a cell whose repeats agree has the verdict, and the middle of the figure", () => {
  assertEquals(cells(BUG, FIX), [["fail 222 ms", "pass 222 ms"]]);
  assertEquals(cells(nginx(1, held(100)), nginx(2, held(300)), nginx(3, held(200))), [[
    "fail 200 ms",
  ]]);
  const asked = { metrics: { serverCloseMs: { unit: "count", value: 4 } } };
  assertEquals(cells(nginx(1, asked)), [["fail 4×"]]);
  const bare = firstRow(OPTIONS, nginx(1, { metrics: {} }))?.cells[0];
  assertEquals([bare?.text, bare?.note], ["fail", PROBED.reason]);
});

Deno.test("a cell whose repeats differ shows the spread and every reason, and no verdict", () => {
  const runs = [nginx(1), nginx(2, { verdict: "pass", reason: "let go" }), nginx(3)];
  const row = firstRow(OPTIONS, ...runs);
  assertEquals(row?.cells[0]?.verdict, "spread");
  assertEquals(row?.cells[0]?.text, "1 pass, 2 fail");
  assertStringIncludes(row?.cells[0]?.note ?? "", "pass: let go");
  assertStringIncludes(row?.cells[0]?.note ?? "", "fail: 3 of 3 readers");
});

Deno.test("an inconclusive cell names the unmet need, or the feature that the manual lacks", () => {
  const untold = { verdict: "inconclusive" as const, reason: "the readers did not queue" };
  const options = { ...OPTIONS, lacks: () => ({ collapsing: "there is no lock (manual)" }) };
  const cellOf = (run: Run, given: ReportOptions) => firstRow(given, run)?.cells[0];
  const unmet = cellOf(nginx(1, { ...untold, unmet: ["figures"] }), OPTIONS);
  assertEquals([unmet?.text, unmet?.note], ["no figures", "the readers did not queue"]);
  const lacking = cellOf(nginx(1, untold), options);
  assertEquals(lacking?.text, "no collapsing");
  assertEquals(lacking?.note, "there is no lock (manual); the readers did not queue");
  assertEquals(cellOf(nginx(1, untold), OPTIONS)?.text, "untold");
  // What was measured stands, whatever a manual says.
  assertEquals(cellOf(nginx(1), options)?.text, "fail 222 ms");
});

Deno.test("on a terminal columns that do not fit go below, and notes are numbered once", () => {
  const targets = ["alpha", "beta", "gamma", "delta", "epsilon"];
  const runs = targets.map((name) =>
    nginx(1, {
      target: { ...PROBED.target, name },
      verdict: "inconclusive",
      reason: "the same reason for all",
    })
  );
  for (const width of [20, 40, 80, 200]) {
    const text = matrix.render(resultOf(...runs), { ...OPTIONS, width });
    for (const name of targets) assertStringIncludes(text, name);
    assertEquals(text.match(/\[1\] the same/g)?.length ?? 0, 1, text);
    assert(!text.includes("[2]"), text);
    if (width >= 40) {
      for (const line of text.split("\n")) assert(textWidth(line) <= width, line);
    }
  }
});

Deno.test("the page has versions, what a fail means, and the way around it where there is one", () => {
  const remedies = (run: Run) =>
    run.target.name === "nginx" ? [{ name: "no-lock", what: "proxy_cache_lock off" }] : [];
  const around = nginx(1, {
    target: { ...PROBED.target, name: "nginx+no-lock" },
    verdict: "pass",
    ...held(3),
  });
  const page = (...runs: Run[]) =>
    matrixPage.render(resultOf(BUG, FIX, ...runs), { ...OPTIONS, remedies });
  const text = page(nginx(1), around);
  assertMatch(text, /^\| case \| figure \| bug \| fix \| nginx \|$/m);
  const cells = "`serverCloseMs` | ❌ 222 ms | ✅ 222 ms | ❌ 222 ms |";
  assertStringIncludes(text, `\n| \`cache-lock/disconnect\` | ${cells}\n`);
  assertStringIncludes(text, "nginx 1.22.1");
  const meaning = "| `cache-lock/disconnect` | Clients that have left go on costing. |";
  assertStringIncludes(
    text,
    `${meaning} nginx \`+no-lock\` (pass 3 ms): proxy\\_cache\\_lock off |`,
  );
  assertStringIncludes(page(nginx(1)), "`+no-lock` (not measured)");
  // No way around what did not fail.
  assertStringIncludes(page(nginx(1, { verdict: "pass" })), `${meaning}  |`);
});

Deno.test("what was measured with a way around stands below the table on a terminal", () => {
  const around = nginx(1, { target: { ...PROBED.target, name: "nginx+no-lock" }, ...held(3) });
  const text = matrix.render(resultOf(BUG, nginx(1), around), OPTIONS);
  assertMatch(text, /^with ways around .*:\nnginx\+no-lock +cache-lock\/disconnect +fail 3 ms$/m);
  assertMatch(text, /^ +bug +nginx$/m);
});

Deno.test("whatever the result, both formats render, and every case has its row", () => {
  fc.assert(
    fc.property(arbitraryResult, (result) => {
      const rows = matricesOf(result, OPTIONS).flatMap((one) => one.rows);
      assertEquals(
        new Set(rows.map(({ selector }) => selector)).size,
        new Set(result.runs.map((run) => `${run.scenario}/${run.case}`)).size,
      );
      assert(matrix.render(result, OPTIONS).endsWith("\n"));
      assert(matrixPage.render(result, OPTIONS).endsWith("\n"));
    }),
    { numRuns: 50 },
  );
});
