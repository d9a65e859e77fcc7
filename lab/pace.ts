// The pace of runs against a target that has time constants of its own.

import { paramFields, type Params, type ParamsSchema } from "./params.ts";

/** A pace and the parameters that go with it, before pacing. */
export interface Pace {
  /** How many times faster than nominal. */
  speed: number;
  /** The parameters; pauses are raised where the pace would make them too short. */
  nominal: Params;
}

/**
 * The fastest pace at which every threshold and delay is at least twice a constant of the target.
 * Pauses, which only have to be long enough, do not slow it down: they are raised instead, unless
 * they were given.
 *
 * @param constantMs The longest duration in the target that no pace changes, in milliseconds.
 * @param options.fastest The pace that is wanted when nothing speaks against it.
 * @param options.given Parameters that the user gave: taken as they are.
 */
export function paceFor(
  schema: ParamsSchema,
  nominal: Params,
  constantMs: number,
  options: { fastest: number; given?: Params },
): Pace {
  const { fastest, given = {} } = options;
  const leastMs = 2 * constantMs;
  const durations = paramFields(schema).flatMap(({ name, paced, pause }) => {
    const value = nominal[name];
    return paced && typeof value === "number" && value > 0
      ? [{ name, value, raised: pause === true && !(name in given) }]
      : [];
  });
  const speed = durations.filter(({ raised }) => !raised)
    .reduce((least, { value }) => Math.min(least, value / leastMs), fastest);
  const pauses = durations.filter(({ raised }) => raised)
    .map(({ name, value }) => [name, Math.max(value, leastMs * speed)]);
  return { speed, nominal: { ...nominal, ...Object.fromEntries(pauses) } };
}
