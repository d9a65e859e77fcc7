// Readers close fully, or send RST: `close` and `reset`.

import { InconclusiveError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { findServerSide, readSocketTable } from "../../../probes/socket_table.ts";
import { cacheLockParams } from "../params.ts";
import { type Doubt, judgeRelease, type Leave, type Release, releaseMetrics } from "../release.ts";
import { type Client, type Context, runPath } from "../clients.ts";
import { type Queued, queueReaders } from "../stage.ts";
import {
  releaseOf,
  watchDescriptors,
  watchFigures,
  watchSocketTable,
  writerDeadline,
} from "../watch.ts";

/** What descriptors say of readers that were let go, or were never held: nothing. */
const NO_HOLD: Doubt = {
  reason: "no descriptor stayed open, and a closed one proves nothing (--stats-url)",
  unmet: ["figures"],
};

type Left = { client: Client; leftAtMs: number }[];

function leave(context: Context, { readers }: Queued, how: "close" | "reset"): Left {
  return readers.map((client) => {
    const leftAtMs = client.connection[how]();
    context.timeline.add(client.lane, how === "close" ? "closed" : "reset", {}, leftAtMs);
    return { client, leftAtMs };
  });
}

async function queue(context: Context): Promise<Queued> {
  const path = runPath(context, "object", { sleepMs: context.params.originDelayMs });
  return await queueReaders(context, path);
}

async function closeFully(context: Context): Promise<Release> {
  const queued = await queue(context);
  const { waiting } = queued.queue;
  // A target in another network namespace has no rows here, and would seem to have let go.
  if (waiting === null) await serverInodes(queued);
  const left = leave(context, queued, "close");
  const deadlineMs = writerDeadline(context, queued);
  const leaves = waiting !== null
    ? await watchFigures(context, waiting, left.map((one) => one.leftAtMs), deadlineMs)
    : await watchSocketTable(context, left, deadlineMs);
  return await releaseOf(context, queued, leaves, { halfClosed: false });
}

async function resetAll(context: Context): Promise<Release> {
  const queued = await queue(context);
  const { waiting } = queued.queue;
  const deadlineMs = writerDeadline(context, queued);
  let leaves: Leave[];
  if (waiting !== null) {
    const left = leave(context, queued, "reset");
    leaves = await watchFigures(context, waiting, left.map((one) => one.leftAtMs), deadlineMs);
  } else {
    const inodes = await serverInodes(queued);
    const left = leave(context, queued, "reset");
    leaves = await watchDescriptors(context, inodes, left.map((one) => one.leftAtMs), deadlineMs);
  }
  return await releaseOf(context, queued, leaves, {
    halfClosed: false,
    ...(waiting === null && { provesHoldsOnly: NO_HOLD }),
  });
}

async function serverInodes({ readers }: Queued): Promise<number[]> {
  const table = await readSocketTable();
  return readers.map(({ connection, lane }) => {
    const side = findServerSide(table, connection.localPort, connection.remotePort);
    if (side === undefined || side.inode === 0) {
      throw new InconclusiveError(`the target's socket of ${lane} is not in this machine's table`);
    }
    return side.inode;
  });
}

/** Readers close both directions. */
export const close: Case = defineCase(cacheLockParams, {
  id: "close",
  control: false,
  claim: "A reader that closes its connection while it waits for the cache lock is let go at once.",
  meaning:
    "A connection that its client has closed stays in CLOSE_WAIT, out of reach of idle timeouts.",
  figure: "serverCloseMs",
  uses: ["collapsing"],
  provokes: "Readers queue behind a writer and close both directions of their connections.",
  rule: "pass: the target lets go of each reader within the threshold, by its own figures or by " +
    "the kernel's socket table, before the writer has its answer. fail: it held one longer.",
  source: "report: Pingora cache lock client disconnect; decides where a half-close is ambiguous",
  needs: [["figures", "local"]],
  provoke: closeFully,
  judge: judgeRelease,
  metrics: releaseMetrics,
});

/** Readers send RST. */
export const reset: Case = defineCase(cacheLockParams, {
  id: "reset",
  control: false,
  claim: "A reader whose connection is reset while it waits for the cache lock is let go at once.",
  meaning: "A client that has lost its network still occupies a request.",
  figure: "serverCloseMs",
  uses: ["collapsing"],
  provokes: "Readers queue behind a writer and reset their connections.",
  rule:
    "pass: by the target's own figures it lets go of each reader within the threshold, before " +
    "the writer has its answer. fail: it held one longer, by its figures or by a descriptor that " +
    "stayed open. inconclusive: no figures, and no descriptor stayed open.",
  source: "RFC 9293 §3.10.7; mobile clients of the seed's report that lose their network",
  needs: [["figures", "descriptors"]],
  provoke: resetAll,
  judge: judgeRelease,
  metrics: releaseMetrics,
});
