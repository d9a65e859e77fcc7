// Begins a read, leaves it, and proves that the target still has bytes of it to send.

import { InconclusiveError } from "../../lab/errors.ts";
import { own } from "../../lab/scope.ts";
import { until } from "../../lab/until.ts";
import {
  type AbandonedRead,
  type AbandonOptions,
  abandonRead,
  type ReadEnd,
} from "../../probes/s3/abandoned_read.ts";
import type { Abandoned, MidBody } from "./abandoned.ts";
import { heldBackByFigures } from "./figures.ts";
import { hasSocketTable, heldPorts, queuedAtRest } from "./kernel.ts";
import { KERNEL_BUFFER_BYTES, OWN_BUFFER_BYTES } from "./params.ts";
import { type Context, patienceMs, type Stage } from "./stage.ts";

const LANE = "abandoned";

/**
 * Begins a read of the stage's object and leaves it after its first bytes.
 *
 * @throws {InconclusiveError} when it is refused, does not begin, or brings what was not uploaded.
 */
export async function abandon(
  context: Context,
  { client, bucket, object }: Stage,
  options: Partial<AbandonOptions> = {},
): Promise<AbandonedRead> {
  const { scope, timeline } = context;
  const { key, content } = object;
  const read = own(
    scope,
    await abandonRead(client, { bucket, key, contents: [content], ...options }),
  );
  timeline.add(LANE, "request-sent", {}, read.sentAtMs);
  timeline.add(LANE, "first-byte", { status: read.head.status }, read.firstByteAtMs);
  const { receivedBytes, expectedBytes } = read;
  timeline.add(LANE, "left-unread", { receivedBytes, expectedBytes });
  const corrupt = whyCorrupt(read.report());
  if (corrupt !== null) {
    throw new InconclusiveError(
      `the target does not give back what was uploaded: of the first read of it ${corrupt}; is ` +
        "there something between that changes contents?",
    );
  }
  return read;
}

/**
 * What shows how much of a read the target has not handed over yet: its own figures where they tell of
 * reads, the kernel's queues where both ends are on this machine, else the usual limits of these.
 *
 * @param read.expectedBytes How long the body is; null when the answer did not say.
 * @param read.localPort The client's port, where it is known.
 */
export async function proveMidBody(
  context: Context,
  stage: Stage,
  read:
    & Pick<AbandonedRead, "receivedBytes" | "expectedBytes">
    & Partial<Pick<AbandonedRead, "localPort">>,
): Promise<MidBody | null> {
  const { expectedBytes, localPort } = read;
  if (expectedBytes === null) return null;
  const told = await heldBackByFigures(context, stage, expectedBytes);
  // A target that tells of its reads, and not of this one, has none.
  if (told !== undefined) return { by: "figures", heldBackBytes: told[0] ?? 0 };
  // What of it this side has taken is looked at last: bytes that move meanwhile count twice at worst.
  const heldBack = (queued: number) =>
    expectedBytes - queued - read.receivedBytes - OWN_BUFFER_BYTES;
  if (localPort !== undefined && await hasSocketTable(context)) {
    const [queued] = await queuedAtRest(context, [localPort], "to-client");
    if (queued !== undefined) return { by: "queues", heldBackBytes: heldBack(queued) };
  }
  return { by: "bound", heldBackBytes: heldBack(KERNEL_BUFFER_BYTES) };
}

/** What shows of a read at one moment. */
export type Proof = Pick<Abandoned, "midBody" | "shownOpen">;

/** What shows that a read is open, in the middle of its body. */
export async function prove(context: Context, stage: Stage, read: AbandonedRead): Promise<Proof> {
  const midBody = await proveMidBody(context, stage, read);
  if (midBody?.by === "figures") return { midBody, shownOpen: midBody.heldBackBytes > 0 };
  return { midBody, shownOpen: await isEstablished(context, read.localPort) };
}

/** Whether the kernel's table shows that the target has not closed its side: a cut is not seen here. */
async function isEstablished(context: Context, localPort: number): Promise<boolean> {
  if (!await hasSocketTable(context)) return false;
  return (await heldPorts(context, [localPort])).has(localPort);
}

/** The observation of a read; what is not known yet is left as it would be if nothing happened. */
export function observe(read: AbandonedRead, proof: Proof): Abandoned {
  const { sentAtMs, head, expectedBytes, receivedBytes } = read;
  return {
    sentAtMs,
    status: head.status,
    expectedBytes,
    receivedBytes,
    ...proof,
    endedAtMs: endedAtMs(read),
    closedAtMs: null,
    rest: null,
    corrupt: null,
  };
}

/** When the target ended a read, as far as that can be seen; null when it did not. */
export function endedAtMs(read: AbandonedRead): number | null {
  const state = read.state();
  return state.open || state.how === "local" ? null : state.atMs;
}

/** Goes on with a read to its end; undefined when it has none within what a slow line takes. */
export async function readOn(context: Context, read: AbandonedRead): Promise<ReadEnd | undefined> {
  const { clock, timeline, params } = context;
  timeline.add(LANE, "read-on");
  const end = await until(context, read.resume(), clock.now() + patienceMs(params));
  if (end) timeline.add(LANE, end.how, { receivedBytes: end.receivedBytes }, end.atMs);
  return end;
}

/** Closes a read. Returns when, in milliseconds of the run's clock. */
export function closeRead({ timeline }: Context, read: AbandonedRead): number {
  const { receivedBytes } = read;
  const atMs = read.close();
  timeline.add(LANE, "closed", { receivedBytes }, atMs);
  return atMs;
}

/** Why what was seen of a read is not of the object, or undefined when it is. */
export function whyCorrupt(
  { foreignAtByte }: Pick<ReadEnd, "foreignAtByte">,
): string | null {
  return foreignAtByte === null ? null : `byte ${foreignAtByte} is not the object's`;
}
