// The result for people at a terminal.

import type { Result, Run } from "../lab/result.ts";
import type { Format, ReportOptions } from "./format.ts";
import { metricLines } from "./metrics_text.ts";
import { nextSteps, summaryText } from "./next_steps.ts";
import { type Outcome, outcomeOf, targetText, verdictText } from "./outcome.ts";
import { indented, oneLine, wrap } from "./text.ts";
import { drawTimeline } from "./timeline_text.ts";

/** Fewer columns than this hold no report. */
const NARROWEST = 20;
/** How many moments of a timeline are drawn. */
const MOST_ROWS = 200;
const INDENT = "    ";

/** A mark for each outcome: the shape tells it, the colour (an SGR code) only repeats it. */
const MARKS: Record<Outcome, { mark: string; sgr: number }> = {
  "ok": { mark: "✓", sgr: 32 },
  "not-ok": { mark: "✗", sgr: 31 },
  "inconclusive": { mark: "?", sgr: 33 },
  "unmet": { mark: "-", sgr: 33 },
};
const DIM = 2;

// Not @std/fmt/colors: that asks one switch of the whole process, here the caller decides.
function paint(text: string, sgr: number, color: boolean): string {
  return color && text !== "" ? `\u001b[${sgr}m${text}\u001b[0m` : text;
}

function runLines(run: Run, options: ReportOptions, width: number): string[] {
  const { mark, sgr } = MARKS[outcomeOf(run)];
  const [head = "", ...more] = indented(
    oneLine(`${run.id} ${verdictText(run)}: ${run.reason}`),
    width,
    `${mark} `,
  );
  const under = (text: string) => {
    const own = /^ {0,8}/.exec(text)?.[0] ?? "";
    return indented(oneLine(text), width, INDENT + own);
  };
  const lines = [
    paint(head, sgr, options.color),
    ...more,
    ...(options.block?.(run) ?? []).flatMap(under),
  ];
  if (!options.verbose) return lines;
  const claim = options.caseInfo?.(run)?.claim;
  const facts = [
    ...(claim === undefined ? [] : [`healthy: ${claim}`]),
    `target: ${targetText(run)}`,
    ...metricLines(run.metrics),
  ].flatMap(under);
  const drawing = drawTimeline(run.timeline, {
    width: width - INDENT.length,
    mostRows: MOST_ROWS,
  });
  return [
    ...lines,
    ...facts.map((line) => paint(line, DIM, options.color)),
    ...drawing.map((line) => INDENT + line),
    "",
  ];
}

function render(result: Result, options: ReportOptions): string {
  const width = Math.max(NARROWEST, Math.floor(options.width) || NARROWEST);
  const lines = [
    ...result.runs.flatMap((run) => runLines(run, options, width)),
    ...wrap(summaryText(result), width),
    ...nextSteps(result).flatMap((step) => indented(oneLine(step), width, "  → ")),
  ];
  return lines.join("\n") + "\n";
}

/** One line a run with its reason, the scenario's own lines, and with `verbose` the timeline. */
export const pretty: Format = {
  name: "pretty",
  description: "for people: a line a run and a summary (the default)",
  render,
};
