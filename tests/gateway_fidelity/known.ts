// Where the gateway in the model differs from the one on workerd, with what each side gives.

import { foreignIoMessage } from "../../servers/isolate/cross_request.ts";
import type { Differences } from "../isolate_fidelity/compare.ts";

const HUNG = "500 Internal Server Error";

const errors = (times: number) => `${times} × Error: ${foreignIoMessage("ReadableStreamSource")}`;

/** By the experiment. */
export const known: Differences = {
  // workerd ends a chunked content that has failed as if it were whole; node:http drops the connection.
  "as reported: a client that leaves in its upload": {
    model: "chunked, cut",
    workerd: "chunked, complete",
  },
  // The content is read by the runtime in the model, and by nobody's request: it is not seen to be foreign.
  "as reported, with the flag: cold, PutObject": {
    model: `${HUNG} | chunked, 70000 bytes, complete`,
    workerd: `${HUNG} | chunked, 0 bytes, complete`,
  },
  "repaired, with the flag: cold, UploadPart": {
    model: `${HUNG} | content-length: 70000, 70000 bytes, complete`,
    workerd: `${HUNG} | never arrived`,
  },
  "repaired, with the flag: cold, PutObject": {
    model: `${HUNG} | content-length: 70000, 70000 bytes, complete`,
    workerd: `${HUNG} | never arrived`,
  },
  "as reported, with the flag: cold, errors": { model: errors(4), workerd: errors(5) },
  "repaired, with the flag: cold, errors": { model: "none", workerd: errors(2) },
};
