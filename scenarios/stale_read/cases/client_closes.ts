// The client of the unread GET leaves, and the object is read again: `client-closes`.

import { type Case, defineCase } from "../../../lab/scenario.ts";
import { until } from "../../../lab/until.ts";
import { killedClientAvailability, startKilledClient } from "../../../probes/s3/killed_client.ts";
import {
  abandon,
  closeRead,
  observe,
  prove,
  proveMidBody,
  readOn,
  whyCorrupt,
} from "../abandon.ts";
import type { Abandoned } from "../abandoned.ts";
import { start } from "../attempt.ts";
import { plainClient } from "../clients.ts";
import { judgeLeft, type Leaving, type Left, leftMetrics, type Way } from "../left.ts";
import { LEAST_OBJECT_BYTES, staleReadParams } from "../params.ts";
import { findingOf, type Reading } from "../reading.ts";
import { type Context, setStage, type Stage } from "../stage.ts";
import { SEED } from "./abandoned_get.ts";

async function leaveByAllWays(context: Context): Promise<Left> {
  const stage = await setStage(context);
  const leavings: Leaving[] = [];
  const leftOut: string[] = [];
  for (const way of ["closed", "reset"] as const) {
    const abandoned = await leave(context, stage, way);
    leavings.push(await readNext(context, stage, way, abandoned));
  }
  const child = await killedClientAvailability();
  if (!child.available) {
    leftOut.push(`a client whose process is killed (${child.reason})`);
  } else {
    const abandoned = await killReader(context, stage);
    leavings.push(await readNext(context, stage, "killed", abandoned));
  }
  const shown = leavings.every(({ abandoned }) => abandoned.shownOpen);
  return { leavings, leftOut, staysOpen: shown ? null : await staysOpen(context, stage) };
}

/** Abandons a read, and then closes or resets its connection. */
async function leave(context: Context, stage: Stage, way: "closed" | "reset"): Promise<Abandoned> {
  const read = await abandon(context, stage);
  const seen = observe(read, await prove(context, stage, read));
  const corrupt = whyCorrupt(read.report());
  if (way === "closed") return { ...seen, corrupt, closedAtMs: closeRead(context, read) };
  const closedAtMs = read.reset();
  context.timeline.add("abandoned", "reset", {}, closedAtMs);
  return { ...seen, corrupt, closedAtMs };
}

/** Whether a read that was left can be gone on with, to its end. */
async function staysOpen(context: Context, stage: Stage): Promise<boolean> {
  const end = await readOn(context, await abandon(context, stage));
  return end?.how === "complete";
}

/** Has another process abandon a read, and kills it. */
async function killReader(context: Context, stage: Stage): Promise<Abandoned> {
  const { clock, scope, signal, timeline } = context;
  const { client, bucket, object: { key, content } } = stage;
  const url = await client.presignedUrl(bucket, key);
  const sentAtMs = clock.now();
  const child = await startKilledClient(url, { signal });
  scope.use(child);
  const { pid, receivedBytes } = child;
  timeline.add("child", "left-unread", { pid, receivedBytes });
  const expectedBytes = content.sizeBytes;
  const midBody = await proveMidBody(context, stage, { receivedBytes, expectedBytes });
  await child.kill();
  const closedAtMs = clock.now();
  timeline.add("child", "killed", {}, closedAtMs);
  return {
    sentAtMs,
    status: 200,
    expectedBytes,
    receivedBytes,
    midBody,
    shownOpen: midBody?.by === "figures",
    endedAtMs: null,
    closedAtMs,
    rest: null,
    corrupt: null,
  };
}

/** Reads the object after a client has left, and another one where that takes too long. */
async function readNext(
  context: Context,
  stage: Stage,
  way: Way,
  abandoned: Abandoned,
): Promise<Leaving> {
  const { clock, params } = context;
  const { thresholdMs, lockTimeoutMs } = params;
  const { via, request, control } = plainClient(stage);
  const attempt = start(context, `after-${way}`, request);
  await until(context, attempt.reading, clock.now() + thresholdMs);
  const quick = { via, first: attempt.now(), control: null, again: null };
  if (findingOf(quick, thresholdMs, params) === "quick") return { way, abandoned, next: quick };
  const other = await settled(context, `other-object-after-${way}`, control, thresholdMs);
  await until(context, attempt.reading, clock.now() + lockTimeoutMs + 2 * thresholdMs);
  const first = attempt.now();
  const again = first.kind === "failed"
    ? await settled(context, `again-after-${way}`, request, 2 * thresholdMs)
    : null;
  return { way, abandoned, next: { via, first, control: other, again } };
}

/** How a request stands after some time, in milliseconds. */
async function settled(
  context: Context,
  lane: string,
  request: Parameters<typeof start>[2],
  forMs: number,
): Promise<Reading> {
  const attempt = start(context, lane, request);
  await until(context, attempt.reading, context.clock.now() + forMs);
  return attempt.now();
}

/** The report's way around. */
export const clientCloses: Case = defineCase(staleReadParams, {
  id: "client-closes",
  control: true,
  claim: "Once the client of an unread GET has left, by whatever way, the object is read at once.",
  provokes:
    "Leaves a GET unread and closes its connection, as a client that cancels the body; then " +
    "the same with a reset; then with a process of its own that is killed, where one may be started.",
  meaning:
    "Even clients that clean up after themselves, or whose process has died, make the object " +
    "unreadable.",
  rule: "pass: after each way to leave, the next read's first byte comes within the threshold. " +
    "fail: it does not, while another object is read at once. inconclusive: the target is slow for " +
    "every object, or the read that was left had been sent altogether.",
  source: `${SEED}: "until the connection is closed e.g. the program is closed"`,
  figure: "firstByteMs",
  needs: [],
  defaults: { objectSize: LEAST_OBJECT_BYTES },
  provoke: leaveByAllWays,
  judge: judgeLeft,
  metrics: leftMetrics,
});
