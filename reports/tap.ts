// The result in the Test Anything Protocol, version 14.

import type { Run } from "../lab/result.ts";
import type { Format } from "./format.ts";
import { outcomeOf, targetText, verdictText } from "./outcome.ts";
import { oneLine } from "./text.ts";

/** A description or a directive's reason: one line in which `#` and `\` stand for themselves. */
function escape(text: string): string {
  return oneLine(text).replaceAll(/[\\#]/g, "\\$&");
}

/**
 * A YAML value: JSON is YAML (1.2, section 1.3). What JSON leaves as it is but YAML counts among
 * its line breaks or cannot print is escaped too.
 */
function yaml(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function diagnostics(run: Run): string[] {
  const { reason, verdict, expected, nominal, params, metrics, timeline } = run;
  const target = targetText(run);
  const facts = { message: reason, severity: "fail", verdict, expected, target };
  const entries = Object.entries({ ...facts, nominal, params, metrics })
    .map(([key, value]) => `${key}: ${yaml(value)}`);
  const events = timeline.length === 0
    ? ["timeline: []"]
    : ["timeline:", ...timeline.map((event) => `  - ${yaml(event)}`)];
  return ["---", ...entries, ...events, "..."].map((line) => `  ${line}`);
}

function testPoint(run: Run, index: number): string[] {
  const outcome = outcomeOf(run);
  const description = `${index + 1} - ${escape(`${run.id}: ${verdictText(run)}`)}`;
  if (outcome === "ok") return [`ok ${description}`];
  if (outcome === "not-ok") return [`not ok ${description}`, ...diagnostics(run)];
  return [`ok ${description} # SKIP ${escape(run.reason)}`];
}

/** A test point a run; what could not be told is skipped, with the reason. */
export const tap: Format = {
  name: "tap",
  description: "Test Anything Protocol, version 14",
  render({ runs }) {
    const plan = runs.length === 0 ? "1..0 # SKIP nothing was run" : `1..${runs.length}`;
    return ["TAP version 14", plan, ...runs.flatMap(testPoint)].join("\n") + "\n";
  },
};
