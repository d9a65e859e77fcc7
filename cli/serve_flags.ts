// The flags of `serve`: bare for one server, under its name for several.

import { UsageError } from "../lab/errors.ts";
import { type ParamField, paramFields, type Params, parseParam } from "../lab/params.ts";
import { didYouMean } from "../lab/nearest.ts";
import type { ServerDefinition } from "../servers/definition.ts";
import type { Args, Flag } from "./flags.ts";
import { flagOf, sharedFlags } from "./scenario_flags.ts";
import { checkTaken, type NamedEngine } from "./serve_engines.ts";
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
  engine?: NamedEngine;
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
  engines: ReadonlyMap<string, NamedEngine> = new Map(),
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
    if (engine) checkTaken(definition, engine.engine, given, prefix);
    return {
      definition,
      port: numberOf(args, name, { ...PORTS, otherwise: definition.port }),
      portFlag: name,
      given,
      ...(engine && { engine }),
    };
  });
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
