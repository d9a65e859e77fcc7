// Readers send FIN while they wait and read on: `disconnect`, `many` and `hang`.

import { type Case, type CaseDefinition, defineCase } from "../../../lab/scenario.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { judgeRelease, type Release, releaseMetrics } from "../release.ts";
import { type Context, type OriginControls, runPath } from "../clients.ts";
import { queueReaders } from "../stage.ts";
import { leaveHalfClosed, timeoutDeadline, writerDeadline } from "../watch.ts";

async function sendFin(context: Context, controls: OriginControls): Promise<Release> {
  const path = runPath(context, "object", controls);
  const queued = await queueReaders(context, path);
  const deadlineMs = controls.fault === "hang"
    ? timeoutDeadline(context)
    : writerDeadline(context, queued);
  return await leaveHalfClosed(context, queued, deadlineMs);
}

const RULE =
  "pass: the target closes each connection within the threshold, before the writer has " +
  "its answer, and the origin saw one request. fail: it held one longer, also when it answered on " +
  "it in the end. inconclusive: the readers did not queue, or no origin log shows that they did.";

function byFin(
  definition: Omit<
    CaseDefinition<CacheLockParams, Release>,
    "control" | "rule" | "figure" | "uses" | "needs" | "provoke" | "judge" | "metrics"
  >,
  controls: (params: CacheLockParams) => OriginControls,
): Case {
  return defineCase(cacheLockParams, {
    ...definition,
    control: false,
    figure: "serverCloseMs",
    uses: ["collapsing"],
    rule: RULE,
    needs: [],
    provoke: (context) => sendFin(context, controls(context.params)),
    judge: judgeRelease,
    metrics: releaseMetrics,
  });
}

const SEED = "report: Pingora cache lock client disconnect";

/** The seed's own measure. */
export const disconnect: Case = byFin({
  id: "disconnect",
  claim: "A reader that disconnects while it waits for the cache lock is let go at once.",
  meaning:
    "Clients that give up while they wait cost a connection, its memory and a place under every limit until the origin answers or a lock times out.",
  provokes: "Readers queue behind a writer, send FIN and read on until the server closes.",
  source: `${SEED}, test client`,
}, (params) => ({ sleepMs: params.originDelayMs }));

/** The same with more readers. */
export const many: Case = byFin({
  id: "many",
  claim: "However many readers disconnect while they wait, each is let go at once.",
  meaning: "A crowd that gives up on a slow URL stays on the books of the proxy, all of it.",
  provokes: "As 'disconnect', with 20 readers.",
  source: `${SEED}, test variation "multiple readers"`,
  defaults: { numReaders: 20 },
}, (params) => ({ sleepMs: params.originDelayMs }));

/** The same with an origin that never answers. */
export const hang: Case = byFin({
  id: "hang",
  claim: "A reader that disconnects is let go at once also when the origin never answers.",
  meaning:
    "With an origin that hangs, clients that have left are held for a whole lock timeout: so a stuck origin fills a proxy.",
  provokes:
    "As 'disconnect', with an origin that hangs: nothing but the reader's leaving, or the " +
    "lock's timeout, ends its wait. This is where the 60 s that the report prints show; with an " +
    "origin that answers after 5 s a held reader is let go with the writer's answer.",
  source: `${SEED}, expected results without the fix`,
}, () => ({ fault: "hang" }));
