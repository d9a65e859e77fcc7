// What several cases of `body-io` say of themselves.

/** The report. */
export const SEED = 'multistore pull request "eliminate cross-request body I/O" (#100)';

/** What a fail of a burst means. */
export const LOST_WRITES =
  "Writes that come while the gateway has no key to its backend fail with 500 or 503: the first ones " +
  "after a start, and of a client that does not try again all that follows.";

/** What a fail of a framing case means. */
export const NO_LENGTH =
  "Stores refuse uploads without Content-Length (501), or take them and answer only at their end: " +
  "uploads through the gateway stall or fail.";
