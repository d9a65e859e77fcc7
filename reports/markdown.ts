// The result as GitHub Flavored Markdown, for an issue or a job summary.

import type { Result, Run } from "../lab/result.ts";
import type { Format, ReportOptions } from "./format.ts";
import { code, codeBlock, html, prose, table } from "./markdown_text.ts";
import { METRIC_COLUMNS, metricRows } from "./metrics_text.ts";
import { nextSteps, summaryText } from "./next_steps.ts";
import { outcomeOf, targetText, verdictText } from "./outcome.ts";
import { drawTimeline } from "./timeline_text.ts";

const DRAWING = { width: 100, mostRows: 200 };

const MARKS = { "ok": "✅", "not-ok": "❌", "inconclusive": "❔", "unmet": "➖" } as const;

function details(run: Run, options: ReportOptions): string[] {
  const claim = options.caseInfo?.(run)?.claim;
  const block = options.block?.(run);
  return [
    "<details>",
    `<summary>${html(run.id)}</summary>`,
    "",
    ...(claim === undefined ? [] : [`Healthy: ${prose(claim)}`, ""]),
    `Target: ${code(targetText(run))}`,
    "",
    ...(block === undefined ? [] : [...codeBlock(block), ""]),
    ...metricsTable(run),
    ...paramsTable(run),
    ...codeBlock(drawTimeline(run.timeline, DRAWING)),
    "",
    "</details>",
    "",
  ];
}

/** A run's metrics as a table with an empty line after it; nothing when it has none. */
export function metricsTable({ metrics }: Run): string[] {
  const rows = metricRows(metrics).map(([name = "", ...rest]) => [code(name), ...rest.map(prose)]);
  return rows.length === 0 ? [] : [...table(METRIC_COLUMNS, rows), ""];
}

/** A run's parameters as a table with an empty line after it; nothing when it has none. */
export function paramsTable({ nominal, params }: Run): string[] {
  const rows = Object.entries(params).map(([name, value]) => [
    code(name),
    prose(String(nominal[name] ?? "")),
    prose(String(value)),
  ]);
  return rows.length === 0 ? [] : [...table(["parameter", "nominal", "in force"], rows), ""];
}

function render(result: Result, options: ReportOptions): string {
  const { tool, runs, speed, startedAt } = result;
  const rows = runs.map((run) => [
    MARKS[outcomeOf(run)],
    code(run.id),
    prose(verdictText(run)),
    prose(run.reason),
  ]);
  const steps = nextSteps(result);
  const lines = [
    `## edge-repro: ${prose(summaryText(result))}`,
    "",
    ...(rows.length === 0 ? [] : [...table(["", "run", "verdict", "reason"], rows), ""]),
    ...(steps.length === 0 ? [] : [...steps.map((step) => `- ${prose(step)}`), ""]),
    ...runs.flatMap((run) => details(run, options)),
    prose(
      `${tool.name} ${tool.version}, Deno ${tool.deno}, ${tool.os} ${tool.arch}, speed ${speed}, ` +
        startedAt,
    ),
  ];
  return lines.join("\n") + "\n";
}

/** A table of the runs, then each with its measurements, parameters and timeline, folded. */
export const markdown: Format = {
  name: "markdown",
  description: "a table and details for a GitHub issue or $GITHUB_STEP_SUMMARY",
  render,
};
