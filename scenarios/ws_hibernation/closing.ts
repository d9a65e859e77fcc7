// What is left of a client that goes while its object sleeps: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import { type Asked, askedMetrics } from "./asked.ts";
import type { WsHibernationParams } from "./params.ts";
import { type Sleep, sleepMetrics, whyNotSlept } from "./sleep.ts";
import type { Told } from "./told.ts";

/** What was seen of a client that went. */
export interface Closing {
  /** With a close frame, or with a TCP reset. */
  how: "closed" | "vanished";
  /** How the close handshake ended; null where it did not, and where there was none. */
  closed: { code: number; tookMs: number } | null;
  /** The last question for the object's status, by one that stayed. */
  asked: Asked;
  /** How many connections the object has by its answer, and how often its close handler ran. */
  connections: number | null;
  /** See `connections`. */
  closes: number | null;
  /** Whether the object slept when the client went. */
  sleep: Sleep;
  /** What the target's figures told in the end. */
  told: Told | null;
}

/** How many connections there are to be in the end: the one that stayed. */
export const STAYED = 1;

/** Stands for a connection that ended without a close frame. */
const WITHOUT_FRAME = 1006;

/** Judges what is left: the close handler ran, and nothing but the one that stayed is there. */
export function judgeClosing(seen: Closing, { thresholdMs }: WsHibernationParams): Judgement {
  const { how, closed, asked, sleep, told } = seen;
  if (how === "closed" && (closed === null || closed.code === WITHOUT_FRAME)) {
    return fail(
      "the client's close frame was not answered with one" +
        (closed === null ? "" : ` (the connection ended after ${formatDuration(closed.tookMs)})`),
    );
  }
  if (how === "closed" && closed !== null && closed.tookMs > thresholdMs) {
    return inconclusive(
      `late, but not lost: the client's close frame was answered after ${
        formatDuration(closed.tookMs)
      } (threshold ${formatDuration(thresholdMs)})`,
    );
  }
  if (asked.kind === "closed") {
    return inconclusive("the connection of the one that stayed was closed as well");
  }
  if (asked.kind === "answered") {
    if (asked.wrong !== null) return inconclusive(asked.wrong);
    return judgeLeft(seen, "by its status") ??
      inconclusive("the status does not tell of connections and closes");
  }
  const { closes = null, sockets = null } = told ?? {};
  const judged = judgeLeft({ how, closes, connections: sockets, sleep }, "by its figures");
  return judged ?? inconclusive(
    "the status that would show it was lost, and no figures tell of sockets and closes (--stats-url)",
    ["figures"],
  );
}

function judgeLeft(
  { how, closes, connections, sleep }: Pick<Closing, "how" | "closes" | "connections" | "sleep">,
  source: string,
): Judgement | undefined {
  if (closes === null || connections === null) return undefined;
  if (connections > STAYED) {
    return fail(
      `the connection that was ${
        how === "closed" ? "closed" : "cut"
      } is still among the object's ` +
        `${connections}, ${source}`,
    );
  }
  // Whether one that broke is told of as closed or as an error is the runtime's.
  if (how === "closed" && closes === 0) {
    return fail(`the object's close handler did not run, ${source}`);
  }
  return whyNotSlept(sleep) ?? pass(
    `the client ${how} after ${formatDuration(sleep.idleMs)} of silence; ` +
      `${
        closes > 0 ? "the close handler ran" : "no close handler ran"
      } and nothing of the connection ` +
      `was left, ${source}; the object had slept`,
  );
}

/** The numbers of what was seen. */
export const closingMetrics = (seen: Closing): Metrics => {
  const connections = seen.connections ?? seen.told?.sockets ?? null;
  const closes = seen.closes ?? seen.told?.closes ?? null;
  return {
    ...askedMetrics([seen.asked]),
    ...(connections !== null && { left: value(Math.max(0, connections - STAYED), "count") }),
    ...(closes !== null && { closes: value(closes, "count") }),
    ...(seen.closed && { closeMs: value(seen.closed.tookMs, "ms") }),
    ...sleepMetrics(seen.sleep, seen.told),
  };
};
