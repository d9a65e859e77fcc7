// The pace of runs against a target that has time constants of its own.

import { type Outlasted, paramFields, type Params, type ParamsSchema } from "./params.ts";

/** A duration built into a target that no setting changes. */
export interface Constant {
  /** How long, in milliseconds. */
  ms: number;
  /** What it is. */
  what: string;
  /** What parameters must outlast it. Left out: it bears on all durations. */
  kind?: Outlasted;
}

/** A pace and the parameters that go with it, before pacing. */
export interface Pace {
  /** How many times faster than nominal. */
  speed: number;
  /** The parameters; pauses are raised where the pace would make them too short. */
  nominal: Params;
  /** The constant that bounds the pace; left out where none does. */
  boundBy?: Constant;
}

/**
 * The fastest pace at which every threshold and delay is at least twice a constant of the target that
 * bears on it: one of a kind bears only on what is declared to outlast that kind, any other on all.
 * Pauses, which only have to be long enough, do not slow it down: they are raised instead, unless
 * they were given.
 *
 * @param constants The durations in the target that no pace changes.
 * @param options.fastest The pace that is wanted when nothing speaks against it.
 * @param options.given Parameters that the user gave: taken as they are.
 */
export function paceFor(
  schema: ParamsSchema,
  nominal: Params,
  constants: readonly Constant[],
  options: { fastest: number; given?: Params },
): Pace {
  const { fastest, given = {} } = options;
  const durations = paramFields(schema).flatMap(({ name, paced, pause, outlasts }) => {
    const value = nominal[name];
    const bound = longest(constants.filter(({ kind }) => kind === undefined || kind === outlasts));
    return paced && typeof value === "number" && value > 0 && bound !== undefined
      ? [{ name, value, bound, leastMs: 2 * bound.ms, raised: pause === true && !(name in given) }]
      : [];
  });
  let speed = fastest;
  let boundBy: Constant | undefined;
  for (const { value, bound, leastMs, raised } of durations) {
    if (raised || value / leastMs >= speed) continue;
    speed = value / leastMs;
    boundBy = bound;
  }
  const pauses = durations.filter(({ raised }) => raised)
    .map(({ name, value, leastMs }) => [name, Math.max(value, leastMs * speed)]);
  return {
    speed,
    nominal: { ...nominal, ...Object.fromEntries(pauses) },
    ...(boundBy !== undefined && { boundBy }),
  };
}

/** The longest that takes any time; undefined where there is none. */
function longest(constants: readonly Constant[]): Constant | undefined {
  return constants.filter(({ ms }) => ms > 0).toSorted((a, b) => b.ms - a.ms).at(0);
}
