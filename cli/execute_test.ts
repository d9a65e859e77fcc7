// What a command says of runs that were ended before they were over.

import { assertEquals } from "@std/assert";
import type { Run } from "../lab/result.ts";
import { access, madeCase, madeScenario, never, well } from "../lab/testing_runner.ts";
import { nominalParams, type RunSpec } from "../lab/run_spec.ts";
import { urlTarget } from "../lab/target.ts";
import type { Format } from "../reports/format.ts";
import type { CommandContext } from "./command.ts";
import { execute } from "./execute.ts";
import { EXIT_INTERRUPTED } from "./interrupt.ts";
import type { Io } from "./io.ts";

/** Streams that nobody reads, and what was written to standard error. */
function silentIo(): { io: Io; said: string[] } {
  const said: string[] = [];
  const io: Io = {
    out: () => {},
    err: (text) => said.push(text),
    flush: () => Promise.resolve(),
    outGone: new AbortController().signal,
    input: () => Promise.resolve(""),
    async *lines() {},
    ...{ outIsTerminal: false, errIsTerminal: false, colorAllowed: false, width: 80, errWidth: 80 },
  };
  return { io, said };
}

const NO_CATALOG: CommandContext["catalog"] = {
  scenarios: () => Promise.resolve([]),
  servers: () => Promise.resolve([]),
  engines: () => Promise.resolve([]),
};

Deno.test("interrupted: a run that came to its own end and was then given back was finished", async () => {
  const stop = new AbortController();
  let begun = 0;
  const began = () => ++begun === 2 && stop.abort();
  const cases = [
    // What it used takes until the signal to be given back.
    madeCase("ends", ({ scope }) => {
      scope.defer(async () => {
        began();
        if (!stop.signal.aborted) {
          await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
        }
      });
      return Promise.resolve(well);
    }),
    madeCase("stays", () => {
      began();
      return never;
    }),
    madeCase("waits", () => Promise.resolve(well)),
  ];
  const scenario = madeScenario(cases);
  const specs = cases.map((one): RunSpec => ({
    ...{ scenario, case: one, target: urlTarget(access), repeat: 1, speed: 1 },
    nominal: nominalParams(scenario, one, {}),
  }));
  const rendered: Run[] = [];
  const format: Format = {
    name: "kept",
    description: "keeps the runs",
    render(result) {
      rendered.push(...result.runs);
      return "";
    },
  };
  const { io, said } = silentIo();
  const code = await execute({
    scenarios: [scenario],
    specs,
    settings: {
      ...{ speed: 1, repeat: 1, concurrency: 2, output: undefined, format },
      ...{ strict: false, quiet: false, verbose: false, color: false },
    },
    command: "edge-repro",
  }, { catalog: NO_CATALOG, io, interrupt: { signal: stop.signal, onKill: () => {} } });
  assertEquals(code, EXIT_INTERRUPTED);
  assertEquals(rendered.map((run) => [run.case, run.verdict]), [
    ["ends", "pass"],
    ["stays", "inconclusive"],
  ]);
  assertEquals(said, ["interrupted: 1 of 3 runs were finished\n"]);
});
