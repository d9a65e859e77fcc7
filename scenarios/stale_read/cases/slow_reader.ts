// One client reads slowly, another reads everything: `slow-reader`.

import { InconclusiveError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { until } from "../../../lab/until.ts";
import { abandon } from "../abandon.ts";
import { start } from "../attempt.ts";
import { type Beside, readBeside } from "../beside.ts";
import { plainClient } from "../clients.ts";
import { LEAST_OBJECT_BYTES, staleReadParams } from "../params.ts";
import { sayReading, tookMs } from "../reading.ts";
import { type Context, patienceMs, setStage, type Stage } from "../stage.ts";
import { judgeStale, staleMetrics } from "../stale.ts";
import { SEED } from "./abandoned_get.ts";

async function readBesideSlow(context: Context): Promise<Beside> {
  const stage = await setStage(context);
  const baselineMs = await measure(context, stage);
  const read = await abandon(context, stage, { bytesPerSecond: context.params.slowRate });
  const whole = plainClient(stage, { whole: true });
  return await readBeside(context, stage, read, [whole], { awaited: "last byte", baselineMs });
}

/** How long a read of the whole object takes when nobody else reads it, in milliseconds. */
async function measure(context: Context, stage: Stage): Promise<number> {
  const { clock, params } = context;
  const { request } = plainClient(stage, { whole: true });
  const attempt = start(context, "before", request);
  await until(context, attempt.reading, clock.now() + patienceMs(params));
  const reading = attempt.now();
  if (reading.kind === "answered") return tookMs(reading);
  throw new InconclusiveError(`the object cannot be read at all: the read ${sayReading(reading)}`);
}

/** A client that is slow rather than gone. */
export const slowReader: Case = defineCase(staleReadParams, {
  id: "slow-reader",
  control: false,
  claim: "A client that reads an object slowly does not slow down another that reads it.",
  provokes: "Reads the whole object and takes the time; then one client reads it at 10 KB/s " +
    "(--slow-rate), and another reads the whole of it beside that.",
  meaning: "One client on a bad line sets the pace for all others of the same object and region.",
  rule: "pass: the second read has its last byte within the threshold and thrice the time that a " +
    "read took before, while the slow one is proved to be in the middle of its body. fail: it has " +
    "not, while another object is read at once. inconclusive: the target is slow for every object, " +
    "or the slow read was over.",
  source: `${SEED}; RFC 9293 §3.8.6 (flow control)`,
  figure: "firstByteMs",
  needs: [],
  // What runs beside it would slow one of the two reads that are compared.
  alone: "last",
  defaults: { objectSize: LEAST_OBJECT_BYTES },
  provoke: readBesideSlow,
  judge: judgeStale,
  metrics: staleMetrics,
});
