// What two runtimes gave for the same experiments, against what is known of their differences.

/** What an experiment came to, on our host and on workerd. */
export type Outcomes = readonly [host: string, workerd: string];

/** One way in which the two differ, and the experiments that show it. */
export interface Difference {
  /** In a few words, as the documentation names it. */
  what: string;
  /** The experiments by their names, with what each side gave. */
  seen: Readonly<Record<string, Outcomes>>;
}

/** What a side gave, by the experiments' names. */
export type Results = Readonly<Record<string, string>>;

/**
 * Everything that is not as it is known to be, a few lines each: a difference that nobody knows of,
 * one that is none any more or is another one, an experiment that did not come to its end.
 */
export function deviations(
  host: Results,
  workerd: Results,
  known: readonly Difference[],
): string[] {
  const declared = new Map(known.flatMap(({ seen }) => Object.entries(seen)));
  const names = new Set([...Object.keys(host), ...Object.keys(workerd), ...declared.keys()]);
  return [...names].flatMap((name) => {
    const here = host[name] ?? "not run";
    const there = workerd[name] ?? "not run";
    const [knownHere, knownThere] = declared.get(name) ?? [undefined, undefined];
    const isEnded = ![here, there].some((outcome) => /^(not run|failed: )/.test(outcome));
    const asKnown = knownHere === undefined
      ? here === there
      : here !== there && here === knownHere && there === knownThere;
    if (isEnded && asKnown) return [];
    const lines = [name, `  host     ${here}`, `  workerd  ${there}`];
    if (knownHere !== undefined) {
      lines.push(`  known of the host     ${knownHere}`, `  known of workerd      ${knownThere}`);
    }
    return [lines.join("\n")];
  });
}
