// The object's alarm in a silence: `alarm-wakes`, `alarm-closes-stale`.

import { formatDuration } from "../../../lab/duration.ts";
import { InconclusiveError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { until } from "../../../lab/until.ts";
import type { Dialogue } from "../../../probes/dialogue.ts";
import {
  type AlarmWake,
  alarmWakeMetrics,
  type Ended,
  judgeAlarmWake,
  judgeStale,
  type Stale,
  staleMetrics,
} from "../alarms.ts";
import type { Exchange } from "../exchange.ts";
import { patienceMs, wsHibernationParams } from "../params.ts";
import { type Context, Room, welcomedBy } from "../room.ts";
import { awaitTold } from "../told.ts";
import { MANUAL, SEED } from "./texts.ts";

/**
 * A duration of the target, by its own word where its welcome has it.
 *
 * @throws {InconclusiveError} when it is longer than the run is made for.
 */
function timeOf(own: number | undefined, givenMs: number, flag: string): number {
  if (own === undefined || own <= givenMs) return own ?? givenMs;
  throw new InconclusiveError(
    `the target's is ${formatDuration(own)} by its welcome, expected at most ` +
      `${formatDuration(givenMs)}: give --${flag}`,
  );
}

async function awaitAlarm(context: Context): Promise<AlarmWake> {
  const { clock, signal, timeline, params } = context;
  const room = new Room(context);
  const silent = await room.connect("silent", { features: ["status"] });
  const beganMs = clock.now();
  const own = silent.welcome.cleanupIntervalMs;
  const dueMs = timeOf(own, params.cleanupIntervalMs, "cleanup-interval");
  timeline.add("object", "silence", { idleMs: dueMs + params.thresholdMs });
  await clock.sleep(dueMs + params.thresholdMs, { signal });
  const untilMs = clock.now() + patienceMs(params);
  const told = await awaitTold(context, room.name, ({ alarms }) => alarms !== 0, untilMs);
  const silentMs = clock.now() - beganMs;
  // The silent one may have been closed as stale by now.
  const asks = await room.connect("asks");
  const { asked, answer } = await askUntil(
    context,
    room,
    asks,
    ({ answer }) => answer?.alarms !== 0,
  );
  const [alarms, alarmInstance] = [answer?.alarms, answer?.alarmInstance];
  return {
    ...{ silentMs, before: welcomedBy(silent), told, asked },
    alarms: typeof alarms === "number" ? alarms : null,
    alarmInstance: typeof alarmInstance === "string" ? alarmInstance : null,
  };
}

/** Asks for the object's status until it is as wanted, or an answer may not take longer. */
export async function askUntil(
  context: Context,
  room: Room,
  dialogue: Dialogue,
  wanted: (exchange: Exchange) => boolean,
): Promise<Exchange> {
  const { clock, signal, params } = context;
  const untilMs = clock.now() + patienceMs(params);
  while (true) {
    const exchange = await room.waitOut(room.exchange(dialogue, "status"));
    const lost = exchange.answer === undefined;
    if (lost || wanted(exchange) || clock.now() >= untilMs) return exchange;
    await clock.sleep(params.thresholdMs / 4, { signal });
  }
}

/** An alarm that is due while everyone sleeps. */
export const alarmWakes: Case = defineCase(wsHibernationParams, {
  id: "alarm-wakes",
  control: true,
  claim: "An object's alarm runs when it is due, also while the object sleeps.",
  provokes:
    "Connects and is silent until the object's cleanup alarm is due and a threshold longer; " +
    "then another client asks the object how often and in which instance its alarm ran.",
  meaning: "What an object is to do at a time is not done, once it sleeps.",
  rule: "pass: it ran, in another instance than the one before the silence; where the answer was " +
    "lost, the figures tell that it ran and that the object was constructed anew. fail: it did not " +
    "run. inconclusive: the object never slept, or neither status nor figures tell.",
  source: `${SEED}, "Worker Alarms"; ${MANUAL}: alarms`,
  figure: "alarms",
  needs: ["echo-features"],
  provoke: awaitAlarm,
  judge: judgeAlarmWake,
  metrics: alarmWakeMetrics,
});

function endOf({ closed, welcomed }: Dialogue): Ended | null {
  if (closed === undefined) return null;
  const { code, reason, atMs } = closed;
  return { code, reason, afterMs: Math.max(0, atMs - welcomed.atMs) };
}

async function stayAndBeat(context: Context): Promise<Stale> {
  const { clock, signal, params } = context;
  const room = new Room(context);
  const silent = await room.connect("silent");
  const live = await room.connect("live");
  const { heartbeatTimeoutMs: timeout, cleanupIntervalMs: interval } = silent.welcome;
  const timeoutMs = timeOf(timeout, params.heartbeatTimeoutMs, "heartbeat-timeout");
  const cleanupMs = timeOf(interval, params.cleanupIntervalMs, "cleanup-interval");
  if (params.heartbeatMs + params.thresholdMs > timeoutMs) {
    throw new InconclusiveError(
      `a heartbeat every ${formatDuration(params.heartbeatMs)} keeps no connection open that is ` +
        `closed after ${formatDuration(timeoutMs)} without one: give a shorter --heartbeat`,
    );
  }
  const beganMs = clock.now();
  const untilMs = beganMs + timeoutMs + cleanupMs + patienceMs(params);
  let heartbeats = 0;
  let over = false;
  // It is still there when the other one is closed, and a while after.
  const ended = silent.socket.ended.then(() => true);
  while (!over && live.closed === undefined) {
    await room.tell(live, "heartbeat").catch(() => {});
    heartbeats++;
    const nextMs = Math.min(untilMs, clock.now() + params.heartbeatMs);
    over = await until(context, ended, nextMs) === true || clock.now() >= untilMs;
  }
  await clock.sleep(params.thresholdMs, { signal });
  const waitedMs = clock.now() - beganMs;
  return { silent: endOf(silent), live: endOf(live), heartbeats, timeoutMs, cleanupMs, waitedMs };
}

/** A client that says nothing. */
export const alarmClosesStale: Case = defineCase(wsHibernationParams, {
  id: "alarm-closes-stale",
  control: true,
  claim:
    "A client that sends no heartbeat is closed with a code and a reason; one that does is not.",
  provokes: "Connects two clients: one sends a heartbeat every --heartbeat, the other nothing.",
  meaning:
    "Connections of clients that have gone are held for ever, or those of others are closed.",
  rule: "pass: the silent one is closed by the heartbeat timeout, the cleanup interval and a " +
    "threshold, with a code and a reason, and the live one is not. fail: otherwise. inconclusive: it " +
    "was closed late, a connection broke, or the target went.",
  source: `${SEED}, "Timeout Management"`,
  figure: "closedAfterMs",
  needs: [],
  provoke: stayAndBeat,
  judge: judgeStale,
  metrics: staleMetrics,
});
