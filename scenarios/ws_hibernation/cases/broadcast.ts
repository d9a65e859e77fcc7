// One of many sockets speaks after a sleep: `broadcast`.

import { type Case, defineCase } from "../../../lab/scenario.ts";
import type { Dialogue } from "../../../probes/dialogue.ts";
import { type Broadcast, broadcastMetrics, judgeBroadcast, type Listener } from "../broadcast.ts";
import { patienceMs, wsHibernationParams } from "../params.ts";
import { type Context, Room } from "../room.ts";
import { DEAF, MANUAL } from "./texts.ts";

const TAG = "room";

async function speak(context: Context): Promise<Broadcast> {
  const { clock, signal, params } = context;
  const room = new Room(context);
  const features = ["broadcast"] as const;
  const connect = (_: unknown, index: number) =>
    room.connect(`client-${index + 1}`, { tag: TAG, features });
  const clients = await Promise.all(Array.from({ length: params.numClients }, connect));
  const outsider = await room.connect("outsider", { tag: "elsewhere", features });
  const [speaker = outsider] = clients;
  const idleMs = await room.silence();
  const content = `said-${context.nonce}`;
  const sentAtMs = clock.now();
  await room.tell(speaker, "broadcast", { content, tag: TAG });
  const isIt = heardOf(content);
  const withinMs = patienceMs(params);
  await room.waitOut(
    Promise.all(clients.map((one) => one.listen(isIt, { from: 0, withinMs, signal }))),
  );
  // What comes twice, or to somebody else, has as much time as what is to come.
  const left = sentAtMs + params.thresholdMs - clock.now();
  await clock.sleep(Math.max(0, left), { signal });
  const endedAtMs = clock.now();
  const first = clients.flatMap(({ heard }) => heard.find(({ message }) => isIt(message)) ?? []);
  const told = await room.told();
  return {
    ...{ sentAtMs, endedAtMs, sent: room.sent, told },
    listeners: clients.map((one) => listenerOf(one, content)),
    outsiders: [listenerOf(outsider, content)],
    sleep: room.sleepOf(idleMs, first[0]?.message, told),
  };
}

const heardOf = (content: string) => (message: { type: string; content?: unknown }) =>
  message.type === "broadcast" && message.content === content;

function listenerOf({ heard, closed }: Dialogue, content: string): Listener {
  const isIt = heardOf(content);
  return {
    heardAtMs: heard.filter(({ message }) => isIt(message)).map(({ atMs }) => atMs),
    closed: closed !== undefined,
  };
}

/** Ten sockets and an outsider. */
export const broadcast: Case = defineCase(wsHibernationParams, {
  id: "broadcast",
  control: false,
  claim:
    "What one socket says after a sleep is heard by all with its tag, once, and by nobody else.",
  provokes:
    "Connects --num-clients sockets with a tag and one with another; after a silence one of " +
    "them has the object send a message to all with its tag.",
  meaning: DEAF,
  rule: "pass: all with the tag hear it once within the threshold, the other does not, and a new " +
    "instance of the object shows that it slept. fail: one does not hear it though its connection " +
    "stays open, or hears it twice, or the other does. inconclusive: it never slept, it was heard " +
    "late, or a connection was closed.",
  source: `${MANUAL}: tags, getWebSockets()`,
  figure: "deaf",
  needs: ["echo-features"],
  provoke: speak,
  judge: judgeBroadcast,
  metrics: broadcastMetrics,
});
