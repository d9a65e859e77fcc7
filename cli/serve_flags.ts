// The flags of `serve`: bare for one server, under its name for several.

import { playOf } from "../engines/play.ts";
import type { Engine } from "../engines/engine.ts";
import { UsageError } from "../lab/errors.ts";
import { type ParamField, paramFields, type Params, parseParam } from "../lab/params.ts";
import { didYouMean } from "../lab/nearest.ts";
import type { ServerDefinition } from "../servers/definition.ts";
import { ENGINE_PREFIX, engineNamed } from "./engine.ts";
import type { Args, Flag } from "./flags.ts";
import { flagOf, sharedFlags } from "./scenario_flags.ts";
import { numberOf } from "./values.ts";

const PORTS = { min: 0, max: 65_535, whole: true };

/** A server to be started: where, and with what the user said of it. */
export interface ServerPlan {
  /** What it is. */
  definition: ServerDefinition;
  /** Where it listens; 0 lets the system choose. */
  port: number;
  /** The flag that changes the port, without dashes. */
  portFlag: string;
  /** The parameters that were given by flag. */
  given: Params;
  /** The real product that takes the server's place. */
  engine?: Engine;
}

function portFlag(name: string, usual: string): Flag {
  return {
    name,
    kind: "string",
    placeholder: "PORT",
    description: "where to listen; 0 lets the system choose",
    default: usual,
  };
}

/** The flags of each server under its name: `--slow-origin-port`, `--slow-origin-delay`. */
export function prefixedFlags(servers: readonly ServerDefinition[]): Flag[] {
  return servers.flatMap(({ name, port, params }) => [
    portFlag(`${name}-port`, String(port)),
    ...paramFields(params).map((field) => flagOf(field, `${name}-${field.flag}`)),
  ]).map((flag) => ({ ...flag, hidden: true }));
}

/** The flags of all servers without their names, one that several share once. */
export function bareFlags(servers: readonly ServerDefinition[]): Flag[] {
  const usual = servers.map(({ name, port }) => `${name} ${port}`).join(", ");
  const own = servers.flatMap(({ name, params }) =>
    paramFields(params).map((field) => ({ owner: name, flag: flagOf(field) }))
  );
  return [portFlag("port", usual), ...sharedFlags(own, true)];
}

/**
 * Finds the servers that are named; none named: all.
 *
 * @throws {UsageError} naming the unknown server, those there are, and the nearest.
 */
export function selectServers(
  servers: readonly ServerDefinition[],
  names: readonly string[],
): readonly ServerDefinition[] {
  if (names.length === 0) return servers;
  const known = servers.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Unknown server '${unknown}': expected ${known.join(", ")}${didYouMean(unknown, known)}`,
    );
  }
  return servers.filter(({ name }) => names.includes(name));
}

/**
 * Reads what the flags say of each selected server.
 *
 * @throws {UsageError} for a bad value, and for a flag that no selected server has: the message says
 * how it is written here, or whose it is.
 */
export function plansOf(
  args: Args,
  selected: readonly ServerDefinition[],
  all: readonly ServerDefinition[],
  engines: ReadonlyMap<string, Engine> = new Map(),
): ServerPlan[] {
  const [only] = selected;
  const prefixOf = ({ name }: ServerDefinition) => selected.length === 1 ? "" : `${name}-`;
  const serverFlags = new Set([...bareFlags(all), ...prefixedFlags(all)].map(({ name }) => name));
  const allowed = new Set(
    only && selected.length === 1
      ? bareFlags([only]).map(({ name }) => name)
      : prefixedFlags(selected).map(({ name }) => name),
  );
  const misplaced = args.names().find((name) => serverFlags.has(name) && !allowed.has(name));
  if (misplaced !== undefined) {
    throw new UsageError(`--${misplaced} ${hintFor(misplaced, allowed, selected, all)}`);
  }
  return selected.map((definition) => {
    const prefix = prefixOf(definition);
    const name = `${prefix}port`;
    const engine = engines.get(definition.name);
    const given = givenTo(args, definition, prefix);
    if (engine) checkTaken(definition, engine, given, prefix);
    return {
      definition,
      port: numberOf(args, name, { ...PORTS, otherwise: definition.port }),
      portFlag: name,
      given,
      ...(engine && { engine }),
    };
  });
}

/** A product takes only what it has a setting for. */
function checkTaken(
  { name, params, standIn }: ServerDefinition,
  engine: Engine,
  given: Params,
  prefix: string,
): void {
  const applies = standIn && playOf(engine, standIn.role)?.applies;
  const takes: readonly string[] = [...standIn?.always ?? [], ...applies ?? []];
  const own = paramFields(params)
    .find((field) => field.name in given && !takes.includes(field.name));
  if (own === undefined) return;
  throw new UsageError(
    `--${prefix}${own.flag} is for our own ${name}: ${engine.title} has no such setting`,
  );
}

/**
 * Takes the engines out of the names that `serve` was given: each stands in for the server of its
 * role.
 *
 * @returns The servers' names, and the engines by the name of the server whose place they take.
 * @throws {UsageError} for an unknown engine, and for two in one place.
 */
export function standIns(
  names: readonly string[],
  servers: readonly ServerDefinition[],
  engines: readonly Engine[],
): { names: string[]; engines: Map<string, Engine> } {
  const found = new Map<string, Engine>();
  const others = names.filter((name) => !name.startsWith(ENGINE_PREFIX));
  for (const name of names.filter((one) => one.startsWith(ENGINE_PREFIX))) {
    const engine = engineNamed(name.slice(ENGINE_PREFIX.length), engines);
    const place = servers.find(({ standIn }) => standIn && standIn.role in engine.plays);
    if (place === undefined) throw new UsageError(`${engine.title} can take no server's place`);
    if (found.has(place.name) || others.includes(place.name)) {
      throw new UsageError(`${name} takes the place of ${place.name}: expected one of them`);
    }
    found.set(place.name, engine);
  }
  return { names: [...others, ...found.keys()], engines: found };
}

function givenTo(args: Args, { params }: ServerDefinition, prefix: string): Params {
  const given: Params = {};
  for (const field of paramFields(params)) {
    const named: ParamField = { ...field, flag: `${prefix}${field.flag}` };
    if (!args.has(named.flag)) continue;
    given[field.name] = parseParam(params, named, args.value(named.flag) ?? "");
  }
  return given;
}

function hintFor(
  flag: string,
  allowed: ReadonlySet<string>,
  selected: readonly ServerDefinition[],
  all: readonly ServerDefinition[],
): string {
  const prefixed = selected.map(({ name }) => `${name}-${flag}`).filter((one) => allowed.has(one));
  if (prefixed.length > 0) {
    const spellings = prefixed.map((one) => `--${one}`).join(" or ");
    return `names no server where several are started: expected ${spellings}`;
  }
  const [only] = selected;
  const bare = only && flag.startsWith(`${only.name}-`) ? flag.slice(only.name.length + 1) : "";
  if (allowed.has(bare)) return `is written without the name of the one server: expected --${bare}`;
  const owners = all.filter((server) =>
    [...bareFlags([server]), ...prefixedFlags([server])].some(({ name }) => name === flag)
  );
  return `belongs to ${owners.map(({ name }) => name).join(" and ")}, which is not selected`;
}
