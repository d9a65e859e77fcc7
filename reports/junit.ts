// The result as JUnit XML, as Jenkins, GitLab and GitHub's report actions read it.

import type { Result, Run } from "../lab/result.ts";
import type { Format } from "./format.ts";
import { outcomeOf, targetText, verdictText } from "./outcome.ts";
import { drawTimeline } from "./timeline_text.ts";

const LOG_DRAWING = { width: 120, mostRows: 1_000 };

// What XML 1.0 (section 2.2) allows is tab, newline, carriage return and the ranges from U+0020;
// a surrogate without its partner is no character.
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Cs}]/gu;

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/**
 * Text for an attribute's value. What XML cannot hold even escaped is written as `\u{0}`; white
 * space is escaped because a parser makes spaces of it (XML 1.0, section 3.3.3).
 */
function attribute(text: string): string {
  return text
    .replaceAll(NOT_XML, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
    .replaceAll(/[&<>"\t\n\r]/g, (character) => ENTITIES[character] ?? character);
}

/** Text between tags, where newlines and tabs stay as they are. */
function content(text: string): string {
  return attribute(text).replaceAll("&#10;", "\n").replaceAll("&#9;", "\t");
}

function tag(name: string, attributes: Record<string, string | number>, children = ""): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${attribute(String(value))}"`).join("");
  return children === "" ? `<${name}${written}/>` : `<${name}${written}>${children}</${name}>`;
}

const nest = (elements: readonly string[]) => `\n${elements.join("\n")}\n`;
const seconds = (ms: number) => (ms / 1_000).toFixed(3);

function properties(values: Record<string, unknown>): string {
  return tag(
    "properties",
    {},
    nest(
      Object.entries(values).map(([name, value]) =>
        tag("property", { name, value: String(value) })
      ),
    ),
  );
}

function verdictElements(run: Run): string[] {
  const outcome = outcomeOf(run);
  if (outcome === "ok") return [];
  if (outcome !== "not-ok") {
    return [tag("skipped", { message: `${verdictText(run)}: ${run.reason}` })];
  }
  const text = `${verdictText(run)}\n${run.reason}\ntarget: ${targetText(run)}`;
  return [tag("failure", { message: run.reason, type: verdictText(run) }, content(text))];
}

function testcase(run: Run): string {
  const { id, scenario, durationMs, params, nominal } = run;
  const prefixed = (prefix: string, values: Run["params"]) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
  return tag(
    "testcase",
    {
      name: id.startsWith(`${scenario}/`) ? id.slice(scenario.length + 1) : id,
      classname: scenario,
      time: seconds(durationMs),
    },
    nest([
      properties({
        verdict: run.verdict,
        target: targetText(run),
        ...prefixed("nominal.", nominal),
        ...prefixed("param.", params),
      }),
      ...verdictElements(run),
      tag("system-out", {}, content(drawTimeline(run.timeline, LOG_DRAWING).join("\n"))),
    ]),
  );
}

/** The counts of a suite. An `error` would be our own failure, which is no result. */
function counts(runs: readonly Run[]): Record<string, number> {
  const outcomes = runs.map(outcomeOf);
  const failures = outcomes.filter((outcome) => outcome === "not-ok").length;
  const ok = outcomes.filter((outcome) => outcome === "ok").length;
  return { tests: runs.length, failures, errors: 0, skipped: runs.length - failures - ok };
}

function render({ tool, runs, startedAt, durationMs, speed }: Result): string {
  const suites = [...Map.groupBy(runs, (run) => run.scenario)].map(([scenario, own]) =>
    tag(
      "testsuite",
      {
        name: scenario,
        ...counts(own),
        time: seconds(own.reduce((sum, run) => sum + run.durationMs, 0)),
        // The schema that Jenkins publishes wants no fraction and no zone.
        timestamp: startedAt.slice(0, "2026-11-21T10:00:00".length),
      },
      nest([properties({ ...tool, speed }), ...own.map(testcase)]),
    )
  );
  const root = { name: tool.name, ...counts(runs), time: seconds(durationMs) };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${tag("testsuites", root, nest(suites))}\n`;
}

/** A suite a scenario, a test case a run; what could not be told is skipped, with the reason. */
export const junit: Format = {
  name: "junit",
  description: "JUnit XML for CI systems",
  render,
};
