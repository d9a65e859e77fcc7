// The result of the benchmarks as it is kept: `edge-repro/bench@1`.

import { z } from "zod";

/** What several rounds of one measurement came to, in the table's unit. */
export const samplesSchema = z.strictObject({
  median: z.number(),
  min: z.number(),
  max: z.number(),
  /** How many rounds, or how many single values. */
  count: z.int().min(1),
});

/** One line of a table. */
export const rowSchema = z.strictObject({
  subject: z.string(),
  /** Null when it could not be measured; `note` says why. */
  samples: samplesSchema.nullable(),
  note: z.string().optional(),
});

/** One table: one number, for each subject. Its rows come out of one run. */
export const tableSchema = z.strictObject({
  id: z.string(),
  /** When it was measured, where that was not with the others. */
  date: z.iso.date().optional(),
  title: z.string(),
  unit: z.enum(["ms", "KB", "MiB", "MB/s", "requests/s"]),
  /** What the number is, from where to where. */
  meaning: z.string(),
  rows: z.array(rowSchema),
  /** What was aimed at, and whether it was reached; null when a part was missing. */
  target: z.strictObject({ text: z.string(), met: z.boolean().nullable() }).optional(),
});

/** The whole file. It names no machine, path or user. */
export const benchSchema = z.strictObject({
  schema: z.literal("edge-repro/bench@1"),
  date: z.iso.date(),
  versions: z.record(z.string(), z.string().nullable()),
  system: z.strictObject({
    os: z.string(),
    kernel: z.string(),
    arch: z.string(),
    cores: z.int(),
  }),
  parameters: z.record(z.string(), z.number()),
  tables: z.array(tableSchema),
});

/** What several rounds of one measurement came to. */
export type Samples = z.infer<typeof samplesSchema>;
/** One line of a table. */
export type Row = z.infer<typeof rowSchema>;
/** One table. */
export type Table = z.infer<typeof tableSchema>;
/** The whole file. */
export type BenchResult = z.infer<typeof benchSchema>;

/** Sums rounds up; null when there were none. */
export function samplesOf(values: readonly number[]): Samples | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return null;
  const median = quantile(sorted, 0.5);
  return { median: tenths(median), min: tenths(min), max: tenths(max), count: sorted.length };
}

/** The value below or at which a share of the values lies (nearest rank); NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** Rounds to one decimal. */
export function tenths(number: number): number {
  return Math.round(number * 10) / 10;
}

/**
 * A saved result with some tables measured anew: each takes the place of the one with its id, or comes
 * last. Those that stay keep their date.
 */
export function updated(saved: BenchResult, fresh: BenchResult): BenchResult {
  const kept = saved.tables.map((table) => ({ date: saved.date, ...table }));
  const anew = new Map(fresh.tables.map((table) => [table.id, table]));
  const tables = kept.map((table) => {
    const own = anew.get(table.id);
    anew.delete(table.id);
    return own ?? table;
  });
  return {
    ...fresh,
    tables: [...tables, ...anew.values()].map(({ date, ...table }) =>
      date === undefined || date === fresh.date ? table : { ...table, date }
    ),
  };
}
