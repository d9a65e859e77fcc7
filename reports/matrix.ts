// The matrix for a terminal: cases against targets, as many columns as fit, with footnotes.

import type { Result } from "../lab/result.ts";
import type { Format, ReportOptions } from "./format.ts";
import { matricesOf, type Matrix, type MatrixCell } from "./matrix_cells.ts";
import { summaryText } from "./next_steps.ts";
import { indented, oneLine, padEnd, textWidth } from "./text.ts";

const GAP = 2;

function render(result: Result, options: ReportOptions): string {
  const notes: string[] = [];
  const lines = matricesOf(result, options).flatMap((one) => tableLines(one, notes, options.width));
  lines.push(...notes.flatMap((note, at) => indented(note, options.width, `[${at + 1}] `)));
  if (notes.length > 0) lines.push("");
  lines.push(...indented(summaryText(result), options.width, ""));
  return lines.join("\n") + "\n";
}

function tableLines(matrix: Matrix, notes: string[], width: number): string[] {
  const { targets, remedies } = matrix;
  const rows = matrix.rows.filter(({ cells }) => cells.some((cell) => cell !== undefined));
  const texts = rows.map(({ cells }) => cells.map((cell) => cellText(cell, notes)));
  const first = Math.max(0, ...rows.map(({ selector }) => textWidth(selector))) + GAP;
  const columns = targets.map(({ name, version }, at) => ({
    at,
    head: [name, version ?? ""],
    width:
      Math.max(...[name, version ?? "", ...texts.map((cells) => cells[at] ?? "")].map(textWidth)) +
      GAP,
  }));
  const lines: string[] = [];
  for (const block of blocks(columns, Math.max(width, 20) - first)) {
    const line = (head: string, cells: readonly string[]) =>
      (padEnd(head, first) + cells.map((cell, at) => padEnd(cell, block[at]?.width ?? 0)).join(""))
        .trimEnd();
    lines.push(
      line("", block.map(({ head }) => head[0] ?? "")),
      line("", block.map(({ head }) => head[1] ?? "")),
      ...rows.map(({ selector }, row) =>
        line(selector, block.map(({ at }) => texts[row]?.[at] ?? ""))
      ),
      "",
    );
  }
  const around = remedies.map((
    { name, selector, cell },
  ) => [name, selector, cellText(cell, notes)]);
  if (around.length > 0) {
    const wide = [0, 1].map((at) => Math.max(...around.map((cells) => textWidth(cells[at] ?? ""))));
    lines.push(
      "with ways around that manuals offer:",
      ...around.map((cells) =>
        cells.map((cell, at) => padEnd(cell, (wide[at] ?? 0) + GAP)).join("").trimEnd()
      ),
      "",
    );
  }
  return lines;
}

/** As many columns at a time as fit, at least one. */
function blocks<T extends { width: number }>(columns: readonly T[], width: number): T[][] {
  const found: T[][] = [];
  let room = 0;
  for (const column of columns) {
    const last = found.at(-1);
    if (last === undefined || column.width > room) {
      found.push([column]);
      room = width - column.width;
    } else {
      last.push(column);
      room -= column.width;
    }
  }
  return found;
}

function cellText(cell: MatrixCell | undefined, notes: string[]): string {
  if (cell === undefined) return "";
  if (cell.note === undefined) return cell.text;
  const note = oneLine(cell.note);
  if (!notes.includes(note)) notes.push(note);
  return `${cell.text} [${notes.indexOf(note) + 1}]`;
}

/** The matrix on a terminal. */
export const matrix: Format = {
  name: "matrix",
  description: "a table of cases against targets, as the command matrix prints it",
  render,
};
