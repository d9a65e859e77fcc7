// Whether an engine can be what scenarios need of a target, with the ways around it was named with.

import type { Engine } from "../engines/engine.ts";
import { playOf } from "../engines/play.ts";
import { WITH } from "../engines/remedy.ts";
import { UsageError } from "../lab/errors.ts";
import { didYouMean } from "../lab/nearest.ts";
import type { Role } from "../lab/role.ts";
import type { Scenario } from "../lab/scenario.ts";

/** What a check asks of a scenario. */
export type Needing = Pick<Scenario, "id" | "role">;

/** Roles as a sentence has them. */
const SPOKEN: Readonly<Record<Role, string>> = {
  "caching-proxy": "a caching-proxy",
  "object-store": "an object-store",
  "websocket-server": "a websocket-server",
  "s3-gateway": "an s3-gateway",
};

/** Whether an engine plays a role, with every way around that it has been given. */
export function canPlay(engine: Engine, role: Role): boolean {
  return playOf(engine, role) !== undefined && foreignWay(engine, role) === undefined;
}

/**
 * Refuses an engine that can be what none of the scenarios needs.
 *
 * @param engine With the ways around that it was named with.
 * @param scenarios Those selected, at least one.
 * @param engines Those to choose from, which the message names.
 * @param prefix What stands before an engine's name where one is given.
 * @throws {UsageError} naming the engines that play such a role, or the ways around of the role.
 */
export function checkPlays(
  engine: Engine,
  scenarios: readonly Needing[],
  engines: readonly Engine[],
  prefix = "",
): void {
  if (scenarios.some(({ role }) => canPlay(engine, role))) return;
  const [played] = scenarios.filter(({ role }) => playOf(engine, role) !== undefined);
  if (played === undefined) {
    const able = engines
      .filter((one) => scenarios.some(({ role }) => playOf(one, role) !== undefined))
      .map(({ name }) => prefix + name);
    throw new UsageError(
      `${engine.title} cannot be ${spoken(scenarios)}: expected ${able.join(", ") || "none"}`,
    );
  }
  const { role } = played;
  const way = foreignWay(engine, role) ?? "";
  const known = waysOf(engine, role);
  const owners = scenarios.filter((one) => one.role === role);
  throw new UsageError(
    `${engine.title} has no way around '${way}' as ${spoken(owners)}: ` +
      `expected ${known.join(", ") || "none"}${didYouMean(way, known)}`,
  );
}

/** The roles of scenarios with who needs them: `an s3-gateway (body-io) or an object-store (...)`. */
function spoken(scenarios: readonly Needing[]): string {
  return [...Map.groupBy(scenarios, ({ role }) => role)]
    .map(([role, owners]) => `${SPOKEN[role]} (${owners.map(({ id }) => id).join(", ")})`)
    .join(" or ");
}

/** The first way around that an engine was given and does not have in a role. */
function foreignWay(engine: Engine, role: Role): string | undefined {
  const [, ...given] = engine.name.split(WITH);
  const known = waysOf(engine, role);
  return given.find((way) => !known.includes(way));
}

function waysOf(engine: Engine, role: Role): string[] {
  return (playOf(engine, role)?.remedies ?? []).map(({ name }) => name);
}
