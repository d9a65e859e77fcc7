// Where the model differs from workerd, with what each side gives.

import type { Differences } from "./compare.ts";
import type { Measured } from "./record.ts";

const ENDED =
  "200 rejects Error: This promise was created by a request that has since ended, so it can never " +
  "settle. With the handle_cross_request_promise_resolution compatibility flag, a promise can only " +
  "settle in the request that created it, and settling it after that request ends is dropped.";
const HUNG = "500 Internal Server Error";
const LEFT = "no answer: AbortError";

/**
 * By the behaviour, then by the experiment. They are one: JavaScript does not tell what an `await`
 * waits for, so that who waits for a promise of a request that is over is only found to be hung, or
 * goes on by what it waits for beside it.
 */
export const known: Readonly<Record<Measured, Differences>> = {
  "resume-in-own": {
    "over: its promise, raced with a timer of one's own": {
      model: '200 gives "too late"',
      workerd: ENDED,
    },
    "a promise of the first one's that was not settled when that was over": {
      model: `200 gives "exchanged" | ${HUNG} | ${HUNG}`,
      workerd: `200 gives "exchanged" | ${ENDED} | ${ENDED}`,
    },
  },
  "resume-in-settler": {
    "a promise of the first one's that was not settled when that was over": {
      model: `200 gives "exchanged" | ${HUNG} | ${HUNG}`,
      workerd: `200 gives "exchanged" | ${LEFT} | ${LEFT}`,
    },
  },
};
