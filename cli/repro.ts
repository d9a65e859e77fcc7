// `repro`: our own servers in both variants, each checked to come out as its case declares.

import { nominalParams, repeated, type RunSpec } from "../lab/run_spec.ts";
import { embeddedTarget } from "../lab/target.ts";
import { select } from "../lab/selection.ts";
import { VARIANTS } from "../lab/verdict.ts";
import type { Command } from "./command.ts";
import { commandLine } from "./command_line.ts";
import { execute } from "./execute.ts";
import type { Flag } from "./flags.ts";
import { runFlags, runSettings } from "./run_flags.ts";
import { checkParamFlags, givenParams, paramFlags } from "./scenario_flags.ts";
import { wordOf } from "./values.ts";

/**
 * As many runs side by side as leave the verdicts alone while two other processes keep two cores busy;
 * with three times as many, clients and servers in this one process hold each other up.
 */
const DEFAULTS = { speed: 20, concurrency: 10 };

const OWN_FLAGS: readonly Flag[] = [
  {
    name: "variant",
    kind: "string",
    placeholder: VARIANTS.join("|"),
    description: "one variant of the servers only",
    default: "both",
  },
  ...runFlags(DEFAULTS),
];

/** The command `repro`. */
export const repro: Command = {
  positionals: { name: "SELECTOR", usage: "[SELECTOR...]", min: 0, max: Infinity },
  examples: ["repro", "repro cache-lock --all-cases --variant bug --verbose"],
  notes: [
    "A SELECTOR is SCENARIO or SCENARIO/CASE; none selects every scenario. A scenario stands for its " +
    "headline case, with --all-cases for all of its cases.",
    "Durations take 250ms, 5s, 1m; they are the real ones, and --speed divides them.",
  ],
  async flags(catalog) {
    return [...OWN_FLAGS, ...paramFlags(await catalog.scenarios(), false)];
  },
  async run(args, context) {
    const scenarios = await context.catalog.scenarios();
    const settings = runSettings(args, DEFAULTS);
    const only = wordOf(args, "variant", VARIANTS);
    const selected = select(scenarios, args.positionals, args.has("all-cases"));
    checkParamFlags(args, selected.map(({ scenario }) => scenario), scenarios);

    const specs = selected.flatMap(({ scenario, case: one }): RunSpec[] => {
      const nominal = nominalParams(scenario, one, givenParams(scenario, args));
      return VARIANTS.filter((variant) => only === undefined || variant === only)
        .flatMap((variant) => {
          const target = embeddedTarget(scenario, variant);
          const { speed, repeat } = settings;
          return repeated({ scenario, case: one, target, nominal, speed }, repeat);
        });
    });
    const command = commandLine("repro", args, await repro.flags(context.catalog));
    return await execute({ scenarios, specs, settings, command, longestFirst: true }, context);
  },
};
