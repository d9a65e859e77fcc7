// What a measurement is: a name, and a function that gives tables.

import type { Table } from "./result.ts";

/** What a measurement runs with. */
export interface BenchContext {
  /** Aborts when the user interrupts. */
  signal: AbortSignal;
  /** Says on stderr what is going on. */
  progress(text: string): void;
}

/** One measurement, or several that come out of the same runs. */
export interface Measurement {
  /** What it is selected by on the command line. */
  id: string;
  /** What it is run with: names with their units, for the record. */
  parameters: Readonly<Record<string, number>>;
  /** Measures. Gives back whatever it started, also when it fails. */
  run(context: BenchContext): Promise<Table[]>;
}
