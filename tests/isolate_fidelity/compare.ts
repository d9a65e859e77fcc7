// What two runtimes gave for the same experiments, against what is known of their differences.

import type { Outcomes } from "./experiments.ts";

/** What each side gives for an experiment in which they differ. */
export type Differences = Readonly<Record<string, { model: string; workerd: string }>>;

/**
 * Every experiment that did not come to the same on both, or not to what is known of it, a few lines
 * each; also one that only one side made, and a difference that is none any more.
 */
export function deviations(model: Outcomes, workerd: Outcomes, known: Differences): string[] {
  const names = new Set([model, workerd, known].flatMap((one) => Object.keys(one)));
  return [...names].flatMap((name) => {
    const [here = "not made", there = "not made"] = [model[name], workerd[name]];
    const { [name]: declared } = known;
    const isKnown = declared === undefined
      ? here === there && here !== "not made"
      : here === declared.model && there === declared.workerd;
    return isKnown ? [] : [`${name}\n  model    ${here}\n  workerd  ${there}`];
  });
}
