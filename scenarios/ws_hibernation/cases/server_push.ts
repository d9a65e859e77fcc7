// The object sends from an alarm while its clients sleep: `server-push`.

import { type Case, defineCase } from "../../../lab/scenario.ts";
import type { Message } from "../../../probes/dialogue_message.ts";
import { patienceMs, wsHibernationParams } from "../params.ts";
import { judgePush, type Push, pushMetrics } from "../push.ts";
import { type Context, Room } from "../room.ts";
import { MANUAL } from "./texts.ts";

async function push(context: Context): Promise<Push> {
  const { clock, signal, params } = context;
  const room = new Room(context);
  const features = ["push"] as const;
  const sockets = [await room.connect("asks", { features }), await room.connect("listens")];
  const [asks] = sockets;
  if (asks === undefined) throw new TypeError("Nobody is connected");
  const content = `due-${context.nonce}`;
  const sentAtMs = clock.now();
  await room.tell(asks, "push", { content, afterMs: Math.ceil(params.idleMs) });
  const dueAtMs = sentAtMs + Math.ceil(params.idleMs);
  const isIt = ({ type, content: own }: Message) => type === "push" && own === content;
  // It may come from the moment on when it is set: one that came at once would not be missed.
  const all = (withinMs: number) =>
    Promise.all(sockets.map((one) => one.listen(isIt, { from: 0, withinMs, signal })));
  await all(dueAtMs - clock.now());
  await room.waitOut(all(patienceMs(params)));
  const endedAtMs = clock.now();
  const ends = sockets.map(({ heard, closed }) => ({
    heard: heard.find(({ message }) => isIt(message)),
    closed: closed !== undefined,
  }));
  const isGone = ({ heard, closed }: typeof ends[number]) => closed && heard === undefined;
  const heard = ends.filter((end) => !isGone(end)).map((end) => end.heard);
  const closed = ends.filter(isGone).length;
  const told = await room.told();
  return {
    ...{ dueAtMs, endedAtMs, closed, sent: room.sent, told },
    heardAtMs: heard.map((one) => one?.atMs ?? null),
    sleep: room.sleepOf(dueAtMs - sentAtMs, heard.find((one) => one)?.message, told),
  };
}

/** An alarm that sends. */
export const serverPush: Case = defineCase(wsHibernationParams, {
  id: "server-push",
  control: false,
  claim: "What an object sends from its alarm reaches clients that have been silent.",
  provokes:
    "Connects two sockets; one asks the object to send a message to both when --idle is over, " +
    "by its alarm. Then everyone is silent.",
  meaning: "Clients that wait for news never get any, once their object has slept.",
  rule:
    "pass: it comes to both within the threshold after it was due, from a new instance of the " +
    "object. fail: it does not come though the connections stay open. inconclusive: it never slept, " +
    "it came late, or a connection was closed.",
  source: `${MANUAL}: an alarm wakes a hibernated object`,
  figure: "deaf",
  needs: ["echo-features"],
  provoke: push,
  judge: judgePush,
  metrics: pushMetrics,
});
