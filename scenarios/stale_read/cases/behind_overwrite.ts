// The object is read while a read of it is left and a new version of it comes: `behind-overwrite`.

import { type Case, defineCase } from "../../../lab/scenario.ts";
import { until } from "../../../lab/until.ts";
import { abandon } from "../abandon.ts";
import { start } from "../attempt.ts";
import { type Beside, readBeside } from "../beside.ts";
import { plainClient } from "../clients.ts";
import { LEAST_OBJECT_BYTES, staleReadParams } from "../params.ts";
import { newContentOf, put } from "../requests.ts";
import { type Context, setStage } from "../stage.ts";
import { judgeStale, staleMetrics } from "../stale.ts";
import { RULE, SEED } from "./abandoned_get.ts";

async function readBehindOverwrite(context: Context): Promise<Beside> {
  const { clock, params } = context;
  const stage = await setStage(context);
  const { object, uploadMs } = stage;
  const newContent = newContentOf(object);
  const read = await abandon(context, stage, { contents: [object.content, newContent] });
  const overwrite = start(context, "overwrite", put(stage, object.key, newContent));
  // Where it is not stored by then, it waits for the abandoned read, or has failed.
  const limitMs = params.thresholdMs + 3 * uploadMs;
  await until(context, overwrite.reading, clock.now() + limitMs);
  return await readBeside(context, stage, read, [plainClient(stage, { or: newContent })]);
}

/** A writer between the two reads. */
export const behindOverwrite: Case = defineCase(staleReadParams, {
  id: "behind-overwrite",
  control: false,
  claim:
    "A read is answered, with the old bytes or the new, also when a new version was uploaded " +
    "while another GET was left unread.",
  provokes: "As 'abandoned-get'; then PUTs a new version, which may have to wait, and then reads.",
  meaning:
    "A lock that readers share lets readers pass, until one writer waits for it: from then " +
    "on a client that forgets to read keeps everybody out.",
  rule: RULE,
  source: `${SEED}; a writer that waits for a shared lock, and before whom no new reader is let in`,
  figure: "firstByteMs",
  needs: [],
  defaults: { objectSize: LEAST_OBJECT_BYTES },
  provoke: readBehindOverwrite,
  judge: judgeStale,
  metrics: staleMetrics,
});
