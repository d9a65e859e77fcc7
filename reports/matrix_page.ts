// The matrix as a page: the table, what each finding means for an operator, and ways around it.

import type { Result, Run } from "../lab/result.ts";
import type { Format, ReportOptions } from "./format.ts";
import { code, prose, table } from "./markdown_text.ts";
import { matricesOf, type Matrix, type MatrixCell, type MatrixRow } from "./matrix_cells.ts";

const MARKS = { pass: "✅", fail: "❌", inconclusive: "➖", spread: "❔" } as const;

function render(result: Result, options: ReportOptions): string {
  const matrices = matricesOf(result, options);
  const notes: string[] = [];
  const lines = [
    title(matrices),
    "",
    ...about(result, matrices),
    "",
    ...matrices.flatMap((matrix) => section(matrix, matrices.length > 1, notes, result, options)),
    ...notes.flatMap((note, at) => [`[^${at + 1}]: ${prose(note)}`, ""]),
  ];
  return lines.join("\n").trimEnd() + "\n";
}

function title(matrices: readonly Matrix[]): string {
  const [only] = matrices;
  const of = only && matrices.length === 1 ? `: ${code(only.scenario)}` : "";
  return `# What real products do${of}`;
}

function section(
  matrix: Matrix,
  headed: boolean,
  notes: string[],
  { runs }: Result,
  options: ReportOptions,
): string[] {
  const { scenario, targets } = matrix;
  const rows = matrix.rows.map(({ selector, sample, cells }) => [
    code(selector),
    figureName(sample, options),
    ...cells.map((cell) => cellText(cell, notes)),
  ]);
  return [
    ...(headed ? [`## ${code(scenario)}`, ""] : []),
    ...table(["case", "figure", ...targets.map(({ name }) => name)], rows),
    "",
    headed
      ? "### What it means, and what to do about it"
      : "## What it means, and what to do about it",
    "",
    "A way around is a setting that the product's manual offers; behind its name is what the case came " +
    "to with it. `deno task probe SELECTOR --target engine:NAME+WAY` starts the product so.",
    "",
    ...table(
      ["case", "a fail means", "where it failed, and the way around it"],
      matrix.rows.map((row) => [
        code(row.selector),
        prose(options.caseInfo?.(row.sample)?.meaning ?? ""),
        remediesOf(row, matrix, runs, options),
      ]),
    ),
    "",
  ];
}

function about({ tool, startedAt, runs }: Result, matrices: readonly Matrix[]): string[] {
  const targets = [
    ...new Map(matrices.flatMap((one) => one.targets).map((one) => [one.name, one])).values(),
  ];
  const repeats = Math.max(0, ...runs.map(({ repeat }) => repeat));
  const paces = [...Map.groupBy(runs, (run) => run.variant ?? run.target.name)].map(
    ([name, some]) => `${name} ${[...new Set(some.map(({ speed }) => speed ?? 1))].join(" to ")}`,
  );
  const versions = targets.filter(({ version }) => version !== null)
    .map(({ name, version }) => `${name} ${version}`);
  const system = [tool.os, tool.kernel, tool.arch].filter((part) => part !== undefined).join(" ");
  return [
    `Measured on ${startedAt.slice(0, 10)} with edge-repro ${tool.version}, Deno ${tool.deno}, ` +
    `${prose(system)}; each cell ${repeats} times. ` +
    (versions.length > 0 ? `${prose(versions.join(", "))}. ` : "") +
    (runs.some(({ variant }) => variant !== null)
      ? "`bug` and `fix` are the lab's own model. "
      : "") +
    "A cell is ✅ or ❌ only where all repeats agree, with the " +
    "case's figure, where `N×` is a count; ➖ is a case that cannot be told for this product, ❔ one " +
    "that came out differently.",
    "",
    `Durations are divided by the pace, which each product's own constants bound: ${
      prose(paces.join(", "))
    }.`,
  ];
}

/** The metric that a case's cells show. */
function figureName(run: Run, options: ReportOptions): string {
  const name = options.caseInfo?.(run)?.figure ?? "";
  return name === "" ? "" : code(name);
}

function cellText(cell: MatrixCell | undefined, notes: string[]): string {
  if (cell === undefined) return "";
  const text = `${MARKS[cell.verdict]} ${prose(cell.text.replace(/^(pass|fail) ?/, ""))}`.trim();
  if (cell.note === undefined) return text;
  if (!notes.includes(cell.note)) notes.push(cell.note);
  return `${text}[^${notes.indexOf(cell.note) + 1}]`;
}

/** The targets that failed, each with the ways around its manual offers and what came of them. */
function remediesOf(
  { cells, selector }: MatrixRow,
  { targets, remedies }: Matrix,
  runs: readonly Run[],
  options: ReportOptions,
): string {
  const parts = targets.flatMap(({ name }, at) => {
    const run = runs.find((one) =>
      one.target.name === name && one.target.kind === "engine" &&
      `${one.scenario}/${one.case}` === selector
    );
    if (run === undefined || cells[at]?.verdict !== "fail") return [];
    const around = (options.remedies?.(run) ?? []).map((remedy) => {
      const measured = remedies.find((one) =>
        one.selector === selector && one.name === `${name}+${remedy.name}`
      );
      const outcome = measured === undefined ? "not measured" : measured.cell.text;
      return `${code(`+${remedy.name}`)} (${prose(outcome)}): ${prose(remedy.what)}`;
    });
    return [[prose(name), ...around].join(" ")];
  });
  return parts.join("; ");
}

/** The matrix as a page. */
export const matrixPage: Format = {
  name: "matrix-page",
  description: "the same as a Markdown page, with what each finding means and ways around it",
  render,
};
