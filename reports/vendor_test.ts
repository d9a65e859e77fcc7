// Tests of the bug report for a vendor.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Result } from "../lab/result.ts";
import type { ReportOptions } from "./format.ts";
import {
  BUG,
  CASE,
  EVERY_KIND,
  FIX,
  PLAIN,
  PROBED,
  resultOf,
  UNMET,
  UNTOLD,
  WRONG,
} from "./testdata.ts";
import { vendor } from "./vendor.ts";

const render = (result: Result, options: Partial<ReportOptions> = {}) =>
  vendor.render(result, { ...PLAIN, caseInfo: () => CASE, ...options });

Deno.test("a failing probe's report has all that a vendor asks for", () => {
  const text = render(resultOf(PROBED), {
    flags: () => ["--num-readers", "20"],
    curl: () => ["curl http://127.0.0.1:7001/x &"],
    command: "edge-repro probe cache-lock/many --target engine:nginx",
  });
  for (
    const part of [
      "# Bug report\n",
      "```sh\nedge-repro probe cache-lock/many --target engine:nginx\n```",
      "## cache-lock/many fails on nginx 1.22.1\n",
      "```sh\nedge-repro probe cache-lock/many --target engine:nginx --speed 20 --num-readers 20\n```",
      "The same with curl:\n\n```sh\ncurl http://127.0.0.1:7001/x &\n```",
      `### Expected\n\n${CASE.claim}`,
      "### Seen\n\n3 of 3 readers were held 222 ms",
      "| `serverCloseMs` | ms | 3 |",
      "server-closed ×20",
      "- target: `nginx 1.22.1 at http://127.0.0.1:7001/`",
      "- edge-repro 0.1.0, Deno 2.9.6, linux x86\\_64",
      "paced 20 times as fast",
      "| `originDelayMs` | 5000 | 250 |",
      "- Pingora 0.8.0, pingora-proxy/src/proxy\\_cache.rs",
    ]
  ) assertStringIncludes(text, part);
  assert(!text.includes("the lab's own model"));
});

Deno.test("a run on an embedded server is labelled as the lab's own model", () => {
  const text = render(resultOf(BUG, FIX));
  assertStringIncludes(
    text,
    "## cache-lock/disconnect fails on edge-repro's own model, variant bug",
  );
  assertStringIncludes(text, "not a vendor's product");
  assertStringIncludes(text, "edge-repro repro cache-lock/disconnect --variant bug\n");
});

Deno.test("each failing run has a section, and no other", () => {
  const sections = render(EVERY_KIND).match(/^## .*$/gm) ?? [];
  assertEquals(sections.map((title) => title.split(" ")[1]), [
    "cache-lock/disconnect",
    "cache-lock/close",
    "cache-lock/many",
  ]);
});

Deno.test("what else was run against the same target stands beside it", () => {
  const control = { ...PROBED, id: "cache-lock/collapse@nginx#1", verdict: "pass" as const };
  const text = render(resultOf(PROBED, control, BUG));
  const [, beside = ""] = text.split("### Other cases on the same target");
  assertStringIncludes(beside, "| `cache-lock/collapse@nginx#1` | pass |");
  assert(!beside.split("### Versions")[0]?.includes("@bug"));
});

Deno.test("a result without a failure says so plainly", () => {
  assertStringIncludes(render(resultOf(FIX)), "# Nothing to report\n\nThe one run did not show");
  assertStringIncludes(render(resultOf(FIX, FIX)), "None of the 2 runs showed the bug.");
  assertStringIncludes(render(resultOf()), "The result holds no runs.");
});

Deno.test("runs that could not tell are no proof of health", () => {
  const text = render(resultOf(UNTOLD, UNMET));
  assertStringIncludes(text, "These could not tell, which is no proof of health:");
  assertStringIncludes(text, "- `cache-lock/many@example.net#1`: Cannot reach the target");
});

Deno.test("a target known by its URL alone asks for its version", () => {
  const text = render(resultOf({ ...WRONG, ...UNTOLD, verdict: "fail" }));
  assertStringIncludes(text, "--target 'http://example.net/a?b=c&d=e' --speed 20\n");
  assertStringIncludes(text, "- version of the target: (please add)");
});

Deno.test("without what the caller knows of the case the report still stands", () => {
  const text = vendor.render(resultOf(PROBED), PLAIN);
  assertStringIncludes(text, "The case cache-lock/many passes.");
  assert(!text.includes("undefined"));
  assert(!text.includes("curl"));
});
