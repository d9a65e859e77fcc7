// What is judged one thing after another: each is as it should be, or is not, or cannot be told.

import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";

/** One thing that was looked at. */
export interface Check {
  /** What came of it. */
  result: "well" | "wrong" | "unclear";
  /** In words, without a full stop. */
  said: string;
}

/** It is as it should be. */
export const well = (said: string): Check => ({ result: "well", said });

/** It is not as it should be: the target's fault. */
export const wrong = (said: string): Check => ({ result: "wrong", said });

/** It cannot be told. */
export const unclear = (said: string): Check => ({ result: "unclear", said });

/** Whatever is wrong is a `fail`; a `pass` needs that all is well, and that there is something at all. */
export function judgeChecks(checks: readonly Check[]): Judgement {
  const of = (result: Check["result"]) =>
    checks.filter((one) => one.result === result).map(({ said }) => said);
  const faults = of("wrong");
  if (faults.length > 0) return fail(faults.toSorted().join("; "));
  const doubts = of("unclear");
  if (doubts.length > 0) return inconclusive(doubts.toSorted().join("; "));
  if (checks.length === 0) return inconclusive("nothing was looked at");
  return pass(of("well").join("; "));
}
