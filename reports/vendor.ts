// The bug report that one would file with the vendor of the system that failed.

import type { Result, Run } from "../lab/result.ts";
import type { Format, ReportOptions } from "./format.ts";
import { metricsTable, paramsTable } from "./markdown.ts";
import { code, codeBlock, prose, table } from "./markdown_text.ts";
import { targetText } from "./outcome.ts";
import { reproduceCommand } from "./reproduce.ts";
import { drawTimeline } from "./timeline_text.ts";

const DRAWING = { width: 100, mostRows: 200 };

/** Said of every run on one of our own servers, so that nobody files it as a product's bug. */
const MODEL_NOTE = "**This run was made on a server of edge-repro itself: the lab's own model of " +
  "the bug, not a vendor's product.** It shows what the bug looks like. To report a product, run " +
  "the same case with `edge-repro probe` against it.";

function section(run: Run, result: Result, options: ReportOptions): string[] {
  const info = options.caseInfo?.(run);
  const curl = options.curl?.(run);
  return [
    `## ${prose(titleOf(run))}`,
    "",
    ...(run.target.kind === "embedded" ? [MODEL_NOTE, ""] : []),
    "### Reproduce",
    "",
    ...codeBlock([reproduceCommand(run, result.speed, options.flags?.(run) ?? [])], "sh"),
    "",
    ...(info === undefined ? [] : [`What it does: ${prose(info.provokes)}`, ""]),
    ...(curl === undefined ? [] : ["The same with curl:", "", ...codeBlock(curl, "sh"), ""]),
    "### Expected",
    "",
    prose(info?.claim ?? `The case ${run.scenario}/${run.case} passes.`),
    "",
    "### Seen",
    "",
    prose(run.reason),
    "",
    ...metricsTable(run),
    "### Timeline",
    "",
    ...codeBlock(drawTimeline(run.timeline, DRAWING)),
    "",
    ...comparison(run, result.runs),
    "### Versions",
    "",
    ...versions(run, result),
    "",
    "### Parameters",
    "",
    ...(result.speed === 1 ? [] : [
      `The run was paced ${result.speed} times as fast as the nominal durations; ` +
      "durations are in milliseconds.",
      "",
    ]),
    ...paramsTable(run),
    ...(info === undefined
      ? []
      : ["### Sources", "", `- ${prose(info.source)}`, `- Verdict: ${prose(info.rule)}`, ""]),
  ];
}

function titleOf(run: Run): string {
  const { target } = run;
  const where = target.kind === "url"
    ? target.url
    : target.kind === "embedded"
    ? `edge-repro's own model, variant ${run.variant ?? "unknown"}`
    : `${target.name}${target.version === null ? "" : ` ${target.version}`}`;
  return `${run.scenario}/${run.case} fails on ${where}`;
}

/** What else was run against the same target: what passes there narrows the bug down. */
function comparison(run: Run, runs: readonly Run[]): string[] {
  const others = runs.filter((other) =>
    other !== run && other.variant === run.variant && other.scenario === run.scenario &&
    other.target.kind === run.target.kind && other.target.name === run.target.name
  );
  if (others.length === 0) return [];
  const rows = others.map((other) => [code(other.id), other.verdict, prose(other.reason)]);
  return [
    "### Other cases on the same target",
    "",
    ...table(["run", "verdict", "reason"], rows),
    "",
  ];
}

function versions(run: Run, { tool, startedAt }: Result): string[] {
  return [
    `- target: ${code(targetText(run))}`,
    ...(run.target.kind === "url" ? ["- version of the target: (please add)"] : []),
    `- ${prose(`${tool.name} ${tool.version}, Deno ${tool.deno}, ${tool.os} ${tool.arch}`)}`,
    `- run: ${code(run.id)}, started ${startedAt}`,
  ];
}

function nothingToReport({ runs, summary }: Result): string[] {
  const open = runs.filter((run) => run.verdict === "inconclusive");
  return [
    "# Nothing to report",
    "",
    summary.runs === 0
      ? "The result holds no runs."
      : summary.runs === 1
      ? "The one run did not show the bug."
      : `None of the ${summary.runs} runs showed the bug.`,
    "",
    ...(open.length === 0 ? [] : [
      "These could not tell, which is no proof of health:",
      "",
      ...open.map((run) => `- ${code(run.id)}: ${prose(run.reason)}`),
      "",
    ]),
  ];
}

function render(result: Result, options: ReportOptions): string {
  const failing = result.runs.filter((run) => run.verdict === "fail");
  const lines = failing.length === 0 ? nothingToReport(result) : [
    failing.length === 1 ? "# Bug report" : `# Bug report: ${failing.length} failing runs`,
    "",
    ...(options.command === undefined ? [] : [
      `The ${result.summary.runs === 1 ? "result was" : "results were"} made with:`,
      "",
      ...codeBlock([options.command], "sh"),
      "",
    ]),
    ...failing.flatMap((run) => section(run, result, options)),
  ];
  return lines.join("\n").trimEnd() + "\n";
}

/** One section a failing run: the command, what is expected, what was seen, and the evidence. */
export const vendor: Format = {
  name: "vendor",
  description: "the bug report that one would file with the vendor",
  render,
};
