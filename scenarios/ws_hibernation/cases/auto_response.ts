// A ping that the runtime answers in the object's place: `auto-response`.

import { type Case, defineCase } from "../../../lab/scenario.ts";
import { type AutoResponse, autoResponseMetrics, judgeAutoResponse } from "../auto_response.ts";
import { wsHibernationParams } from "../params.ts";
import { type Context, Room } from "../room.ts";
import { MANUAL } from "./texts.ts";

async function askRuntime(context: Context): Promise<AutoResponse> {
  const { clock, signal, params } = context;
  const room = new Room(context);
  const dialogue = await room.connect("client", { features: ["auto_ping"] });
  const idleMs = await room.silence();
  const { asked: auto } = await room.autoPing(dialogue);
  const beganMs = clock.now();
  await clock.sleep(params.thresholdMs, { signal });
  const pauseMs = clock.now() - beganMs;
  // A Worker's own figures wake the object, which is then still younger than the pause.
  const told = await room.told();
  const { asked: ping, answer } = await room.waitOut(room.exchange(dialogue, "ping"));
  return {
    ...{ auto, pauseMs, told, ping, ageMs: answer?.ageMs ?? null },
    sleep: room.sleepOf(idleMs, answer, null),
  };
}

/** A ping of the runtime's. */
export const autoResponse: Case = defineCase(wsHibernationParams, {
  id: "auto-response",
  control: true,
  claim: "A request for which auto-response is set is answered while the object sleeps on.",
  provokes:
    "After a silence sends the request that auto-response is set for; a threshold later a " +
    "ping, which only the object can answer.",
  meaning: "Clients that show that they are there wake the object each time, or are not answered.",
  rule:
    "pass: the auto-response comes within the threshold, and the instance that answers the ping " +
    "is younger than the pause between, or the figures tell that the object slept on. fail: none " +
    "comes, or the object was woken by it. inconclusive: it never slept, something else " +
    "may have woken it, or nothing tells.",
  source: `${MANUAL}: setWebSocketAutoResponse()`,
  figure: "autoResponseMs",
  needs: ["echo-features"],
  provoke: askRuntime,
  judge: judgeAutoResponse,
  metrics: autoResponseMetrics,
});
