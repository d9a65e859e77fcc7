// Command lines whose every part says why it is there.

import type { Launch } from "./engine.ts";

/** Words of a command line that belong together, and the reason for them. */
export type Reasoned = readonly [words: readonly string[], why: string];

/** The arguments of a launch, in their order, with their reasons. */
export function reasoned(parts: readonly Reasoned[]): Pick<Launch, "args" | "reasons"> {
  return {
    args: parts.flatMap(([words]) => words),
    reasons: parts.map(([words, why]) => [words.join(" "), why]),
  };
}
