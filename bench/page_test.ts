// The page in the docs is the one that the kept result gives.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { drawPage } from "./page.ts";
import { type BenchResult, benchSchema, samplesOf } from "./result.ts";

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
