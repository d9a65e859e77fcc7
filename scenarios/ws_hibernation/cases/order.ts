// A burst of messages that wakes the object: `order`.

import { type Case, defineCase } from "../../../lab/scenario.ts";
import type { Heard } from "../../../probes/dialogue.ts";
import type { Message } from "../../../probes/dialogue_message.ts";
import { judgeOrder, type Order, orderMetrics } from "../order.ts";
import { patienceMs, wsHibernationParams } from "../params.ts";
import { type Context, Room } from "../room.ts";
import { DEAF, MANUAL, SEED } from "./texts.ts";

async function sendBurst(context: Context): Promise<Order> {
  const { clock, signal, nonce, params: { burst, ...params } } = context;
  const room = new Room(context);
  const dialogue = await room.connect("client");
  const idleMs = await room.silence();
  const number = new RegExp(`${nonce} (\\d+)`);
  const numberOf = (message: Message) => {
    if (message.type !== "echo") return undefined;
    // The report does not say how its echo names what it repeats.
    const { content = JSON.stringify(message) } = message;
    const [, found] = number.exec(String(content)) ?? [];
    return found === undefined ? undefined : Number(found);
  };
  const sentAtMs = clock.now();
  for (let number = 1; number <= burst; number++) {
    await room.tell(dialogue, "message", { content: `${nonce} ${number}` });
  }
  const missing = new Set(Array.from({ length: burst }, (_, index) => index + 1));
  const isLast = (message: Message) => {
    missing.delete(numberOf(message) ?? 0);
    return missing.size === 0;
  };
  const withinMs = patienceMs(params);
  await room.waitOut(dialogue.listen(isLast, { from: 0, withinMs, signal }));
  // What comes twice has as much time as what is to come.
  await clock.sleep(Math.max(0, sentAtMs + params.thresholdMs - clock.now()), { signal });
  const endedAtMs = clock.now();
  const closed = dialogue.closed !== undefined;
  const echoes = dialogue.heard.flatMap(({ message, atMs }) => {
    const number = numberOf(message);
    return number === undefined ? [] : [{ number, message, atMs }];
  });
  const isOther = ({ message, atMs }: Heard) =>
    atMs >= sentAtMs && message.type === "echo" && numberOf(message) === undefined;
  const told = await room.told();
  return {
    ...{ sentAtMs, burst, endedAtMs, closed, sent: room.sent, told },
    strays: [
      ...dialogue.strays.filter(({ atMs }) => atMs >= sentAtMs).map(({ what }) => what),
      ...dialogue.heard.filter(isOther).map(() => "an echo of something else"),
    ],
    got: echoes.map(({ number }) => number),
    lastAtMs: echoes.at(-1)?.atMs ?? null,
    sleep: room.sleepOf(idleMs, echoes[0]?.message, told),
  };
}

/** A hundred messages. */
export const order: Case = defineCase(wsHibernationParams, {
  id: "order",
  control: false,
  claim:
    "Messages that come while an object is being woken are answered in their order, once each.",
  provokes:
    "After a silence sends --burst messages in a row without waiting: the first wakes the " +
    "object, the others come while it is being constructed.",
  meaning: DEAF,
  rule:
    "pass: all are echoed within the threshold, in the order in which they were sent, once each, " +
    "by a new instance of the object. fail: one is missing though the connection stays open, comes " +
    "twice, or comes before one sent earlier. inconclusive: it never slept, the last echo was late, " +
    "something else came in place of one, or the connection was closed.",
  source: `${SEED}; ${MANUAL}: messages are delivered in their order`,
  figure: "lost",
  needs: [],
  provoke: sendBurst,
  judge: judgeOrder,
  metrics: orderMetrics,
});
