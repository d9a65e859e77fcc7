// `ws-hibernation`: after its object has slept, a WebSocket server hears its clients and is not heard.

import type { Access, FinishedRun, Need, Scenario } from "../../lab/scenario.ts";
import { alarmClosesStale, alarmWakes } from "./cases/alarms.ts";
import { attachment } from "./cases/attachment.ts";
import { autoResponse } from "./cases/auto_response.ts";
import { broadcast } from "./cases/broadcast.ts";
import { closeAfterWake, vanishAfterWake } from "./cases/closing.ts";
import { order } from "./cases/order.ts";
import { large, plainAccept, replyAfterWake } from "./cases/replies.ts";
import { serverPush } from "./cases/server_push.ts";
import { timerBlocks } from "./cases/timer_blocks.ts";
import { behind, embed } from "./embed.ts";
import { patienceMs, type WsHibernationParams, wsHibernationParams } from "./params.ts";

/** What a run may take beside its own silences and waits, in milliseconds: a busy machine. */
const SLACK_MS = 30_000;

/** How often a run waits for as long as an answer may take at all, at most. */
const WAITS = 8;

/** The scenario of the report on Durable Objects. */
export const wsHibernation: Scenario = {
  id: "ws-hibernation",
  title: "Answers that never arrive after a WebSocket server's object has hibernated",
  summary:
    "A Durable Object that accepted its WebSockets with hibernation gets what its clients send, " +
    "and nothing that it sends reaches them, though the connections stay open. The report sees this " +
    "in deployed Workers, before and after eviction, and not in local development; why is not public.",
  role: "websocket-server",
  source: "Cloudflare Durable Object WebSocket hibernation bug reproduction",
  params: wsHibernationParams,
  headline: "reply-after-wake",
  cases: [
    replyAfterWake,
    broadcast,
    order,
    serverPush,
    large,
    plainAccept,
    attachment,
    autoResponse,
    alarmWakes,
    alarmClosesStale,
    closeAfterWake,
    vanishAfterWake,
    timerBlocks,
  ],
  ports: { workerPort: "target" },
  connections: ({ numClients }, { id }) => id === "broadcast" ? Number(numClients) + 1 : 2,
  embed,
  behind,
  missing,
  limitMs(params) {
    const own = params as WsHibernationParams;
    const { idleMs, heartbeatTimeoutMs, cleanupIntervalMs } = own;
    return SLACK_MS + WAITS * patienceMs(own) + 2 * idleMs + heartbeatTimeoutMs + cleanupIntervalMs;
  },
  block,
};

function missing(need: Need, access: Access): Promise<string | undefined> {
  switch (need) {
    case "figures":
      return Promise.resolve(
        access.statsUrl ? undefined : "the target's figures are not known (--stats-url)",
      );
    case "echo-features":
      return Promise.resolve(undefined); // The welcome names them: the case looks itself.
    default:
      return Promise.resolve(`'${need}' is not something that this scenario can know of a target`);
  }
}

/** What the report's client shows in the end, for cases that ask what it asks. */
function block({ metrics }: FinishedRun): string[] {
  const { asked, answered } = metrics;
  if (asked === undefined || !("value" in asked)) return [];
  if (answered === undefined || !("value" in answered)) return [];
  const none = answered.value === 0 ? "Zero responses from server" : `Responses: ${answered.value}`;
  return [
    "Welcome message received",
    `Messages sent: ${asked.value}`,
    `${none} (${asked.value - answered.value} timed out)`,
  ];
}
