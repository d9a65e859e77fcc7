// What reports are told that only the scenarios know.

import type { Engine } from "../engines/engine.ts";
import { playOf } from "../engines/play.ts";
import { WITH } from "../engines/remedy.ts";
import { paramFields } from "../lab/params.ts";
import type { Scenario } from "../lab/scenario.ts";
import type { Run } from "../lab/result.ts";
import type { ReportOptions } from "../reports/format.ts";
import type { Io } from "./io.ts";
import type { Sink } from "./output.ts";
import { flagsFor } from "./scenario_flags.ts";

/**
 * What a report is told of scenarios and engines, for a plain page of 80 columns.
 *
 * @param scenarios Where runs are looked up; a run of a scenario that is not among them (a result of
 * another version) is shown with what the result itself says.
 * @param engines Likewise for runs against engines.
 */
export function reportOptionsFor(
  scenarios: readonly Scenario[],
  engines: readonly Engine[],
): ReportOptions {
  const scenarioOf = (run: Run) => scenarios.find(({ id }) => id === run.scenario);
  const caseInfo = (run: Run) => scenarioOf(run)?.cases.find(({ id }) => id === run.case);
  const playIn = (run: Run) => {
    const role = scenarioOf(run)?.role;
    const { kind, name } = run.target;
    const [bare] = name.split(WITH);
    const engine = engines.find((one) => kind === "engine" && one.name === bare);
    return role && engine && playOf(engine, role);
  };
  return {
    color: false,
    width: 80,
    verbose: false,
    block: (run) => scenarioOf(run)?.block?.(run),
    curl: (run) => curlLines(run, scenarioOf(run)),
    caseInfo,
    lacks: (run) => playIn(run)?.lacks,
    remedies: (run) =>
      playIn(run)?.remedies?.filter(({ cases }) => cases.includes(`${run.scenario}/${run.case}`)),
    flags(run) {
      const scenario = scenarioOf(run);
      const info = caseInfo(run);
      return scenario && info && flagsFor(scenario, info, run.nominal);
    },
  };
}

/** The same for where the report goes, and as its user asked for it. */
export function reportOptions(
  scenarios: readonly Scenario[],
  engines: readonly Engine[],
  { io, sink, verbose, color, command }: {
    io: Io;
    sink: Sink;
    verbose: boolean;
    /** False for `--no-color`. */
    color: boolean;
    /** The command line that made the result, without secrets. */
    command?: string;
  },
): ReportOptions {
  const toTerminal = sink.file === undefined && io.outIsTerminal;
  const options = reportOptionsFor(scenarios, engines);
  return {
    ...options,
    color: color && toTerminal && io.colorAllowed,
    width: toTerminal ? io.width : 80,
    verbose,
    ...(command !== undefined && { command }),
  };
}

/** A run with curl; an engine's own port is gone by then, so it is to be started anew. */
function curlLines(run: Run, scenario: Scenario | undefined): string[] | undefined {
  if (run.target.kind !== "engine") return scenario?.curl?.({ ...run, url: run.target.url });
  const port = scenario &&
    paramFields(scenario.params).find(({ name }) => scenario.ports?.[name] === "target")?.default;
  const lines = port && scenario?.curl?.({ ...run, url: `http://127.0.0.1:${port}` });
  if (!lines) return undefined;
  return [
    `# In another terminal: edge-repro serve slow-origin engine:${run.target.name}`,
    ...lines,
  ];
}
