// Where the gateway in the model differs from the one on workerd, with what each side gives.

import type { Differences } from "../isolate_fidelity/compare.ts";

const HUNG = "500 Internal Server Error";

/** By the experiment. */
export const known: Differences = {
  // workerd ends a chunked content that has failed as if it were whole; node:http drops the connection.
  "as reported: a client that leaves in its upload": {
    model: "chunked, cut",
    workerd: "chunked, complete",
  },
  // Its content is foreign there, in both; workerd has sent the head by then, and ends what is to follow.
  "as reported, with the flag: cold, PutObject": {
    model: `${HUNG} | never arrived`,
    workerd: `${HUNG} | chunked, 0 bytes, complete`,
  },
};
