// Makes all experiments on one of the runtimes: each setup of the gateway, and what is done to it.

import { BehindGateway } from "../../engines/testing_gateway.ts";
import { afterwards } from "./afterwards.ts";
import { coldBurst, warm } from "./bursts.ts";
import { leaving } from "./leaving.ts";
import type { Rig } from "./requests.ts";
import { SETUPS } from "./setups.ts";
import type { Start } from "./sides.ts";

/** What each experiment came to, by its name. */
export type Outcomes = Record<string, string>;

/** Makes all of them. */
export async function makeAll(start: Start): Promise<Outcomes> {
  const all: Outcomes = {};
  for (const [name, { fails = false, ...setup }] of Object.entries(SETUPS)) {
    await using behind = await BehindGateway.start();
    await using scope = new AsyncDisposableStack();
    if (fails) behind.sts.sts.setFault("exchange", "fail");
    const rig: Rig = { side: await start(behind, setup, scope), behind };
    const outcomes = await coldBurst(rig);
    if (!fails) Object.assign(outcomes, await warm(rig));
    if (name === "as reported" || name === "repaired") Object.assign(outcomes, await leaving(rig));
    // The backend is gone in the end.
    if (!fails && !setup.crossRequest) Object.assign(outcomes, await afterwards(rig));
    for (const [what, came] of Object.entries(outcomes)) all[`${name}: ${what}`] = came;
  }
  return all;
}
