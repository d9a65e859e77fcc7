// A client goes while its object sleeps: `close-after-wake`, `vanish-after-wake`.

import { type Case, defineCase } from "../../../lab/scenario.ts";
import { until } from "../../../lab/until.ts";
import type { Dialogue } from "../../../probes/dialogue.ts";
import { type Closing, closingMetrics, judgeClosing, STAYED } from "../closing.ts";
import type { Exchange } from "../exchange.ts";
import { closePatienceMs, patienceMs, wsHibernationParams } from "../params.ts";
import { type Context, Room } from "../room.ts";
import { awaitTold } from "../told.ts";
import { askUntil } from "./alarms.ts";
import { MANUAL } from "./texts.ts";

async function goAfterSilence(context: Context, how: Closing["how"]): Promise<Closing> {
  const { clock, timeline, params } = context;
  const room = new Room(context);
  const stays = await room.connect("stays", { features: ["status"] });
  const goes = await room.connect("goes");
  const idleMs = await room.silence();
  let closed: Closing["closed"] = null;
  if (how === "closed") closed = await close(context, goes);
  else {
    goes.socket.vanish();
    timeline.add("goes", "reset");
  }
  const gone = (connections: unknown, closes: unknown) =>
    connections === STAYED && (how === "vanished" || closes !== 0);
  const untilMs = clock.now() + patienceMs(params);
  const wanted = ({ answer }: Exchange) => gone(answer?.connections, answer?.closes);
  const { asked, answer } = await askUntil(context, room, stays, wanted);
  const told = await awaitTold(
    context,
    room.name,
    ({ sockets, closes }) => sockets === null || gone(sockets, closes),
    untilMs,
  );
  const [connections, closes] = [answer?.connections, answer?.closes];
  return {
    ...{ how, closed, asked, told },
    connections: typeof connections === "number" ? connections : null,
    closes: typeof closes === "number" ? closes : null,
    sleep: room.sleepOf(idleMs, answer, told),
  };
}

async function close(context: Context, dialogue: Dialogue): Promise<Closing["closed"]> {
  const { clock, params } = context;
  const beganMs = clock.now();
  const untilMs = beganMs + closePatienceMs(params) + params.thresholdMs;
  const ended = await until(context, dialogue.close(), untilMs);
  return ended ? { code: ended.code, tookMs: Math.max(0, ended.atMs - beganMs) } : null;
}

const RULE =
  "pass: the connection is not among the object's any more, told by a new instance; where " +
  "the answer was lost, the figures tell it. fail: it still is HOW. inconclusive: the object never " +
  "slept, a close was answered late, or neither status nor figures tell.";

/** An orderly close. */
export const closeAfterWake: Case = defineCase(wsHibernationParams, {
  id: "close-after-wake",
  control: true,
  claim:
    "When a client closes while its object sleeps, the object's close handler runs and nothing stays.",
  provokes:
    "Connects two clients; after a silence one of them closes, and the other asks the object " +
    "how many connections it has and how often its close handler ran.",
  meaning:
    "Connections whose clients have gone stay in the server, with all that it keeps for them.",
  rule: RULE.replace("HOW", "there, the close handler did not run, or the close was not answered"),
  source: `${MANUAL}: webSocketClose()`,
  figure: "left",
  needs: ["echo-features"],
  provoke: (context) => goAfterSilence(context, "closed"),
  judge: judgeClosing,
  metrics: closingMetrics,
});

/** A client that is cut off. */
export const vanishAfterWake: Case = defineCase(wsHibernationParams, {
  id: "vanish-after-wake",
  control: true,
  claim: "When a client is cut off while its object sleeps, nothing of its connection stays.",
  provokes: "As 'close-after-wake', with a TCP reset in place of a close frame.",
  meaning:
    "Connections whose clients have gone stay in the server, with all that it keeps for them.",
  rule: RULE.replace("HOW", "there"),
  source: `${MANUAL}: webSocketClose(), webSocketError(); RFC 9293 §3.5.2`,
  figure: "left",
  needs: ["echo-features"],
  provoke: (context) => goAfterSilence(context, "vanished"),
  judge: judgeClosing,
  metrics: closingMetrics,
});
