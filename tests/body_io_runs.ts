// Runs of `body-io` for its tests, and the gateways that they are aimed at.

import { assert } from "@std/assert";
import type { Params } from "../lab/params.ts";
import type { Run } from "../lab/result.ts";
import { nominalParams } from "../lab/run_spec.ts";
import { runAll, type RunObserver } from "../lab/runner.ts";
import type { Access, Case, Scenario } from "../lab/scenario.ts";
import { embeddedTarget, type TargetSource, urlTarget } from "../lab/target.ts";
import { VARIANTS } from "../lab/verdict.ts";
import { embedSwitched } from "../scenarios/body_io/embed.ts";
import { bodyIo } from "../scenarios/body_io/scenario.ts";
import { aboutOf, type Switch, switched } from "../scenarios/body_io/switched_case.ts";

/** How runs are made. */
export interface Options {
  scenario?: Scenario;
  params?: Params;
  signal?: AbortSignal;
  observer?: RunObserver;
}

/** As fast as `repro` is. */
export const SPEED = 20;

/** Small bursts, which come out as large ones do. */
export const SMALL: Params = {
  ...{ numUploads: 8, largeUploads: 2, numDeletes: 8, keysPerDelete: 100 },
  ...{ numParts: 4, largePartSize: 8 << 20, bufferLimit: 6 << 20 },
};

function run(
  cases: readonly Case[],
  targets: (scenario: Scenario) => readonly TargetSource[],
  options: Options = {},
): Promise<Run[]> {
  const { scenario = bodyIo, params = SMALL, observer } = options;
  const specs = cases.flatMap((one) =>
    targets(scenario).map((target) => ({
      ...{ scenario, case: one, target, repeat: 1, speed: SPEED },
      nominal: nominalParams(scenario, one, params),
    }))
  );
  const signal = options.signal ?? new AbortController().signal;
  return runAll(specs, { concurrency: 2, signal, ...(observer && { observer }) });
}

/** Cases by their ids. */
export const casesOf = (...ids: string[]): Case[] =>
  ids.map((id) => {
    const found = bodyIo.cases.find((one) => one.id === id);
    assert(found, id);
    return found;
  });

/** Runs cases on our own gateway, in both variants. */
export const repro = (cases: readonly Case[], options?: Options): Promise<Run[]> =>
  run(cases, (scenario) => VARIANTS.map((variant) => embeddedTarget(scenario, variant)), options);

/** Runs cases on a target. */
export const probe = (cases: readonly Case[], access: Access, options?: Options): Promise<Run[]> =>
  run(cases, () => [urlTarget(access)], options);

/**
 * Runs cases on our own gateway with these switches as the report found them, as far as the case is
 * about them, and no others. Services that fail are waited for less.
 */
export const reproSwitched = (cases: readonly Case[], ...broken: Switch[]): Promise<Run[]> => {
  const scenario: Scenario = {
    ...bodyIo,
    embed(context) {
      const about = aboutOf(context.case);
      return embedSwitched(context, switched(broken.filter((one) => about.includes(one)), "bug"));
    },
  };
  // A part of 24 MiB that is gathered goes out at one go, for which a busy machine has more than a second.
  const params = { ...SMALL, backendTimeoutMs: 2_000, stsTimeoutMs: 700 };
  return run(cases, () => [embeddedTarget(scenario, "bug")], { scenario, params });
};

/** The same where cases pin nothing: as of a gateway that somebody has started so. */
export const probeSwitched = (cases: readonly Case[], ...broken: Switch[]): Promise<Run[]> => {
  const scenario: Scenario = {
    ...bodyIo,
    embed: (context) => embedSwitched(context, switched(broken, "bug")),
  };
  return run(cases, () => [embeddedTarget(scenario, "bug")], { scenario });
};

/** What the runs came to, a line each. */
export const said = (runs: readonly Run[]): string[] =>
  runs.map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`);

/** The one run. */
export const only = ([run]: readonly Run[]): Run => {
  assert(run);
  return run;
};
