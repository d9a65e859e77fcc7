// `probe`: a scenario's probe aimed at something real, and judged.

import { UsageError } from "../lab/errors.ts";
import type { Params } from "../lab/params.ts";
import { nominalParams, repeated, type RunSpec } from "../lab/run_spec.ts";
import { urlTarget } from "../lab/target.ts";
import type { Scenario } from "../lab/scenario.ts";
import { resolve, select } from "../lab/selection.ts";
import { ACCESS_FLAGS, accessOf, checkReachable } from "./access.ts";
import { isLoopback } from "./address.ts";
import type { Command } from "./command.ts";
import { commandLine, shownFlags } from "./command_line.ts";
import { ENGINE_PREFIX, ENGINE_SPEED, engineNamed, engineSpecs, targetOf } from "./engine.ts";
import { checkPlays } from "./engine_role.ts";
import { execute } from "./execute.ts";
import type { Args, Flag } from "./flags.ts";
import { runFlags, runSettings } from "./run_flags.ts";
import { checkParamFlags, givenParams, paramFlags } from "./scenario_flags.ts";
import { Secrets } from "./secrets.ts";
import { durationOf, numberOf } from "./values.ts";

/** One run at a time: two at once would disturb each other on a target that is not ours. */
const DEFAULTS = { speed: 1, concurrency: 1 };
/** Runs at once where each has a target of its own. */
const ENGINE_CONCURRENCY = 8;
/** What a target beyond this machine is spared unless the user says more. */
const MOST_CONNECTIONS = 20;

const OWN_FLAGS: readonly Flag[] = [
  ...ACCESS_FLAGS,
  {
    name: "timeout",
    kind: "string",
    placeholder: "DURATION",
    description: "end a run that takes longer; a bare number is in seconds",
    default: "what the parameters need",
  },
  {
    name: "max-connections",
    kind: "string",
    placeholder: "N",
    description: "at most N connections at once to a target that is not on this machine",
    default: String(MOST_CONNECTIONS),
  },
  ...runFlags(DEFAULTS),
];

/** The command `probe`. */
export const probe: Command = {
  positionals: { name: "SELECTOR", usage: "SELECTOR --target URL|engine:NAME", min: 1, max: 1 },
  examples: [
    "probe cache-lock --target http://127.0.0.1:7001 --origin http://127.0.0.1:8000",
    "probe stale-read/overwrite --target engine:minio --verbose",
  ],
  notes: [
    "A SELECTOR is SCENARIO (its headline case, with --all-cases all of them) or SCENARIO/CASE.",
    "engine:NAME starts a real product for each run ('engines' lists them), eight runs at once, at the " +
    `fastest pace up to ${ENGINE_SPEED} that its own constants allow. engine:NAME+WAY adds a setting by ` +
    "which its manual lets one configure around what a case finds.",
    "Header values, passwords and queries are kept out of everything that is written.",
  ],
  async flags(catalog) {
    return [...OWN_FLAGS, ...paramFlags(await catalog.scenarios(), true)];
  },
  async run(args, context) {
    const scenarios = await context.catalog.scenarios();
    const settings = runSettings(args, DEFAULTS);
    const { scenario } = resolve(scenarios, args.positionals[0] ?? "");
    const selected = select(scenarios, args.positionals, args.has("all-cases"));
    checkParamFlags(args, [scenario], scenarios);
    const given = givenParams(scenario, args);
    const limitMs = durationOf(args, "timeout", "s");
    const command = commandLine("probe", args, await probe.flags(context.catalog));
    const engineName = engineOf(args);
    if (engineName !== undefined) {
      const bounded = selected.map((one) => ({ ...one, scenario: withTimeout(scenario, limitMs) }));
      const engines = await context.catalog.engines();
      const engine = engineNamed(engineName, engines);
      checkPlays(engine, [scenario], engines, ENGINE_PREFIX);
      const specs = engineSpecs(bounded, engine, await targetOf(engine), {
        repeat: settings.repeat,
        fastest: paceIsGiven(args) ? settings.speed : ENGINE_SPEED,
        given: () => given,
      });
      const [first] = specs;
      const paced = {
        ...settings,
        speed: first?.speed ?? settings.speed,
        // Each run has an engine of its own.
        ...(!args.has("concurrency") && { concurrency: ENGINE_CONCURRENCY }),
      };
      return await execute({ scenarios, specs, settings: paced, command }, context);
    }
    const secrets = new Secrets();
    const access = await accessOf(args, scenario, given, secrets);
    const bounded = withTimeout(scenario, limitMs);

    const beside = ACCESS_FLAGS.filter(({ name }) => name !== "target");
    const target = urlTarget(access, shownFlags(args, beside));
    const { speed, repeat } = settings;
    const specs = selected.flatMap(({ case: one }) => {
      const nominal = nominalParams(scenario, one, given);
      return repeated({ scenario: bounded, case: one, target, nominal, speed }, repeat);
    });
    checkConnections(args, access.url, settings.concurrency, specs);
    await checkReachable(access);
    return await execute({ scenarios, specs, settings, command, secrets }, context);
  },
};

/** Flags that say how to reach a target, which for one that we start is known. */
const NOT_FOR_ENGINES = ACCESS_FLAGS.map(({ name }) => name).filter((name) => name !== "target");

/** The name of the engine that is the target, if one is. */
function engineOf(args: Args): string | undefined {
  const target = args.value("target");
  if (!target?.startsWith(ENGINE_PREFIX)) return undefined;
  const other = NOT_FOR_ENGINES.find((name) => args.has(name));
  if (other === undefined) return target.slice(ENGINE_PREFIX.length);
  throw new UsageError(`--${other} is for targets that run already: expected none with ${target}`);
}

const paceIsGiven = (args: Args) => args.has("speed") || args.has("realtime");

/** The same scenario, each run of which is ended after `limitMs` on the wall clock. */
function withTimeout(scenario: Scenario, limitMs: number | undefined): Scenario {
  if (limitMs === undefined) return scenario;
  return { ...scenario, limitMs: (_params: Params) => limitMs };
}

function checkConnections(
  args: Args,
  target: URL,
  concurrency: number,
  specs: readonly RunSpec[],
): void {
  const range = { min: 1, max: 1_000_000, whole: true, otherwise: MOST_CONNECTIONS };
  const most = numberOf(args, "max-connections", range);
  if (isLoopback(target) && !args.has("max-connections")) return;
  const perRun = specs.map(({ scenario, case: one, nominal }) =>
    scenario.connections?.(nominal, one) ?? 1
  );
  const atOnce = perRun.toSorted((a, b) => b - a).slice(0, concurrency)
    .reduce((sum, count) => sum + count, 0);
  if (atOnce <= most) return;
  throw new UsageError(
    `These runs hold ${atOnce} connections to ${target.host} at once: expected at most ${most}; ` +
      `--max-connections ${atOnce} allows it`,
  );
}
