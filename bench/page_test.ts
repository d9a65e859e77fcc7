// The page in the docs is the one that the kept result gives.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { drawPage } from "./page.ts";
import { type BenchResult, benchSchema, samplesOf, type Table, updated } from "./result.ts";

const read = (path: string) => Deno.readTextFile(new URL(`../docs/${path}`, import.meta.url));

Deno.test("docs/bench.md is drawn from docs/results/bench.json (else: deno task bench)", async () => {
  const result = benchSchema.parse(JSON.parse(await read("results/bench.json")));
  assertEquals(await read("bench.md"), drawPage(result));
});

Deno.test("what was not measured says so, with the reason, and its target is not known", () => {
  const result: BenchResult = {
    schema: "edge-repro/bench@1",
    date: "2026-01-01",
    versions: { nginx: null },
    system: { os: "linux", kernel: "6.1", arch: "x86_64", cores: 2 },
    parameters: { readers: 3 },
    tables: [{
      id: "one",
      title: "One",
      unit: "ms",
      meaning: "Something.",
      rows: [
        { subject: "ours", samples: samplesOf([3, 1, 2]) },
        { subject: "nginx", samples: samplesOf([]), note: "not installed here" },
      ],
      target: { text: "faster", met: null },
    }],
  };
  const page = drawPage(result);
  assertStringIncludes(page, "Versions: nginx not installed");
  assertStringIncludes(page, "| ours  |        2.0 | 1.0 | 3.0 |      3 |");
  assertStringIncludes(page, "| nginx |  no figure |");
  assertStringIncludes(page, "- nginx: not installed here.");
  assertStringIncludes(page, "Target: faster: not known.");
});

Deno.test("tables that are measured anew take the place of theirs, and the others say their date", () => {
  const table = (id: string, value: number): Table => ({
    id,
    title: id,
    unit: "ms",
    meaning: "Something.",
    rows: [{ subject: "ours", samples: samplesOf([value]) }],
  });
  const result = (date: string, ...tables: Table[]): BenchResult => ({
    schema: "edge-repro/bench@1",
    date,
    versions: {},
    system: { os: "linux", kernel: "6.1", arch: "x86_64", cores: 2 },
    parameters: {},
    tables,
  });
  const first = result("2026-01-01", table("a", 1), table("b", 2));
  const second = updated(first, result("2026-02-02", table("c", 4), table("b", 3)));
  assertEquals(second, {
    ...result("2026-02-02"),
    tables: [{ ...table("a", 1), date: "2026-01-01" }, table("b", 3), table("c", 4)],
  });
  const third = updated(second, result("2026-03-03", table("a", 5)));
  assertEquals(third.tables.map(({ id, date }) => [id, date]), [
    ["a", undefined],
    ["b", "2026-02-02"],
    ["c", "2026-02-02"],
  ]);
  assertStringIncludes(drawPage(third), "Something. Measured on 2026-02-02.");
  // On one day nothing need be said.
  assertEquals(updated(first, result("2026-01-01", table("b", 9))).tables[0], table("a", 1));
});
