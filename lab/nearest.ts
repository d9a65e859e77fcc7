// The hint that goes with an unknown name: the nearest one there is.

import { closestString } from "@std/text/closest-string";

/**
 * `; did you mean 'X'?` with the nearest of `known`, or nothing when there is none to choose from.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { didYouMean } from "./nearest.ts";
 *
 * assertEquals(didYouMean("cash-lock", ["cache-lock", "stale-read"]), "; did you mean 'cache-lock'?");
 * ```
 */
export function didYouMean(given: string, known: readonly string[]): string {
  return known.length === 0 ? "" : `; did you mean '${closestString(given, known)}'?`;
}
