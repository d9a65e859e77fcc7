// What a run counts as, in every format alike.

import type { Run } from "../lab/result.ts";

/**
 * - `ok`: as expected, or a probe that found the target healthy;
 * - `not-ok`: other than expected, or a probe that found the bug;
 * - `inconclusive`: the run cannot tell;
 * - `unmet`: the run was not made, a need of its case was not there.
 */
export type Outcome = "ok" | "not-ok" | "inconclusive" | "unmet";

/** What a run counts as. */
export function outcomeOf(run: Run): Outcome {
  if (run.unmet !== undefined) return "unmet";
  if (run.verdict === "inconclusive") return "inconclusive";
  const wrong = run.expected === null ? run.verdict === "fail" : run.asExpected === false;
  return wrong ? "not-ok" : "ok";
}

/** A run's verdict with what was expected of it: `fail, as expected`, `pass, expected fail`. */
export function verdictText(run: Run): string {
  if (run.unmet !== undefined) return `inconclusive, unmet need: ${run.unmet.join(", ")}`;
  if (run.expected === null || run.verdict === "inconclusive") return run.verdict;
  return run.asExpected
    ? `${run.verdict}, as expected`
    : `${run.verdict}, expected ${run.expected}`;
}

/** A run's target in words: `nginx 1.22.1 at http://127.0.0.1:7001/`. */
export function targetText({ target, variant }: Run): string {
  if (target.kind === "url") return target.url || target.name;
  const what = target.kind === "embedded"
    ? `the lab's own model${variant === null ? "" : ` (variant ${variant})`}`
    : `${target.name}${target.version === null ? "" : ` ${target.version}`}`;
  return target.url === "" ? what : `${what} at ${target.url}`;
}
