// Ways to see a target let go of a reader that has left: its connection, the target's own figures,
// the kernel's socket table, the descriptors of its process.

import { InconclusiveError, messageOf } from "../../lab/errors.ts";
import { until } from "../../lab/until.ts";
import { holdersOf } from "../../probes/descriptors.ts";
import { readFigures } from "../../probes/figures.ts";
import { watchServerSide } from "../../probes/socket_table.ts";
import type { Leave, Release } from "./release.ts";
import { originRequests } from "./answers.ts";
import type { Client, Context } from "./clients.ts";
import type { Queued } from "./stage.ts";

/**
 * How often a target is asked, in milliseconds of the wall clock: ten times within the threshold, and
 * no oftener than leaves it time for what it is asked about.
 */
const lookEveryMs = (thresholdMs: number) => Math.min(Math.max(thresholdMs / 10, 5), 20);
/** The same for what costs a child process each time. */
const LOOK_BY_CHILD_EVERY_MS = 20;

/** Until when to watch readers that the writer's answer lets go at the latest. */
export function writerDeadline({ params }: Context, queued: Queued): number {
  return queued.writer.exchange.sentAtMs + 2 * params.originDelayMs + 2 * params.thresholdMs;
}

/** Until when to watch readers that nothing but a lock timeout lets go. */
export function timeoutDeadline({ params, clock }: Context): number {
  return clock.now() + params.lockWaitTimeoutMs + 2 * params.thresholdMs;
}

/** Puts a release together from the readers' fates. */
export async function releaseOf(
  context: Context,
  queued: Queued,
  leaves: Leave[],
  extra: Pick<Release, "halfClosed"> & Partial<Release>,
): Promise<Release> {
  const now = context.clock.now();
  const begun = queued.writer.exchange.firstByte.catch(() => null);
  const requests = await originRequests(context, queued);
  const failed = queued.writer.exchange.body.then(() => undefined, (error) => messageOf(error));
  // A target that lets go of everyone takes a moment to get from the readers to the writer.
  const graceMs = lookEveryMs(context.params.thresholdMs);
  const writerLost = await until(context, failed, context.clock.now() + graceMs);
  return {
    ...(writerLost !== undefined && { writerLost }),
    queue: queued.queue,
    originRequestsAfter: requests?.length ?? null,
    leaves,
    writerAnsweredAtMs: await until(context, begun, now) ?? null,
    watchedUntilMs: now,
    ...extra,
  };
}

/** Half-closes the connections of readers that wait, and watches until the target has closed each. */
export async function leaveHalfClosed(
  context: Context,
  queued: Queued,
  deadlineMs: number,
): Promise<Release> {
  const left = queued.readers.map((client) => {
    const leftAtMs = client.connection.halfClose();
    context.timeline.add(client.lane, "fin-sent", {}, leftAtMs);
    return { client, leftAtMs };
  });
  const leaves = await watchConnections(context, left, deadlineMs);
  return await releaseOf(context, queued, leaves, { halfClosed: true });
}

/** Watches connections that were half-closed: the target lets go of one by closing it. */
function watchConnections(
  context: Context,
  left: readonly { client: Client; leftAtMs: number }[],
  deadlineMs: number,
): Promise<Leave[]> {
  return Promise.all(left.map(async ({ client, leftAtMs }) => {
    const end = await until(context, client.connection.closed, deadlineMs);
    const head = client.exchange.headers.then(({ status }) => status, () => null);
    const status = await until(context, head, context.clock.now());
    return { leftAtMs, releasedAtMs: end?.atMs ?? null, status: status ?? null };
  }));
}

/**
 * Watches the target's own count of waiting requests. It does not tell readers apart: the nth drop
 * of the count is taken to be the nth reader that left.
 *
 * @param waitingBefore The count when the readers were still there.
 */
export async function watchFigures(
  context: Context,
  waitingBefore: number,
  leftAtMs: readonly number[],
  deadlineMs: number,
): Promise<Leave[]> {
  const { access: { statsUrl }, params, clock, signal, timeline } = context;
  if (statsUrl === undefined) {
    throw new InconclusiveError("the target has no figures (--stats-url)");
  }
  const released: { atMs: number; heldAtMs: number }[] = [];
  let lookedAtMs = clock.now();
  while (released.length < leftAtMs.length && clock.now() < deadlineMs) {
    const askedAtMs = clock.now();
    const { waiting } = await readFigures(statsUrl, { signal });
    const atMs = clock.now();
    while (released.length < Math.min(waitingBefore - waiting, leftAtMs.length)) {
      released.push({ atMs, heldAtMs: lookedAtMs });
      timeline.add("target", "reader-let-go", { waiting }, atMs);
    }
    lookedAtMs = askedAtMs;
    await clock.sleep(lookEveryMs(params.thresholdMs), { signal });
  }
  return leftAtMs.toSorted((a, b) => a - b).map((leftAtMs, index) => {
    const seen = released[index];
    if (seen === undefined) return { leftAtMs, releasedAtMs: null, status: null };
    return { leftAtMs, releasedAtMs: seen.atMs, heldAtMs: seen.heldAtMs, status: null };
  });
}

/** Watches the target's side of fully closed connections in the kernel's socket table. */
export async function watchSocketTable(
  context: Context,
  left: readonly { client: Client; leftAtMs: number }[],
  deadlineMs: number,
): Promise<Leave[]> {
  const { clock, signal, timeline } = context;
  const late = new AbortController();
  const ports = left.map(({ client }) => client.connection.localPort);
  const watch = watchServerSide(ports, {
    serverPort: left[0]?.client.connection.remotePort ?? 0,
    intervalMs: LOOK_BY_CHILD_EVERY_MS,
    clock,
    signal: AbortSignal.any([signal, late.signal]),
  });
  await until(context, watch.finished, deadlineMs);
  late.abort();
  await watch.finished;
  return left.map(({ client, leftAtMs }) => {
    const releasedAtMs = watch.goneAtMs(client.connection.localPort) ?? null;
    if (releasedAtMs !== null) timeline.add(client.lane, "socket-gone", {}, releasedAtMs);
    const heldAtMs = watch.heldAtMs(client.connection.localPort) ?? leftAtMs;
    return { leftAtMs, releasedAtMs, heldAtMs, status: null };
  });
}

/**
 * Watches the descriptors of sockets that were reset. The kernel forgets such a socket at once; the
 * process that still has it open is holding the request.
 *
 * @param inodes The target's side of each connection, looked up before the reset.
 */
export async function watchDescriptors(
  context: Context,
  inodes: readonly number[],
  leftAtMs: readonly number[],
  deadlineMs: number,
): Promise<Leave[]> {
  const { clock, signal, timeline } = context;
  const goneAtMs = new Map<number, number>();
  const heldAtMs = new Map<number, number>();
  while (goneAtMs.size < inodes.length && clock.now() < deadlineMs) {
    const askedAtMs = clock.now();
    const held = await holdersOf(inodes).catch((error) => {
      throw new InconclusiveError(`the target's descriptors cannot be read: ${messageOf(error)}`);
    });
    const atMs = clock.now();
    for (const inode of inodes) {
      if (held.has(inode)) heldAtMs.set(inode, askedAtMs);
      if (held.has(inode) || goneAtMs.has(inode)) continue;
      goneAtMs.set(inode, atMs);
      timeline.add("target", "descriptor-closed", { inode }, atMs);
    }
    await clock.sleep(LOOK_BY_CHILD_EVERY_MS, { signal });
  }
  return inodes.map((inode, index) => {
    const left = leftAtMs[index] ?? clock.now();
    const releasedAtMs = goneAtMs.get(inode) ?? null;
    return { leftAtMs: left, releasedAtMs, heldAtMs: heldAtMs.get(inode) ?? left, status: null };
  });
}
