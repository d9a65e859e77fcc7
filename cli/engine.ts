// From an engine's name to a target, as `probe`, `serve` and `matrix` take it.

import type { Engine } from "../engines/engine.ts";
import { findEngine, type Found, whyMissing, whyNoEngines } from "../engines/find.ts";
import { playOf } from "../engines/play.ts";
import { remediesOf, WITH, withRemedies } from "../engines/remedy.ts";
import { absentTarget, engineTarget } from "../engines/target.ts";
import { formatDuration } from "../lab/duration.ts";
import { UsageError } from "../lab/errors.ts";
import { didYouMean } from "../lab/nearest.ts";
import { paceFor } from "../lab/pace.ts";
import type { Params } from "../lab/params.ts";
import { nominalParams, repeated, type RunSpec } from "../lab/run_spec.ts";
import type { TargetSource } from "../lab/target.ts";
import type { Selected } from "../lab/selection.ts";
import { SPEEDS } from "./run_flags.ts";

/** What an engine's name begins with where a URL could stand too. */
export const ENGINE_PREFIX = "engine:";

/** The pace of runs against engines whose own constants allow it. */
export const ENGINE_SPEED = 5;

/**
 * Finds an engine by its name: `nginx`, or with ways around `nginx+ignore-client-abort`.
 *
 * @throws {UsageError} naming what there is and the nearest.
 */
export function engineNamed(name: string, engines: readonly Engine[]): Engine {
  const [bare = "", ...remedies] = name.split(WITH);
  const found = engines.find((engine) => engine.name === bare);
  if (found === undefined) {
    const known = engines.map((engine) => engine.name);
    throw new UsageError(
      `Unknown engine '${bare}': expected ${known.join(", ")}${didYouMean(bare, known)}`,
    );
  }
  const known = remediesOf(found).map((remedy) => remedy.name);
  const unknown = remedies.find((remedy) => !known.includes(remedy));
  if (unknown === undefined) return withRemedies(found, remedies);
  throw new UsageError(
    `Unknown way around '${unknown}' of ${bare}: expected ${known.join(", ") || "none"}` +
      didYouMean(unknown, known),
  );
}

/**
 * Looks for an engine on this machine.
 *
 * @throws {UsageError} where engines cannot be started at all: the system, a permission.
 */
export async function look(engine: Engine): Promise<Found | undefined> {
  const why = await whyNoEngines();
  if (why !== undefined) throw new UsageError(`Cannot start ${engine.title}: ${why}`);
  return await findEngine(engine);
}

/** An engine as a target; one that was not found is out of reach, which the run then says. */
export async function targetOf(engine: Engine): Promise<TargetSource> {
  const found = await look(engine);
  if (found !== undefined) return engineTarget(engine, found);
  return absentTarget(engine, await whyMissing(engine));
}

/** How runs against an engine are made. */
export interface EngineRuns {
  /** How often each is made. */
  repeat: number;
  /** The pace when the engine's constants do not speak against it. */
  fastest: number;
  /** The parameters that were given by flag. */
  given: (scenario: Selected["scenario"]) => Params;
}

/** The runs of the selected cases against an engine, each at the fastest pace that it allows. */
export function engineSpecs(
  selected: readonly Selected[],
  engine: Engine,
  target: TargetSource,
  runs: EngineRuns,
): RunSpec[] {
  return selected.flatMap(({ scenario, case: one }) => {
    const given = runs.given(scenario);
    const play = playOf(engine, scenario.role);
    const { speed, nominal, boundBy } = paceFor(
      scenario.params,
      nominalParams(scenario, one, given),
      play?.constants ?? [],
      { fastest: runs.fastest, given },
    );
    if (speed < SPEEDS.min && boundBy !== undefined) {
      throw new UsageError(
        `The durations given are too short for ${engine.title} (${formatDuration(boundBy.ms)}, ` +
          `${boundBy.what}): ${scenario.id}/${one.id} would have to be made ${
            Number((1 / speed).toFixed(1))
          } times slower`,
      );
    }
    return repeated({ scenario, case: one, target, nominal, speed }, runs.repeat);
  });
}
