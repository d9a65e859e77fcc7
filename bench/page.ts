// The page about the benchmarks, drawn from their result and from nothing else.

import type { BenchResult, Row, Table } from "./result.ts";

/** Where prose is broken, as `deno fmt` does it. */
const LINE_WIDTH = 100;

/** Draws the page, as Markdown that `deno fmt` leaves alone. */
export function drawPage(result: BenchResult): string {
  const { versions, system, parameters } = result;
  const list = (record: Readonly<Record<string, unknown>>) =>
    Object.entries(record).map(([name, value]) => `${name} ${value ?? "not installed"}`).join(", ");
  return [
    "# Benchmarks",
    "",
    wrap(
      "Drawn from [`results/bench.json`](results/bench.json) by `deno task bench`, which writes both " +
        "files. All is measured on loopback, and the lines of a table in one run.",
    ),
    "",
    `- Date: ${result.date}`,
    `- System: ${system.os} ${system.kernel}, ${system.arch}, ${system.cores} cores`,
    wrap(`- Versions: ${list(versions)}`, "  "),
    wrap(`- Parameters: ${list(parameters)}`, "  "),
    "",
    `${drawTables(result.tables).trimEnd()}\n`,
  ].join("\n");
}

/** Draws the tables alone. */
export function drawTables(tables: readonly Table[]): string {
  return tables.map(drawTable).join("\n");
}

function drawTable({ title, date, unit, meaning, rows, target }: Table): string {
  const cells = [["", `median, ${unit}`, "min", "max", "values"], ...rows.map(cellsOf)];
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(3, ...cells.map((row) => row[column]?.length ?? 0))
  );
  const lines = cells.map((row) =>
    `| ${row.map((cell, at) => pad(cell, widths[at] ?? 0, at)).join(" | ")} |`
  );
  const rule = `| ${
    widths.map((width, at) => at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)
      .join(" | ")
  } |`;
  const notes = rows.filter((row) => row.note !== undefined)
    .map((row) => wrap(`- ${row.subject}: ${row.note?.replace(/\.$/, "")}.`, "  "));
  return [
    `## ${title}`,
    "",
    wrap(date === undefined ? meaning : `${meaning} Measured on ${date}.`),
    "",
    ...[lines[0] ?? "", rule, ...lines.slice(1)],
    "",
    ...(notes.length > 0 ? [...notes, ""] : []),
    ...(target ? [wrap(`Target: ${target.text}: ${sayMet(target.met)}.`), ""] : []),
  ].join("\n");
}

function cellsOf({ subject, samples }: Row): string[] {
  if (samples === null) return [subject, "no figure", "", "", ""];
  const { median, min, max, count } = samples;
  return [subject, ...[median, min, max].map((one) => one.toFixed(1)), String(count)];
}

/** Breaks a paragraph into lines; those after the first begin with `indent`. */
function wrap(text: string, indent = ""): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    const longer = line.trim() === "" ? `${line}${word}` : `${line} ${word}`;
    if (longer.length <= LINE_WIDTH) lines[lines.length - 1] = longer;
    else lines.push(`${indent}${word}`);
  }
  return lines.join("\n");
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function sayMet(met: boolean | null): string {
  if (met === null) return "not known";
  return met ? "met" : "**missed**";
}
