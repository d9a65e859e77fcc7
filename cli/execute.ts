// Makes runs and shows what came of them: what `repro`, `probe` and `matrix` have in common.

import { messageOf } from "../lab/errors.ts";
import { exitCodeOf, type Result, RESULT_SCHEMA, type Run, summarize } from "../lab/result.ts";
import { runAll, type RunObserver } from "../lab/runner.ts";
import { runId, type RunSpec } from "../lab/run_spec.ts";
import type { Scenario } from "../lab/scenario.ts";
import { INTERRUPTED } from "../lab/verdict.ts";
import type { CommandContext } from "./command.ts";
import { EXIT_INTERRUPTED } from "./interrupt.ts";
import { openSink } from "./output.ts";
import { missingPermission } from "./permission.ts";
import { Progress } from "./progress.ts";
import { reportOptions } from "./report_options.ts";
import type { RunSettings } from "./run_flags.ts";
import { Secrets } from "./secrets.ts";
import { toolOf } from "./tool.ts";

/** What is to be run, and how to speak of it. */
export interface Execution {
  /** Where reports look runs up. */
  scenarios: readonly Scenario[];
  /** The runs to make. */
  specs: readonly RunSpec[];
  /** How to make and show them. */
  settings: RunSettings;
  /** The command line, without secrets. */
  command: string;
  /** What is kept out of everything that is written. */
  secrets?: Secrets;
  /** Begins with the runs that may take longest. */
  longestFirst?: boolean;
  /** The exit code of runs of which so many were not measured to their end; by default the result's. */
  exitCode?: (runs: readonly Run[], incomplete: number) => number;
}

/**
 * Makes the runs and writes their result.
 *
 * @returns The exit code that the result stands for; 130 when it was interrupted.
 * @throws {UsageError} when the output cannot be written, before anything runs.
 * @throws {Deno.errors.NotCapable} when a run lacked a permission.
 */
export async function execute(execution: Execution, context: CommandContext): Promise<number> {
  const { specs, settings, secrets = new Secrets() } = execution;
  const { io, interrupt } = context;
  const sink = openSink(io, settings.output);
  const stream = sink.file === undefined ? settings.format.stream?.(io.out.bind(io)) : undefined;
  const drawn = io.errIsTerminal && !settings.quiet && !(stream && io.outIsTerminal);
  const stop = new AbortController();
  const defects: Defect[] = [];
  const startedAt = new Date().toISOString();
  const startMs = performance.now();

  stream?.start({ tool: toolOf(), startedAt, speed: settings.speed, ids: specs.map(runId) });
  const runs: Run[] = [];
  let finished = 0;
  let incomplete = 0;
  {
    using progress = new Progress(io, specs.length, drawn);
    interrupt.onKill(() => progress[Symbol.dispose]());
    const signal = AbortSignal.any([interrupt.signal, io.outGone, stop.signal]);
    const observer: RunObserver = {
      runStart(id) {
        progress.start(id);
        stream?.runStart(id);
      },
      event: (id, event) => stream?.event(id, secrets.redact(event)),
      runEnd(run) {
        // One may still come to its own end, and be given back, after the signal.
        if (run.reason !== INTERRUPTED) finished++;
        progress.end(run.id);
        stream?.runEnd(secrets.redact(run));
      },
      warning: (id, message) => io.err(`warning: ${id}: ${secrets.redact(message)}\n`),
      incomplete: () => incomplete++,
      defect(id, error) {
        defects.push({ id, error });
        // Every run would lack it: there is nothing to wait for.
        if (missingPermission(error) !== undefined) stop.abort();
      },
    };
    const { concurrency } = settings;
    const { longestFirst = false } = execution;
    const options = { concurrency, signal, observer, longestFirst };
    runs.push(...secrets.redact(await runAll(specs, options)));
  }
  for (const { error } of defects) {
    if (missingPermission(error) !== undefined) throw error;
  }

  const durationMs = Math.round((performance.now() - startMs) * 10) / 10;
  const summary = summarize(runs);
  if (stream) stream.end({ summary, durationMs });
  else {
    const { speed, verbose, color } = settings;
    const { scenarios, command } = execution;
    const schema = RESULT_SCHEMA;
    const result: Result = { schema, tool: toolOf(), startedAt, durationMs, speed, runs, summary };
    sink.write(
      settings.format.render(
        result,
        reportOptions(scenarios, await context.catalog.engines(), {
          io,
          sink,
          verbose,
          color,
          command,
        }),
      ),
    );
  }
  for (const { id, error } of defects) {
    const stack = settings.verbose && error instanceof Error ? `\n${error.stack}` : "";
    io.err(`error: ${id}: ${secrets.redact(messageOf(error) + stack)}\n`);
  }
  if (interrupt.signal.aborted || io.outGone.aborted) {
    if (!settings.quiet) io.err(`interrupted: ${finished} of ${specs.length} runs were finished\n`);
    return EXIT_INTERRUPTED;
  }
  if (!settings.quiet && runs.length > 0 && summary.unmet === runs.length) {
    io.err("warning: no run could be judged: every case lacks something that it needs\n");
  }
  return execution.exitCode?.(runs, incomplete) ?? exitCodeOf(runs, settings.strict);
}

/** An error that is none of the target's, and the run in which it came up. */
interface Defect {
  id: string;
  error: unknown;
}
