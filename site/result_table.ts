// A result as a table: one row a case, with what it claims and how each variant came out.

import { html } from "hono/html";
import { formatDuration } from "../lab/duration.ts";
import type { Result, Run } from "../lab/result.ts";
import type { Case, Scenario } from "../lab/scenario.ts";
import { type Variant, VARIANTS, type Verdict } from "../lab/verdict.ts";
import { outcomeOf } from "../reports/outcome.ts";
import type { Html } from "./page.ts";

const MARKS: Readonly<Record<Verdict, string>> = { pass: "✓", fail: "✗", inconclusive: "?" };

const VARIANT_TITLES: Readonly<Record<Variant, string>> = {
  bug: "Variant bug",
  fix: "Variant fix",
};

/** When, with what and how fast the runs were made, and how many came out as declared. */
export function provenance({ summary, tool, startedAt, durationMs, speed }: Result): Html {
  const all = summary.asExpected === summary.runs;
  return html`<p><strong>${all ? "All" : `${summary.asExpected} of`} ${summary.runs} runs came out
as their case declares</strong>, in ${formatDuration(durationMs)} on ${
    startedAt.slice(0, 10)
  } (edge-repro ${tool.version}, Deno ${tool.deno}, ${tool.os} ${tool.arch}), ${speed} times faster
than the durations of the reports.</p>
<p>The servers are the lab’s own models, on loopback, in two variants. They differ in one decision:
<em>bug</em> decides as the report says, <em>fix</em> as is proposed. A case that provokes the bug must
fail on <em>bug</em> and pass on <em>fix</em>; a control must pass on both, to show that the rest of
the server is healthy.</p>`;
}

// The roles are said although the elements imply them: where the table is drawn as cards, on narrow
// screens, browsers forget that it is one.
/** The cases of a scenario with their runs in each variant. */
export function caseTable(scenario: Scenario, result: Result): Html {
  const runs = result.runs.filter((run) => run.scenario === scenario.id);
  return html`
    <table role="table" class="cases">
      <caption>The cases of <code>${scenario.id}</code>, and how they came out</caption>
      <thead role="rowgroup">
        <tr role="row">
    <th role="columnheader" scope="col">Case</th>
    <th role="columnheader" scope="col">A healthy target</th>
    ${VARIANTS.map((variant) =>
      html`<th role="columnheader" scope="col">${VARIANT_TITLES[variant]}</th>`
    )}
        </tr>
      </thead>
      <tbody role="rowgroup">
    ${scenario.cases.map((one) => caseRow(one, runs.filter((run) => run.case === one.id)))}
      </tbody>
    </table>
  `;
}

function caseRow(one: Case, runs: readonly Run[]): Html {
  return html`<tr role="row">
<th role="rowheader" scope="row"><code>${one.id}</code> <span class="kind">${
    one.control ? "control" : "provokes the bug"
  }</span></th>
<td role="cell" data-label="A healthy target">${one.claim}</td>
${
    VARIANTS.map((variant) =>
      html`<td role="cell" data-label="${VARIANT_TITLES[variant]}">${
        runCell(runs.filter((run) => run.variant === variant))
      }</td>`
    )
  }
</tr>`;
}

function runCell(runs: readonly Run[]): Html {
  if (runs.length === 0) return html`<span class="absent">not in this result</span>`;
  return html`${
    runs.map((run) =>
      html`
        <span
          class="verdict ${run.verdict}"><span aria-hidden="true">${MARKS[run.verdict]}</span> ${run
            .verdict}</span> <span
          class="expectation">${expectation(run)}</span><span class="reason">${run.reason}</span>
      `
    )
  }`;
}

function expectation(run: Run): string {
  switch (outcomeOf(run)) {
    case "ok":
      return "as declared";
    case "not-ok":
      return `declared ${run.expected}`;
    case "unmet":
      return `needs ${run.unmet?.join(", ")}`;
    case "inconclusive":
      return "this run cannot tell";
  }
}
