// Tests of the JUnit report, read back by an XML parser.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { arbitraryResult } from "../lab/result_arbitrary.ts";
import { junit } from "./junit.ts";
import { EVERY_KIND, PLAIN, resultOf, runWith, WRONG } from "./testdata.ts";

const LISTS = new Set(["testsuite", "testcase", "property"]);
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
  isArray: (name) => LISTS.has(name),
});

function parse(xml: string) {
  assertEquals(XMLValidator.validate(xml), true);
  return parser.parse(xml).testsuites;
}

Deno.test("a suite a scenario, a test case a run, and counts that are theirs", () => {
  const other = runWith({ scenario: "stale-read", id: "stale-read/close@bug#1" });
  const root = parse(junit.render(resultOf(...EVERY_KIND.runs, other), PLAIN));
  const { tests, failures, errors, skipped, time } = root;
  assertEquals([tests, failures, errors, skipped, time], ["7", "2", "0", "2", "4.123"]);
  const suites: Record<string, unknown>[] = root.testsuite;
  assertEquals(
    suites.map((suite) => [suite.name, suite.tests, suite.failures, suite.skipped, suite.time]),
    [["cache-lock", "6", "2", "2", "1.801"], ["stale-read", "1", "0", "0", "0.300"]],
  );
  assertEquals(suites[0]?.timestamp, "2026-11-21T10:00:00");
});

Deno.test("a run not as expected fails, one that cannot tell is skipped with the reason", () => {
  const [suite] = parse(junit.render(EVERY_KIND, PLAIN)).testsuite;
  const cases: Record<string, unknown>[] = suite.testcase;
  assertEquals(
    cases.map((one) => [one.name, "failure" in one ? "failure" : "skipped" in one ? "skip" : "ok"]),
    [
      ["disconnect@bug#1", "ok"],
      ["disconnect@fix#1", "ok"],
      ["close@fix#1", "failure"],
      ["many@nginx#1", "failure"],
      ["many@example.net#1", "skip"],
      ["h2-cancel@example.net#1", "skip"],
    ],
  );
  assertEquals(suite.testcase[2].failure.message, WRONG.reason);
  assertEquals(suite.testcase[2].failure.type, "fail, expected pass");
  assertStringIncludes(suite.testcase[4].skipped.message, "Cannot reach the target");
  assertStringIncludes(suite.testcase[5].skipped.message, "unmet need: figures");
});

Deno.test("a test case has its parameters as properties and its timeline as output", () => {
  const [suite] = parse(junit.render(resultOf(WRONG), PLAIN)).testsuite;
  const [{ classname, time, properties, "system-out": output }] = suite.testcase;
  assertEquals([classname, time], ["cache-lock", "0.300"]);
  const values = new Map(
    properties.property.map((one: { name: string; value: string }) => [one.name, one.value]),
  );
  assertEquals(values.get("nominal.originDelayMs"), "5000");
  assertEquals(values.get("param.originDelayMs"), "250");
  assertStringIncludes(output, "fin-sent ×3");
});

Deno.test("whatever a result holds, the XML is well-formed and without forbidden characters", () => {
  fc.assert(fc.property(arbitraryResult, (result) => {
    const xml = junit.render(result, PLAIN);
    assertEquals(XMLValidator.validate(xml), true);
    // XML 1.0, section 2.2: all that a document can hold.
    const allowed = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
    assert(allowed.test(xml));
  }));
});

Deno.test("markup, white space and control characters come back as text", () => {
  const reason = `<a href="x">&amp; ]]>\n\t'q'\u0001\u001b[31m\ud800\uffff`;
  const xml = junit.render(resultOf({ ...WRONG, reason }), PLAIN);
  // An attribute's bare newline would be read as a space (XML 1.0, section 3.3.3).
  assertStringIncludes(xml, "]]&gt;&#10;&#9;'q'");
  const [suite] = parse(xml).testsuite;
  const { message, "#text": text } = suite.testcase[0].failure;
  const shown = `<a href="x">&amp; ]]>\n\t'q'\\u{1}\\u{1b}[31m\\u{d800}\\u{ffff}`;
  assertEquals(message, shown);
  assertStringIncludes(text, shown);
});
