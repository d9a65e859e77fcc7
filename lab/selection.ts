// From selectors (`SCENARIO` or `SCENARIO/CASE`) to the cases they name.

import { UsageError } from "./errors.ts";
import { didYouMean } from "./nearest.ts";
import type { Case, Scenario } from "./scenario.ts";

/** One selected case with its scenario. */
export interface Selected {
  scenario: Scenario;
  case: Case;
}

/**
 * Finds what selectors name, in the order of declaration and each case once.
 *
 * @param selectors None: all scenarios.
 * @param allCases A bare scenario stands for all of its cases, not for its headline alone.
 * @throws {UsageError} naming the unknown scenario or case and the nearest one.
 */
export function select(
  scenarios: readonly Scenario[],
  selectors: readonly string[],
  allCases: boolean,
): Selected[] {
  const wanted = selectors.length > 0 ? selectors : scenarios.map((scenario) => scenario.id);
  const picked = new Set(wanted.flatMap((selector) => {
    const { scenario, case: only } = resolve(scenarios, selector);
    if (only) return [only];
    return scenario.cases.filter((one) => allCases || one.id === scenario.headline);
  }));
  return scenarios.flatMap((scenario) =>
    scenario.cases.filter((one) => picked.has(one)).map((one) => ({ scenario, case: one }))
  );
}

/**
 * Finds the one scenario, and the case if it names one, of a selector.
 *
 * @throws {UsageError} naming the unknown scenario or case and the nearest one.
 */
export function resolve(
  scenarios: readonly Scenario[],
  selector: string,
): { scenario: Scenario; case?: Case } {
  const slash = selector.indexOf("/");
  const id = slash < 0 ? selector : selector.slice(0, slash);
  const scenario = scenarios.find((one) => one.id === id);
  if (scenario === undefined) {
    const known = scenarios.map((one) => one.id);
    const cases = scenarios.flatMap((one) => one.cases.map((found) => `${one.id}/${found.id}`));
    // A case is named with its scenario.
    const meant = cases.filter((one) => one.endsWith(`/${id}`));
    throw new UsageError(
      `Unknown scenario '${id}': expected ${known.join(", ")}` +
        (meant.length > 0 ? didYouMean(id, meant) : didYouMean(id, known)),
    );
  }
  if (slash < 0) return { scenario };
  const found = scenario.cases.find((one) => `${id}/${one.id}` === selector);
  if (found === undefined) {
    const known = scenario.cases.map((one) => `${id}/${one.id}`);
    throw new UsageError(
      `Unknown case '${selector}': expected ${known.join(", ")}${didYouMean(selector, known)}`,
    );
  }
  return { scenario, case: found };
}
