// A result as a table of cases against targets: what stands in each cell, and what needs a footnote.

import { formatDuration } from "../lab/duration.ts";
import type { Metrics } from "../lab/metrics.ts";
import type { Result, Run } from "../lab/result.ts";
import type { ReportOptions } from "./format.ts";

/** One target of a matrix: a column. */
export interface MatrixTarget {
  /** `bug`, `fix`, or what the target is called. */
  name: string;
  /** Its version; null where it is not known. */
  version: string | null;
}

/** What all repeats of one case against one target came to. */
export interface MatrixCell {
  /** The verdict, where all repeats agree; otherwise how often which. */
  verdict: "pass" | "fail" | "inconclusive" | "spread";
  /** What stands in the cell: the verdict and the figure, or what is missing. */
  text: string;
  /** What explains a cell that is neither `pass` nor `fail`. */
  note: string | undefined;
}

/** One case of a matrix: a row. */
export interface MatrixRow {
  /** `SCENARIO/CASE`. */
  selector: string;
  /** The cells in the order of the targets; undefined where nothing was run. */
  cells: (MatrixCell | undefined)[];
  /** One run of the case, to look the case up by. */
  sample: Run;
}

/** A way around what a case finds, and what was measured with it. */
export interface MatrixRemedy {
  /** The target's name with the remedy's: `nginx+ignore-client-abort`. */
  name: string;
  /** The case it was measured with. */
  selector: string;
  /** What came of it. */
  cell: MatrixCell;
}

/** A result of one scenario as a table. */
export interface Matrix {
  /** The scenario's id. */
  scenario: string;
  /** The columns. */
  targets: MatrixTarget[];
  /** What was measured of targets with ways around. */
  remedies: MatrixRemedy[];
  /** The rows. */
  rows: MatrixRow[];
}

/** What a target is called at the head of its column. */
export function targetName({ target, variant }: Run): string {
  return variant ?? target.name;
}

/** Sorts a result's runs into tables, one a scenario: each has targets of its own. */
export function matricesOf({ runs }: Pick<Result, "runs">, options: ReportOptions): Matrix[] {
  return [...Map.groupBy(runs, ({ scenario }) => scenario)]
    .map(([scenario, some]) => ({ scenario, ...tableOf({ runs: some }, options) }));
}

function tableOf({ runs }: Pick<Result, "runs">, options: ReportOptions): Omit<Matrix, "scenario"> {
  const isRemedied = (run: Run) => run.target.kind === "engine" && run.target.name.includes("+");
  const byTarget = Map.groupBy(runs.filter((run) => !isRemedied(run)), targetName);
  const targets = [...byTarget].map(([name, some]) => ({
    name,
    version: some.find(({ target }) => target.version !== null)?.target.version ?? null,
  }));
  const rows = [...Map.groupBy(runs, (run) => `${run.scenario}/${run.case}`)].flatMap(
    ([selector, some]): MatrixRow[] => {
      const [sample] = some;
      if (sample === undefined) return [];
      const cells = targets.map(({ name }) => {
        const repeats = some.filter((run) => targetName(run) === name);
        return repeats.length === 0 ? undefined : cellOf(repeats, options);
      });
      return [{ selector, cells, sample }];
    },
  );
  const selectorOf = (run: Run) => `${run.scenario}/${run.case}`;
  const remedied = Map.groupBy(
    runs.filter(isRemedied),
    (run) => `${run.target.name} ${selectorOf(run)}`,
  );
  const remedies = [...remedied.values()].flatMap((some): MatrixRemedy[] => {
    const [run] = some;
    return run === undefined
      ? []
      : [{ name: run.target.name, selector: selectorOf(run), cell: cellOf(some, options) }];
  });
  return { targets, rows, remedies };
}

function cellOf(runs: readonly Run[], options: ReportOptions): MatrixCell {
  const verdicts = Map.groupBy(runs, (run) => run.verdict);
  if (verdicts.size > 1) {
    const counts = (["pass", "fail", "inconclusive"] as const).flatMap((verdict) => {
      const count = verdicts.get(verdict)?.length ?? 0;
      return count === 0 ? [] : [`${count} ${verdict === "inconclusive" ? "untold" : verdict}`];
    });
    const reasons = new Set(runs.map((run) => `${run.verdict}: ${run.reason}`));
    return { verdict: "spread", text: counts.join(", "), note: [...reasons].join("; ") };
  }
  const verdict = runs[0]?.verdict ?? "inconclusive";
  if (verdict === "inconclusive") return inconclusiveCell(runs, options);
  const figure = figureOf(runs, options);
  return {
    verdict,
    text: figure === undefined ? verdict : `${verdict} ${figure}`,
    // What no figure explains takes a sentence.
    note: figure === undefined && verdict === "fail" ? runs[0]?.reason : undefined,
  };
}

function inconclusiveCell(runs: readonly Run[], options: ReportOptions): MatrixCell {
  const [run] = runs;
  const reasons = [...new Set(runs.map(({ reason }) => reason))];
  const lacks = run && options.lacks?.(run);
  const uses = run && options.caseInfo?.(run)?.uses;
  const lacking = (uses ?? []).flatMap((feature) => {
    const why = lacks?.[feature];
    return why === undefined ? [] : [{ feature, why }];
  });
  const missing = run?.unmet ?? lacking.map(({ feature }) => feature);
  return {
    verdict: "inconclusive",
    text: missing.length > 0 ? `no ${missing.join(", ")}` : "untold",
    // A manual's word explains what was measured, and does not stand for it.
    note: [...(run?.unmet === undefined ? lacking.map(({ why }) => why) : []), ...reasons].join(
      "; ",
    ),
  };
}

/** The metric that explains the verdict: its greatest value, of several runs the middle one. */
function figureOf(runs: readonly Run[], options: ReportOptions): string | undefined {
  const [run] = runs;
  const name = run && options.caseInfo?.(run)?.figure;
  if (name === undefined) return undefined;
  const found = runs.flatMap(({ metrics }) => {
    const metric = metrics[name];
    return metric === undefined ? [] : [{ value: greatest(metric), unit: metric.unit }];
  }).toSorted((a, b) => a.value - b.value);
  const middle = found[Math.floor(found.length / 2)];
  if (middle === undefined) return undefined;
  return sayMetric(middle.value, middle.unit);
}

function sayMetric(value: number, unit: string): string {
  switch (unit) {
    case "ms":
      return formatDuration(value);
    case "count":
      return `${value}×`;
    case "status":
      return String(value);
    default:
      return `${value} ${unit}`;
  }
}

function greatest(metric: Metrics[string]): number {
  return "value" in metric ? metric.value : metric.max;
}
