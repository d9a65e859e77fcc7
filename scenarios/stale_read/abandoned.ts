// The read that nobody goes on with, as an observation: what proves that it was open, mid-body.

import { formatDuration } from "../../lab/duration.ts";
import type { StaleReadParams } from "./params.ts";
import type { Reading } from "./reading.ts";

/** What shows that the target still had bytes to send. */
export interface MidBody {
  /** The target's own figures, the kernel's queues on this machine, or the usual limits of these. */
  by: "figures" | "queues" | "bound";
  /** How many bytes of the body the target had not handed over to the kernel, at least. */
  heldBackBytes: number;
}

/** What came when the read was gone on with in the end. */
export interface Rest {
  /** Whether all of it came, or how it ended before; `open` when it had not ended by the deadline. */
  how: "complete" | "fin" | "reset" | "local" | "open";
  /** How many bytes of the body had come by then. */
  receivedBytes: number;
}

/** A read that was begun and then left. Times are milliseconds of the run's clock. */
export interface Abandoned {
  sentAtMs: number;
  status: number;
  /** How many bytes of the body were announced; null when the answer did not say. */
  expectedBytes: number | null;
  /** How many of them this side had taken when the other readers were looked at. */
  receivedBytes: number;
  /** Why the target still had some of them then; null where nothing shows it. */
  midBody: MidBody | null;
  /** Whether figures or the kernel's socket table showed then that the target had not ended it. */
  shownOpen: boolean;
  /** When the target ended it by itself, as far as was seen; null when it did not. */
  endedAtMs: number | null;
  /** When this side closed it; null when it did not. */
  closedAtMs: number | null;
  /** What came when it was gone on with; null when it was not. */
  rest: Rest | null;
  /** Why its bytes are not those of one version of the object; null when they are. */
  corrupt: string | null;
}

/** Why there was no read open at `atMs`, as far as was seen; undefined when there was. */
export function whyNotOpen(
  { status, endedAtMs, sentAtMs, receivedBytes }: Abandoned,
  atMs: number,
): string | undefined {
  if (status !== 200 && status !== 206) {
    return `the read that was to be abandoned was answered with ${status}`;
  }
  if (endedAtMs !== null && endedAtMs <= atMs) {
    return "the target ended the abandoned read by itself after " +
      `${formatDuration(Math.max(0, endedAtMs - sentAtMs))}: nothing was left unread`;
  }
  if (receivedBytes === 0) return "of the read that was to be abandoned no byte had come";
  return undefined;
}

/** What was left in the middle of it, and how that ended, as far as it did. */
type LeftOpen = Pick<Abandoned, "sentAtMs" | "endedAtMs" | "closedAtMs">;

/**
 * Whether a late answer came though nothing had changed: what was left was neither closed nor over, nor
 * could a lock timeout have passed, which is taken to be half of the one given at least. A target that
 * is held does not answer so, one that is busy does.
 */
export function cameByItself(
  reading: Reading,
  { sentAtMs, endedAtMs, closedAtMs }: LeftOpen,
  { lockTimeoutMs }: StaleReadParams,
): boolean {
  return reading.kind === "answered" &&
    reading.answeredAtMs <
      Math.min(closedAtMs ?? Infinity, endedAtMs ?? Infinity, sentAtMs + lockTimeoutMs / 2);
}

/** Why a read cannot be taken to have been open mid-body up to `untilMs`; undefined when it can. */
export function whyNotAbandoned(abandoned: Abandoned, untilMs: number): string | undefined {
  const { midBody, expectedBytes, rest } = abandoned;
  const closed = whyNotOpen(abandoned, untilMs);
  if (closed) return closed;
  if (midBody === null || midBody.heldBackBytes <= 0) {
    const of = expectedBytes === null ? "a length that it did not say" : `${expectedBytes} bytes`;
    return "it is not proved that the target still had something of the abandoned read to send: of " +
      `${of}, all that was left may have been in buffers between; use a larger --object-size`;
  }
  // A FIN is behind what was not read: from outside, an answer that was cut looks open until then.
  if (rest !== null && rest.how !== "complete" && !abandoned.shownOpen) {
    return `the abandoned read did not go on when it was read on, after ${rest.receivedBytes} bytes: ` +
      "whether the target had ended it before the others were answered is not known (--stats-url)";
  }
  return undefined;
}

/** What became of the abandoned read in the end, as the second half of a sentence. */
export function sayFate({ rest, expectedBytes }: Abandoned): string {
  if (rest === null) return "";
  if (rest.how === "complete") return "; gone on with, that one delivered the rest";
  if (rest.how === "open") {
    return `; gone on with, that one had ${rest.receivedBytes} of ${expectedBytes ?? "?"} bytes ` +
      "when the watch ended";
  }
  return `; gone on with, that one was cut off after ${rest.receivedBytes} bytes`;
}

/** What a proof rests on, where that is not the target's own word or the kernel's. */
export function sayProof({ midBody }: Abandoned): string {
  return midBody?.by === "bound"
    ? "; that it was not in buffers altogether goes by the kernel's usual limits (--stats-url)"
    : "";
}
