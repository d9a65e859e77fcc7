// The parameters of `ws-hibernation`, with the durations of the report.

import { z } from "zod";
import { countParam, durationParam, textParam } from "../../lab/params.ts";

/** A shorter threshold cannot tell what is lost from what a busy machine does late, in milliseconds. */
export const LEAST_THRESHOLD_MS: number = 50;

/** How many thresholds an answer is waited for before it counts as lost. */
const PATIENCE = 4;

const PATH = {
  expected: "a path that begins with / and has no query",
  pattern: /^\/[^\s?#]*$/,
  placeholder: "PATH",
};

/** What `ws-hibernation` can be told. */
export const wsHibernationParams = z.object({
  workerPort: countParam({
    flag: "worker-port",
    description: "The port of this machine on which the target is, where --target is not given " +
      "(wrangler dev has this one)",
    default: 8787,
    min: 1,
    max: 65_535,
    unit: "port",
  }),
  thresholdMs: durationParam({
    flag: "threshold-ms",
    description: "How soon an answer must come; four times as long it is waited for",
    defaultMs: 5_000,
    bareUnit: "ms",
    minMs: 1,
  }),
  idleMs: durationParam({
    flag: "idle",
    description: "How long everyone is silent so that the target evicts the object; longer than " +
      "its eviction takes, shorter than its heartbeat timeout",
    defaultMs: 45_000,
    bareUnit: "s",
    minMs: 1,
    outlasts: "eviction",
  }),
  hibernateAfterMs: durationParam({
    flag: "hibernate-after",
    description: "After which idle time a target that is started for the run evicts an object",
    defaultMs: 30_000,
    bareUnit: "s",
    minMs: 1,
  }),
  heartbeatTimeoutMs: durationParam({
    flag: "heartbeat-timeout",
    description: "How long a client may send no heartbeat before the target closes its connection",
    defaultMs: 60_000,
    bareUnit: "s",
    minMs: 1,
  }),
  cleanupIntervalMs: durationParam({
    flag: "cleanup-interval",
    description: "How often the target's alarm looks for such clients",
    defaultMs: 60_000,
    bareUnit: "s",
    minMs: 1,
  }),
  heartbeatMs: durationParam({
    flag: "heartbeat",
    description: "How often a live client sends a heartbeat ('alarm-closes-stale')",
    defaultMs: 20_000,
    bareUnit: "s",
    minMs: 1,
  }),
  numClients: countParam({
    flag: "num-clients",
    description: "How many sockets are to hear what one of them says ('broadcast')",
    default: 10,
    min: 2,
    max: 5_000,
  }),
  burst: countParam({
    flag: "burst",
    description: "How many messages are sent in a row ('order')",
    default: 100,
    min: 2,
    max: 1_000,
  }),
  websocketPath: textParam({
    flag: "websocket-path",
    description: "Where the target takes sockets over so that it can hibernate",
    default: "/websocket",
    ...PATH,
  }),
  plainPath: textParam({
    flag: "plain-path",
    description: "Where it takes them over so that it cannot ('plain-accept')",
    default: "/websocket/plain",
    ...PATH,
  }),
});

/** Values of the parameters; durations in milliseconds. */
export type WsHibernationParams = z.infer<typeof wsHibernationParams>;

/** How long a target may take to answer a close frame, at least, in milliseconds of the wall clock. */
const LEAST_CLOSE_MS = 2_000;

/**
 * How long a close frame's answer is waited for, in milliseconds: longer than the threshold, so that one
 * that is late is not taken for one that does not come.
 */
export function closePatienceMs({ thresholdMs }: Pick<WsHibernationParams, "thresholdMs">): number {
  return Math.max(LEAST_CLOSE_MS, PATIENCE * thresholdMs / 2);
}

/** How long an answer is waited for before it counts as lost, in milliseconds. */
export function patienceMs({ thresholdMs }: Pick<WsHibernationParams, "thresholdMs">): number {
  return PATIENCE * thresholdMs;
}
