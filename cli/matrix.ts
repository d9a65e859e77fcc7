// `matrix`: every case against every engine that is here and our own servers, as a table.

import type { Engine } from "../engines/engine.ts";
import { misnamed } from "../engines/find.ts";
import { UsageError } from "../lab/errors.ts";
import { remediesOf, WITH, withRemedies } from "../engines/remedy.ts";
import { nominalParams, repeated, type RunSpec } from "../lab/run_spec.ts";
import { embeddedTarget } from "../lab/target.ts";
import { select, type Selected } from "../lab/selection.ts";
import { VARIANTS } from "../lab/verdict.ts";
import type { Command, CommandContext } from "./command.ts";
import { commandLine } from "./command_line.ts";
import { ENGINE_SPEED, engineNamed, engineSpecs, look, targetOf } from "./engine.ts";
import { canPlay, checkPlays, type Needing } from "./engine_role.ts";
import { execute } from "./execute.ts";
import type { Args, Flag } from "./flags.ts";
import { runFlags, type RunSettings, runSettings } from "./run_flags.ts";
import { checkParamFlags, givenParams, paramFlags } from "./scenario_flags.ts";

/** Side by side as in `repro`: engines have processes of their own, and mostly wait. */
const DEFAULTS = { speed: ENGINE_SPEED, concurrency: 8, format: "matrix" };

const OWN_FLAGS: readonly Flag[] = [
  {
    name: "engines",
    kind: "string",
    placeholder: "A,B",
    description: "these engines only; none for our own servers alone",
    default: "all that are installed",
  },
  {
    name: "remedies",
    kind: "boolean",
    description: "also each engine with the ways around that its manual offers, at their cases",
  },
  ...runFlags(DEFAULTS).filter(({ name }) => name !== "all-cases" && name !== "strict"),
];

/** The command `matrix`. */
export const matrix: Command = {
  positionals: { name: "SELECTOR", usage: "[SELECTOR...]", min: 0, max: Infinity },
  examples: ["matrix --repeat 3", "matrix cache-lock/disconnect --engines nginx,varnish --verbose"],
  notes: [
    "Without a SELECTOR every case; a scenario stands for all of its cases. The pace is the fastest at " +
    "which every threshold and delay is at least twice what an engine's own constants are.",
    "Exit code 0 says that everything was measured, whatever was found; 3 that an engine could not be " +
    "started or broke.",
  ],
  async flags(catalog) {
    return [...OWN_FLAGS, ...paramFlags(await catalog.scenarios(), false)];
  },
  async run(args, context) {
    const scenarios = await context.catalog.scenarios();
    const settings = runSettings(args, DEFAULTS);
    const selected = select(scenarios, args.positionals, true);
    const needing = [...new Set(selected.map(({ scenario }) => scenario))];
    checkParamFlags(args, needing, scenarios);
    const chosen = await chosenEngines(args, needing, context);
    const remedied = args.has("remedies") ? remediedSelections(chosen, selected) : [];
    const specs = inOrderOfCases(selected, [
      ...embeddedSpecs(selected, args, settings),
      ...await specsOfEngines(
        [...chosen.map((engine) => ({ engine, selected })), ...remedied],
        args,
        settings,
      ),
    ]);
    const command = commandLine("matrix", args, await matrix.flags(context.catalog));
    const exitCode = (_runs: unknown, incomplete: number) => incomplete > 0 ? 3 : 0;
    return await execute(
      { scenarios, specs, settings, command, exitCode, longestFirst: true },
      context,
    );
  },
};

/**
 * The engines that were named, or all that are installed.
 *
 * @throws {UsageError} for one that was named and can be what none of the scenarios needs.
 */
async function chosenEngines(
  args: Args,
  scenarios: readonly Needing[],
  { catalog, io }: CommandContext,
): Promise<Engine[]> {
  const all = await catalog.engines();
  const named = args.value("engines");
  if (named === "none") return [];
  if (named !== undefined) {
    if (named.split(",").some((name) => name.trim() === "none")) {
      throw new UsageError(`--engines: received '${named}', expected none alone, or engines`);
    }
    const engines = [...new Set(named.split(",").map((name) => engineNamed(name.trim(), all)))];
    for (const engine of engines) checkPlays(engine, scenarios, all);
    return engines;
  }
  const looked = await Promise.all(
    all.map(async (engine) => ({ engine, found: await look(engine) })),
  );
  const missing = looked.filter(({ found }) => found === undefined).map(({ engine }) => engine);
  if (missing.length > 0 && !args.has("quiet")) {
    const names = await Promise.all(missing.map(nameOfMissing));
    io.err(`not installed here: ${names.join(", ")}; 'engines' says how to install them\n`);
  }
  return looked.filter(({ found }) => found !== undefined).map(({ engine }) => engine);
}

/** The name of an engine that was not found, with the variable where that leads nowhere. */
async function nameOfMissing(engine: Engine): Promise<string> {
  const named = await misnamed(engine);
  return named === undefined
    ? engine.name
    : `${engine.name} (${engine.variable} names '${named}', which is no program)`;
}

function embeddedSpecs(
  selected: readonly Selected[],
  args: Args,
  settings: RunSettings,
): RunSpec[] {
  return selected.flatMap(({ scenario, case: one }) =>
    VARIANTS.flatMap((variant) => {
      const target = embeddedTarget(scenario, variant);
      const nominal = nominalParams(scenario, one, givenParams(scenario, args));
      const { speed, repeat } = settings;
      return repeated({ scenario, case: one, target, nominal, speed }, repeat);
    })
  );
}

/** An engine and the cases that it is to play. */
interface Selection {
  engine: Engine;
  selected: readonly Selected[];
}

/** Each engine with each of its ways around, at the cases that it is for. */
function remediedSelections(
  engines: readonly Engine[],
  selected: readonly Selected[],
): Selection[] {
  // One that was named with a way has it already.
  return engines.filter(({ name }) => !name.includes(WITH)).flatMap((engine) =>
    remediesOf(engine).map(({ name, cases }) => ({
      engine: withRemedies(engine, [name]),
      selected: selected.filter((one) => cases.includes(`${one.scenario.id}/${one.case.id}`)),
    }))
  );
}

async function specsOfEngines(
  selections: readonly Selection[],
  args: Args,
  settings: RunSettings,
): Promise<RunSpec[]> {
  const specs: RunSpec[] = [];
  for (const { engine, selected } of selections) {
    const target = await targetOf(engine);
    const able = selected.filter(({ scenario }) => canPlay(engine, scenario.role));
    specs.push(...engineSpecs(able, engine, target, {
      repeat: settings.repeat,
      fastest: settings.speed,
      given: (scenario) => givenParams(scenario, args),
    }));
  }
  return specs;
}

function inOrderOfCases(selected: readonly Selected[], specs: readonly RunSpec[]): RunSpec[] {
  return selected.flatMap((one) => specs.filter((spec) => spec.case === one.case));
}
