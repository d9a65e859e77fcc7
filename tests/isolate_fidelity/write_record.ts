// Writes down anew what workerd gives: deno run -A tests/isolate_fidelity/write_record.ts

import { findEngine } from "../../engines/find.ts";
import { workerd } from "../../engines/workerd.ts";
import { makeAll, type Outcomes } from "./experiments.ts";
import { Origin } from "./origin.ts";
import type { Measured, WorkerdRecord } from "./record.ts";
import { onWorkerd } from "./sides.ts";

const found = await findEngine(workerd);
if (found === undefined) throw new Error(`Cannot write the record: expected ${workerd.install}`);

async function outcomesOf(crossRequest: Measured): Promise<Outcomes> {
  if (found === undefined) return {};
  await using scope = new AsyncDisposableStack();
  const origin = scope.use(new Origin());
  const ask = await onWorkerd(crossRequest, origin.url, scope, found);
  return await makeAll({ ask, origin, hungAtOnce: true, run: crossRequest });
}

const record: WorkerdRecord = {
  version: found.version,
  outcomes: {
    "resume-in-own": await outcomesOf("resume-in-own"),
    "resume-in-settler": await outcomesOf("resume-in-settler"),
  },
};
const path = new URL("workerd.json", import.meta.url);
await Deno.writeTextFile(path, `${JSON.stringify(record, null, 2)}\n`);
