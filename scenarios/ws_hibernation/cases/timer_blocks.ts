// An object with a pending interval beside one without: `timer-blocks`.

import { type Case, defineCase } from "../../../lab/scenario.ts";
import { wsHibernationParams } from "../params.ts";
import { type Context, Room } from "../room.ts";
import { judgeTimer, type Timer, timerMetrics } from "../timer.ts";
import { MANUAL } from "./texts.ts";

async function holdOneOfTwo(context: Context): Promise<Timer> {
  const rooms = { held: new Room(context, "held"), free: new Room(context, "free") };
  const holds = await rooms.held.connect("holds", { features: ["hold"] });
  const free = await rooms.free.connect("free");
  // However the run ends, the target is not left with a timer of it.
  context.scope.defer(async () => {
    if (holds.closed === undefined) await holds.tell("release").catch(() => {});
  });
  const [hold] = await Promise.all([
    rooms.held.ask(holds, "hold"),
    rooms.free.ask(free, "ping"),
  ]);
  const [idleMs] = await Promise.all([rooms.held.silence(), rooms.free.silence()]);
  const [first, second] = await Promise.all([
    rooms.held.waitOut(rooms.held.exchange(holds, "ping")),
    rooms.free.waitOut(rooms.free.exchange(free, "ping")),
  ]);
  const told = { held: await rooms.held.told(), free: await rooms.free.told() };
  return {
    hold,
    held: {
      asked: first.asked,
      sleep: rooms.held.sleepOf(idleMs, first.answer, told.held),
      told: told.held,
    },
    free: {
      asked: second.asked,
      sleep: rooms.free.sleepOf(idleMs, second.answer, told.free),
      told: told.free,
    },
  };
}

/** `setInterval` in one of two objects. */
export const timerBlocks: Case = defineCase(wsHibernationParams, {
  id: "timer-blocks",
  control: true,
  claim:
    "An object with a pending interval is not evicted, and where there are figures they say why.",
  provokes:
    "Has one object start an interval, and leaves another without one; after a silence both " +
    "are sent a ping.",
  meaning:
    "Objects lose their timers, or stay in memory (and on the bill) and nobody can tell why.",
  rule:
    "pass: the one with the interval is the same instance after the silence, the other one is " +
    "not, and figures that tell what keeps an object in memory name something. fail: it was evicted, " +
    "or they name nothing. inconclusive: the other one was not evicted either, or nothing tells.",
  source: `${MANUAL}: what keeps an object from hibernating; bohdanbirdie/cf-do-hibernation-repro`,
  figure: "heldSlept",
  needs: ["echo-features"],
  provoke: holdOneOfTwo,
  judge: judgeTimer,
  metrics: timerMetrics,
});
