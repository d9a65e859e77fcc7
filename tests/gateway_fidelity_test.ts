// The gateway in the model of an isolate beside the same gateway on workerd: the same done to both.

import { assert } from "@std/assert";
import { testEach } from "../engines/testing_installed.ts";
import { makeAll } from "./gateway_fidelity/experiments.ts";
import { known } from "./gateway_fidelity/known.ts";
import { onModel, onWorkerd } from "./gateway_fidelity/sides.ts";
import { deviations } from "./isolate_fidelity/compare.ts";

await testEach("the gateway does what it does in the model", "s3-gateway", async ({ found }) => {
  const [real, model] = await Promise.all([onWorkerd(found), onModel].map(makeAll));
  assert(real && model);
  const all = Object.keys(real).length;
  assert(all > 200, `${all} experiments`);
  const lines = deviations(model, real, known);
  assert(lines.length === 0, `\n${lines.join("\n")}`);
});
