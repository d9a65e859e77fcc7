// What the object keeps with a connection: `attachment`.

import { type Case, defineCase } from "../../../lab/scenario.ts";
import { type Attachment, attachmentMetrics, judgeAttachment } from "../attachment.ts";
import { wsHibernationParams } from "../params.ts";
import { type Context, Room } from "../room.ts";
import { MANUAL } from "./texts.ts";

async function wakeWithMetadata(context: Context): Promise<Attachment> {
  const room = new Room(context);
  const metadata = `kept-${context.nonce}`;
  const dialogue = await room.connect("client", { metadata, features: ["metadata"] });
  const idleMs = await room.silence();
  const message = room.exchange(dialogue, "message", { content: "who am I?" });
  const { asked, answer } = await room.waitOut(message);
  const told = await room.told();
  const connection = answer?.connection;
  const { id, connectedAt } = dialogue.welcome.connection;
  const shown = typeof connection === "object" && connection !== null;
  return {
    asked,
    same: shown
      ? Object.entries({ id, connectedAt, metadata })
        .every(([name, value]) => Reflect.get(connection, name) === value)
      : null,
    ...{ sent: room.sent, told },
    sleep: room.sleepOf(idleMs, answer, told),
  };
}

/** Metadata set at connect. */
export const attachment: Case = defineCase(wsHibernationParams, {
  id: "attachment",
  control: true,
  claim: "What an object attached to a connection is still there after the object slept.",
  provokes:
    "Connects with metadata, is silent, and then sends a message, whose echo tells what the " +
    "object knows of the connection.",
  meaning: "The server forgets who its clients are while they are connected.",
  rule:
    "pass: the echo, from a new instance, has the connection's id and metadata; where the echo " +
    "was lost, the figures tell that the attachment was found. fail: it has not. inconclusive: the " +
    "object never slept, or neither echo nor figures tell.",
  source: `${MANUAL}: serializeAttachment(), deserializeAttachment()`,
  figure: "slept",
  needs: ["echo-features"],
  provoke: wakeWithMetadata,
  judge: judgeAttachment,
  metrics: attachmentMetrics,
});
