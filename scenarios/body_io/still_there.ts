// Whether a target is still there after a run that it did not pass: one that went away was not judged.

import type { Outcome } from "../../lab/scenario.ts";
import { StoreClient } from "../../probes/s3/store_client.ts";
import { type Context, isTold } from "./stage.ts";

/**
 * What came of a run, unless nobody is at the target's address any more: then it is not known what of
 * that is the fault that was looked for, and what came of the target's end.
 */
export async function unlessGone(context: Context, outcome: Outcome): Promise<Outcome> {
  if (outcome.verdict === "pass") return outcome;
  const { access, clock, signal } = context;
  try {
    (await StoreClient.for(access, { clock, signal }).connectFor({})).close();
    return outcome;
  } catch (error) {
    if (!isTold(error)) throw error;
    context.timeline.add("alone", "gone", { why: error.message });
    const { metrics, reason } = outcome;
    const isSaid = outcome.verdict === "inconclusive" && reason.includes(error.message);
    const said = `the target is down (${error.message}); before its end this was seen: ${reason}`;
    return { verdict: "inconclusive", reason: isSaid ? reason : said, metrics };
  }
}
