// What is left when a client goes in the middle of a content, and what is refused before any came.

import type { BackendRequest } from "../../lab/backend_log.ts";
import { type Metrics, value } from "../../lab/metrics.ts";
import type { Judgement } from "../../lab/verdict.ts";
import { isGood, sayEnd, sayLongest, tookMs } from "./attempts.ts";
import { type Check, CHECK_LOG, judgeChecks, unclear, unseen, well, wrong } from "./checks.ts";
import type { Asked } from "./raw.ts";

/** A content that its client left. */
export interface Left {
  /** What it was, in words. */
  what: string;
  /** What the client was answered before it left, in words; null where it was not. */
  answered: string | null;
  /** What came to the backend for it, as it was when the time was over; null where that is not known. */
  came: readonly BackendRequest[] | null;
  /** Whether the log of the backend does not know the upload that began before: it is of another. */
  isElsewhere: boolean;
  /** Whether it is there afterwards, as a part or an object; null where that cannot be told. */
  listed: boolean | null;
  /** What the target holds afterwards by its figures, in bytes; null where it has none. */
  heldBytes: number | null;
  /** How many of its requests to the backend are under way by its figures; null likewise. */
  upstreams: number | null;
}

/** Judges contents that were left: nothing of them is to go on, to be listed, or to be kept. */
export function judgeLeft(all: readonly Left[]): Judgement {
  return judgeChecks(all.map(checkLeft));
}

function checkLeft(left: Left): Check {
  const { what, answered, came, isElsewhere, listed, heldBytes, upstreams } = left;
  if (listed === true) return wrong(`${what} is there, though its client left in the middle of it`);
  if (came?.some(({ ended }) => ended === null)) {
    return wrong(`the request to the backend for ${what} was still under way`);
  }
  if (came?.some(({ ended }) => ended === "complete")) {
    return wrong(`the backend was sent ${what} as if it were complete`);
  }
  if ((heldBytes ?? 0) > 0) return wrong(`${heldBytes} bytes of ${what} were still held in memory`);
  if ((upstreams ?? 0) > 0) {
    return wrong(`${upstreams} requests to the backend were still under way`);
  }
  if (answered !== null) {
    const see = answered === "501" ? ": see 'put-framing' and 'part-framing'" : "";
    return unclear(`${what} was answered before its client left (${answered})${see}`);
  }
  if (listed === null) return unclear(`whether ${what} is there cannot be told`);
  if (isElsewhere) {
    return unclear(`what came before ${what} was not seen at the backend: ${CHECK_LOG}`);
  }
  if (came === null) return unseen(`${what} is not there after its client left`);
  return well(
    came.length === 0
      ? `nothing of ${what} had gone to the backend`
      : `the request to the backend for ${what} was cut`,
  );
}

/** The numbers of what was seen. */
export function leftMetrics(all: readonly Left[]): Metrics {
  const came = all.flatMap((one) => one.came ?? []);
  const isKnown = all.some((one) => one.came !== null);
  return {
    left: value(all.length, "count"),
    ...(isKnown && {
      cutAtBackend: value(came.filter(({ ended }) => ended === "cut").length, "count"),
    }),
    listed: value(all.filter(({ listed }) => listed === true).length, "count"),
  };
}

/** A content whose announced length is too large, and of which nothing was sent. */
export interface Oversized {
  /** What it was, in words. */
  what: string;
  /** What the client saw. */
  asked: Asked;
  /** What came to the backend for it; empty where that is not known. */
  came: readonly BackendRequest[];
}

/** Judges what was refused: it has to be by the length alone. */
export function judgeOversized(all: readonly Oversized[]): Judgement {
  return judgeChecks(all.map(checkOversized));
}

function checkOversized({ what, asked, came }: Oversized): Check {
  if (isGood(asked)) return wrong(`${what} was accepted`);
  if (came.some(({ bodyBytes }) => bodyBytes > 0)) {
    return wrong(`${what} was passed on to the backend`);
  }
  if (asked.end === "stalled") {
    return wrong(
      `${what}, more than S3 takes, was not refused by its announced length: there was no answer for ` +
        sayLongest([asked]),
    );
  }
  const refused = asked.status !== null && asked.status < 500 && asked.why === "EntityTooLarge";
  return refused
    ? well(`${what} was refused before a byte of it was sent (${sayEnd(asked)})`)
    : unclear(`${what} was refused for another reason (${sayEnd(asked)})`);
}

/** The numbers of what was seen. */
export function oversizedMetrics(all: readonly Oversized[]): Metrics {
  return {
    asked: value(all.length, "count"),
    refusedAtOnce: value(all.filter(({ asked }) => asked.why === "EntityTooLarge").length, "count"),
    longestMs: value(Math.max(0, ...all.map(({ asked }) => tookMs(asked))), "ms"),
  };
}
