// The parameters of scenarios as flags, and from flags back to parameters.

import { UsageError } from "../lab/errors.ts";
import {
  formatParam,
  type ParamField,
  paramFields,
  type Params,
  parseParam,
  placeholderOf,
} from "../lab/params.ts";
import { nominalParams } from "../lab/run_spec.ts";
import type { CaseInfo, Scenario } from "../lab/scenario.ts";
import type { Args, Flag } from "./flags.ts";

/** A parameter as a flag. */
export function flagOf(field: ParamField, name: string = field.flag): Flag {
  return {
    name,
    ...(field.unit === "switch"
      ? { kind: "boolean" }
      : { kind: "string", placeholder: placeholderOf(field) }),
    description: field.description.replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase()),
    ...(field.default !== "" && field.unit !== "switch" &&
      { default: formatParam(field, field.default) }),
  };
}

/** The fields of a scenario that a command takes: those that say where a probe goes on demand. */
function fieldsOf(scenario: Scenario, withPorts: boolean): ParamField[] {
  const ports = scenario.ports ?? {};
  return paramFields(scenario.params).filter(({ name }) => withPorts || !(name in ports));
}

/**
 * Every parameter of the scenarios as a flag, one that several share once.
 *
 * @param withPorts Whether to take the parameters that stand for the target's and origin's ports.
 */
export function paramFlags(scenarios: readonly Scenario[], withPorts: boolean): Flag[] {
  return sharedFlags(
    scenarios.flatMap((scenario) =>
      fieldsOf(scenario, withPorts).map((field) => ({ owner: scenario.id, flag: flagOf(field) }))
    ),
    false,
  );
}

/** A flag, and who has it. */
export interface OwnedFlag {
  /** The scenario's or server's name. */
  owner: string;
  /** What it is there. */
  flag: Flag;
}

/**
 * Flags that several have, each once, with what it is for each of them.
 *
 * @param named Whether a flag's text begins with its owners also where all mean the same.
 */
export function sharedFlags(flags: readonly OwnedFlag[], named: boolean): Flag[] {
  return [...Map.groupBy(flags, ({ flag }) => flag.name).values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const usual = says(some, ({ flag }) => flag.default, false);
    const { default: _default, ...flag } = first.flag;
    return [{
      ...flag,
      description: says(some, ({ flag }) => flag.description, named) ?? "",
      ...(usual !== undefined && { default: usual }),
    }];
  });
}

/** What is said of owned flags: once where they agree, else of each group of owners. */
function says(
  some: readonly OwnedFlag[],
  what: (owned: OwnedFlag) => string | undefined,
  named: boolean,
): string | undefined {
  const groups = [...Map.groupBy(some, what)].flatMap(([text, owners]) =>
    text === undefined ? [] : [{ text, owners: owners.map(({ owner }) => owner).join(", ") }]
  );
  const [only] = groups;
  if (only === undefined) return undefined;
  if (groups.length === 1 && !named) return only.text;
  return groups.map(({ text, owners }) => `${owners}: ${text}`).join("; ");
}

/** The parameters of one scenario that were given by flag. */
export function givenParams(scenario: Scenario, args: Args): Params {
  const given: Params = {};
  for (const field of paramFields(scenario.params)) {
    if (!args.has(field.flag)) continue;
    given[field.name] = parseParam(scenario.params, field, args.value(field.flag) ?? "");
  }
  return given;
}

/**
 * Refuses a parameter that none of the selected scenarios has.
 *
 * @throws {UsageError} naming the scenario that has it.
 */
export function checkParamFlags(
  args: Args,
  selected: readonly Scenario[],
  all: readonly Scenario[],
): void {
  const has = (scenario: Scenario, name: string) =>
    paramFields(scenario.params).some(({ flag }) => flag === name);
  for (const name of args.names()) {
    const owners = all.filter((scenario) => has(scenario, name));
    if (owners.length === 0 || owners.some((owner) => selected.includes(owner))) continue;
    throw new UsageError(
      `--${name} belongs to ${owners.map(({ id }) => id).join(" and ")}, which is not selected`,
    );
  }
}

/**
 * The flags that make a run's parameters of its case's defaults.
 *
 * @param nominal The run's parameters before pacing.
 */
export function flagsFor(scenario: Scenario, info: CaseInfo, nominal: Params): string[] {
  const usual = nominalParams(scenario, info, {});
  return fieldsOf(scenario, false).flatMap((field) => {
    const value = nominal[field.name];
    if (value === undefined || value === usual[field.name]) return [];
    if (field.unit === "switch") return [`--${field.flag}`];
    return [`--${field.flag}`, field.unit === "ms" ? `${value}ms` : String(value)];
  });
}
