// What a judge says: a verdict with its reason.

/**
 * - `pass`: healthy, and the run proved that it would have seen the bug;
 * - `fail`: the bug is there;
 * - `inconclusive`: this run cannot tell, and says why.
 */
export type Verdict = "pass" | "fail" | "inconclusive";

/** A verdict with the sentence that explains it. */
export interface Judgement {
  /** What the run says of the target. */
  verdict: Verdict;
  /** One line with the figures that decided. */
  reason: string;
  /**
   * The needs that turned out not to be there, by the names that a case's `needs` has: this run could
   * not tell because of them, and counts as unmet.
   */
  unmet?: string[];
}

/** The healthy verdict. */
export const pass = (reason: string): Judgement => ({ verdict: "pass", reason });

/** The verdict that the bug was seen. */
export const fail = (reason: string): Judgement => ({ verdict: "fail", reason });

/**
 * The verdict of a run that cannot tell.
 *
 * @param unmet The needs that turned out not to be there, where these are why.
 */
export const inconclusive = (reason: string, unmet?: readonly string[]): Judgement => ({
  verdict: "inconclusive",
  reason,
  ...(unmet && { unmet: [...unmet] }),
});

/** Which of its two behaviours an embedded server is started with. */
export type Variant = "bug" | "fix";

/** Both, in the order in which they are run and shown. */
export const VARIANTS: readonly Variant[] = ["bug", "fix"];

/**
 * What a case must come out as on a variant: a control passes on both, a discriminating case fails
 * on `bug` and passes on `fix`.
 */
export function expectedVerdict(control: boolean, variant: Variant): "pass" | "fail" {
  return control || variant === "fix" ? "pass" : "fail";
}

/** The reason of a run that its user ended. */
export const INTERRUPTED = "interrupted before the run was over";
