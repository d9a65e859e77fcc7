// What a report format is, and what it is told beside the result.

import type { CaseInfo } from "../lab/scenario.ts";
import type { Result, Run, Tool } from "../lab/result.ts";
import type { TimelineEvent } from "../lab/timeline.ts";

/**
 * How a report is to look, and what only the caller knows: reports know no scenario, so whatever
 * belongs to one is passed in. A function that has nothing for a run gives `undefined`.
 */
export interface ReportOptions {
  /** Whether to use the terminal's colours. */
  color: boolean;
  /** The widest line of a terminal format, in columns; fewer than 20 count as 20. */
  width: number;
  /** Whether to show claims, measurements and timelines where the format can do without. */
  verbose: boolean;
  /** The scenario's own lines for a run. */
  block?(run: Run): string[] | undefined;
  /** The run's case: what it claims and where it comes from. */
  caseInfo?(run: Run): CaseInfo | undefined;
  /** What the run's target does not have, each with the source of that. */
  lacks?(run: Run): Readonly<Partial<Record<string, string>>> | undefined;
  /**
   * Ways to configure the run's target around what its case finds, where its manual has some: a run
   * of the target with one has `NAME+REMEDY` for its target's name.
   */
  remedies?(run: Run): readonly { name: string; what: string }[] | undefined;
  /** The flags that give a run its nominal parameters, where they differ from the case's defaults. */
  flags?(run: Run): string[] | undefined;
  /** The same in curl, one command or comment a line, where curl can do it. */
  curl?(run: Run): string[] | undefined;
  /** The command line that made the result, without secrets. */
  command?: string;
}

/** Takes what a command does while it does it. The calls come in the order of the methods. */
export interface ResultStream {
  /** The command begins; `ids` are the runs to come in the order of the result. */
  start(about: { tool: Tool; startedAt: string; speed: number; ids: readonly string[] }): void;
  /** A run begins. */
  runStart(id: string): void;
  /** Something happened in a run. */
  event(id: string, event: TimelineEvent): void;
  /** A run is over. Its timeline is not written again. */
  runEnd(run: Run): void;
  /** The command is over. */
  end(outcome: Pick<Result, "summary" | "durationMs">): void;
}

/** One way to show a result. */
export interface Format {
  /** What `--format` calls it. */
  name: string;
  /** One line for the help text. */
  description: string;
  /** For a format that can be written as things happen: a stream of the same text. */
  stream?(write: (text: string) => void): ResultStream;
  /** The whole result as text that ends in a newline. */
  render(result: Result, options: ReportOptions): string;
}
