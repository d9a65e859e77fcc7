// The result itself, indented.

import type { Format } from "./format.ts";

/** JSON of schema `edge-repro/result@1`. */
export const json: Format = {
  name: "json",
  description: "the result as one JSON document (edge-repro/result@1)",
  render: (result) => JSON.stringify(result, null, 2) + "\n",
};
