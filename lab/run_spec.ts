// The runs that are to be made, as data.

import type { Params } from "./params.ts";
import type { Case, CaseInfo, Scenario } from "./scenario.ts";
import { select } from "./selection.ts";
import type { TargetSource } from "./target.ts";

/** One run to make. */
export interface RunSpec {
  /** The scenario. */
  scenario: Scenario;
  /** One of its cases. */
  case: Case;
  /** What it is aimed at. */
  target: TargetSource;
  /** Counts from 1. */
  repeat: number;
  /** The parameters before pacing. */
  nominal: Params;
  /** What divides the paced ones. */
  speed: number;
}

/**
 * The runs that a selector stands for against one target: a scenario's headline case, or the case
 * it names.
 *
 * @param options.params Values that differ from the case's defaults; durations in milliseconds.
 * @throws {UsageError} when the selector names no case of the scenario.
 */
export function runSpecs(
  scenario: Scenario,
  selector: string,
  target: TargetSource,
  options: { speed: number; params?: Params; allCases?: boolean },
): RunSpec[] {
  return select([scenario], [selector], options.allCases ?? false).map(({ case: one }) => ({
    scenario,
    case: one,
    target,
    repeat: 1,
    nominal: nominalParams(scenario, one, options.params ?? {}),
    speed: options.speed,
  }));
}

/** One run as often as it is to be made, counted from 1. */
export function repeated(spec: Omit<RunSpec, "repeat">, times: number): RunSpec[] {
  return Array.from({ length: times }, (_, index) => ({ ...spec, repeat: index + 1 }));
}

/**
 * A run's parameters before pacing: the scenario's defaults, then the case's, then what was given.
 * Those that say where a probe goes are left out: the target itself is in the result.
 */
export function nominalParams(scenario: Scenario, info: CaseInfo, given: Params): Params {
  const all = { ...scenario.params.parse({}), ...info.defaults, ...given };
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => !(name in (scenario.ports ?? {}))),
  );
}

/** The id of a run: `cache-lock/disconnect@bug#1`. */
export function runId(spec: RunSpec): string {
  const at = spec.target.variant ?? spec.target.name;
  return `${spec.scenario.id}/${spec.case.id}@${at}#${spec.repeat}`;
}
