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
  const unknown = names.find((name) => !known.some((remedy) => remedy.name === name));
  if (unknown !== undefined) throw new RangeError(unknown);
  if (names.length === 0) return engine;
  const {
    "caching-proxy": proxy,
    "object-store": store,
    "websocket-server": sockets,
    "s3-gateway": gateway,
  } = engine.plays;
  return {
    ...engine,
    name: [engine.name, ...names].join(WITH),
    plays: {
      ...(proxy && { "caching-proxy": remedied(proxy, names) }),
      ...(store && { "object-store": remedied(store, names) }),
      ...(sockets && { "websocket-server": remedied(sockets, names) }),
      ...(gateway && { "s3-gateway": remedied(gateway, names) }),
    },
  };
}

/** A role played with those of the remedies that are for it. */
function remedied<S>(play: RolePlay<S>, names: readonly string[]): RolePlay<S> {
  const own = names.flatMap((name) => play.remedies?.filter((one) => one.name === name) ?? []);
  return {
    ...play,
    launch: (settings, place) =>
      own.reduce((launch, { apply }) => apply(launch), play.launch(settings, place)),
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
