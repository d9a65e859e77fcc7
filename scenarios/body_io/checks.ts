// What is judged one thing after another: each is as it should be, or is not, or cannot be told.

import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";

/** One thing that was looked at. */
export interface Check {
  /** What came of it. */
  result: "well" | "wrong" | "unclear" | "unseen";
  /** In words, without a full stop. */
  said: string;
}

/** It is as it should be. */
export const well = (said: string): Check => ({ result: "well", said });

/** It is not as it should be: the target's fault. */
export const wrong = (said: string): Check => ({ result: "wrong", said });

/** It cannot be told. */
export const unclear = (said: string): Check => ({ result: "unclear", said });

/** It looks well, but how it came to the backend is not known. */
export const unseen = (said: string): Check => ({ result: "unseen", said });

/** Whatever is wrong is a `fail`; a `pass` needs that all is well, and that there is something at all. */
export function judgeChecks(checks: readonly Check[]): Judgement {
  const of = (result: Check["result"]) =>
    checks.filter((one) => one.result === result).map(({ said }) => said);
  const faults = of("wrong");
  if (faults.length > 0) return fail(faults.toSorted().join("; "));
  const doubts = of("unclear");
  if (doubts.length > 0) return inconclusive(doubts.toSorted().join("; "));
  const half = of("unseen");
  if (half.length > 0) return inconclusiveUnseen([...of("well"), ...half].join("; "));
  if (checks.length === 0) return inconclusive("nothing was looked at");
  return pass(of("well").join("; "));
}

/** What to do where a log shows nothing of what has succeeded. */
export const CHECK_LOG = "check that --backend-log is of the backend behind this target";

/** The verdict where all that could be seen is well. */
export function inconclusiveUnseen(said: string): Judgement {
  return inconclusive(
    `${said}; but how that came to the backend is not known (--backend-log), and without it only a ` +
      "fault can be found",
    ["backend-log"],
  );
}
