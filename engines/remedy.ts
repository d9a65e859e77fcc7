// Engines with ways around: `nginx+ignore-client-abort` is nginx with one more line.

import type { Engine, Launch, Remedy, RolePlay } from "./engine.ts";

/** What stands between an engine's name and those of its remedies. */
export const WITH = "+";

/** The remedies of an engine, in all roles. */
export function remediesOf({ plays }: Engine): readonly Remedy[] {
  return Object.values(plays).flatMap((play) => play.remedies ?? []);
}

/**
 * The same engine, configured with remedies.
 *
 * @throws {RangeError} naming the remedy that the engine does not have.
 */
export function withRemedies(engine: Engine, names: readonly string[]): Engine {
  const known = remediesOf(engine);
  const chosen = names.map((name) => {
    const found = known.find((remedy) => remedy.name === name);
    if (found === undefined) throw new RangeError(name);
    return found;
  });
  const play = engine.plays["caching-proxy"];
  if (play === undefined || chosen.length === 0) return engine;
  const remedied: RolePlay<Parameters<typeof play.launch>[0]> = {
    ...play,
    launch: (settings, place) =>
      chosen.reduce((launch, { apply }) => apply(launch), play.launch(settings, place)),
  };
  return {
    ...engine,
    name: [engine.name, ...names].join(WITH),
    plays: { ...engine.plays, "caching-proxy": remedied },
  };
}

/**
 * Changes one file of a configuration.
 *
 * @param place What is changed; it has to be there.
 * @param put What takes its place.
 */
export function editing(
  file: string,
  place: string | RegExp,
  put: string,
): (launch: Launch) => Launch {
  return (launch) => {
    const text = launch.files?.[file] ?? "";
    if (text.search(place instanceof RegExp ? place : RegExp.escape(place)) < 0) {
      throw new TypeError(`${file} has no ${place} to be changed`);
    }
    return { ...launch, files: { ...launch.files, [file]: text.replace(place, put) } };
  };
}
