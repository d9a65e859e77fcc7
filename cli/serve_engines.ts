// Real products in the places of our own servers, as `serve` is told: `engine:NAME`, `SERVER=engine:NAME`.

import type { Engine, Remedy } from "../engines/engine.ts";
import { playOf } from "../engines/play.ts";
import { WITH } from "../engines/remedy.ts";
import { UsageError } from "../lab/errors.ts";
import { didYouMean } from "../lab/nearest.ts";
import { paramFields, type Params } from "../lab/params.ts";
import type { ServerDefinition } from "../servers/definition.ts";
import { ENGINE_PREFIX, engineNamed } from "./engine.ts";

/** A product that takes a server's place. */
export interface NamedEngine {
  /** The product. */
  engine: Engine;
  /** The argument that named it. */
  as: string;
}

/** What stands between a server's name and the product that takes its place. */
const IN_PLACE = "=";

/** An argument with a product, read. */
interface Named extends NamedEngine {
  /** The server whose place was named. */
  place?: string;
}

/**
 * Takes the engines out of the names that `serve` was given: `SERVER=engine:NAME` stands in for that
 * server, and `engine:NAME` for the one whose place it can take.
 *
 * @returns The servers' names, and the engines by the name of the server whose place they take.
 * @throws {UsageError} for an unknown server or engine, for an engine that cannot take the place or could
 * take several, and for two in one place.
 */
export function standIns(
  names: readonly string[],
  servers: readonly ServerDefinition[],
  engines: readonly Engine[],
): { names: string[]; engines: Map<string, NamedEngine> } {
  const isNamed = (name: string) => name.includes(IN_PLACE) || name.startsWith(ENGINE_PREFIX);
  const found = new Map<string, NamedEngine>();
  const others = names.filter((name) => !isNamed(name));
  for (const argument of names.filter(isNamed)) {
    const { place, ...named } = read(argument, engines);
    const { name } = place === undefined
      ? onlyPlace(named, servers)
      : placeNamed(place, named, servers, engines);
    if (found.has(name) || others.includes(name)) {
      throw new UsageError(`${argument} takes the place of ${name}: expected one of them`);
    }
    found.set(name, named);
  }
  return { names: [...others, ...found.keys()], engines: found };
}

function read(argument: string, engines: readonly Engine[]): Named {
  const at = argument.startsWith(ENGINE_PREFIX) ? -1 : argument.indexOf(IN_PLACE);
  const product = argument.slice(at + 1);
  if (!product.startsWith(ENGINE_PREFIX)) {
    throw new UsageError(
      `Cannot read '${argument}': received '${product}' after ${IN_PLACE}, expected ${ENGINE_PREFIX}NAME`,
    );
  }
  const engine = engineNamed(product.slice(ENGINE_PREFIX.length), engines);
  return { engine, as: argument, ...(at >= 0 && { place: argument.slice(0, at) }) };
}

/** The one server whose place an engine can take, with the ways around that it has. */
function onlyPlace({ engine, as }: NamedEngine, servers: readonly ServerDefinition[]) {
  const places = servers.filter((server) => missingWay(engine, server) === undefined);
  const [only, ...more] = places;
  if (only === undefined) throw new UsageError(`${as} can take no server's place`);
  if (more.length === 0) return only;
  const choices = places.map(({ name }) => `${name}${IN_PLACE}${as}`);
  throw new UsageError(
    `${as} can take the place of ${places.map(({ name }) => name).join(" and of ")}: expected ${
      choices.join(" or ")
    }`,
  );
}

function placeNamed(
  place: string,
  { engine, as }: NamedEngine,
  servers: readonly ServerDefinition[],
  engines: readonly Engine[],
): ServerDefinition {
  const places = servers.filter(({ standIn }) => standIn !== undefined);
  const server = places.find(({ name }) => name === place);
  if (server === undefined) {
    const known = places.map(({ name }) => name);
    const expected = `expected ${known.join(", ")}`;
    throw new UsageError(
      servers.some(({ name }) => name === place)
        ? `No engine can take the place of ${place}: ${expected}`
        : `Unknown server '${place}' in '${as}': ${expected}${didYouMean(place, known)}`,
    );
  }
  const missing = missingWay(engine, server);
  if (missing === undefined) return server;
  if (missing === NO_PLAY) {
    const able = engines.filter((one) => missingWay(one, server) !== NO_PLAY);
    throw new UsageError(
      `${engine.title} cannot take the place of ${place}: expected ${
        able.map(({ name }) => ENGINE_PREFIX + name).join(" or ")
      }`,
    );
  }
  const ways = waysOf(engine, server).map(({ name }) => name);
  throw new UsageError(
    `${engine.title} has no way around '${missing}' in the place of ${place}: expected ` +
      (ways.join(", ") || "none"),
  );
}

/** In the place of a way around: the role itself is not played. */
const NO_PLAY = Symbol("no play");

/** What keeps an engine from a server's place: that it has no such role, or a way around not there. */
function missingWay(engine: Engine, server: ServerDefinition): string | typeof NO_PLAY | undefined {
  if (!server.standIn || playOf(engine, server.standIn.role) === undefined) return NO_PLAY;
  const [, ...asked] = engine.name.split(WITH);
  return asked.find((way) => !waysOf(engine, server).some(({ name }) => name === way));
}

function waysOf(engine: Engine, { standIn }: ServerDefinition): readonly Remedy[] {
  return (standIn && playOf(engine, standIn.role)?.remedies) ?? [];
}

/**
 * Refuses parameters that a product has no setting for.
 *
 * @param prefix What stands before the server's flags.
 * @throws {UsageError} naming the first.
 */
export function checkTaken(
  { name, params, standIn }: ServerDefinition,
  engine: Engine,
  given: Params,
  prefix: string,
): void {
  const applies = standIn && playOf(engine, standIn.role)?.applies;
  const takes: readonly string[] = [...standIn?.always ?? [], ...applies ?? []];
  const settingOf = (param: string) => standIn?.into?.[param] ?? param;
  const own = paramFields(params)
    .find((field) => field.name in given && !takes.includes(settingOf(field.name)));
  if (own === undefined) return;
  throw new UsageError(
    `--${prefix}${own.flag} is for our own ${name}: ${engine.title} has no such setting`,
  );
}
