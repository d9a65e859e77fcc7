// An engine as something a probe can be aimed at: started for the run, stopped with it.

import { IncompleteError } from "../lab/errors.ts";
import type { OpenContext, Opened, TargetSource } from "../lab/target.ts";
import type { Engine } from "./engine.ts";
import type { Found } from "./find.ts";
import { launcherOf, playOf } from "./play.ts";
import { startEngine } from "./start.ts";

/** How long to wait for what an engine that is gone has said, in milliseconds. */
const GONE_MS = 2_000;
/** How long a program may take to die, in milliseconds. */
const SETTLE_MS = 100;

/** Engines start one after the other: what a start costs would show in the runs beside it. */
let lastStart: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = lastStart.then(work);
  lastStart = turn.catch(() => {});
  return turn;
}

/** An engine that is started for each run, with what its scenario puts behind it. */
export function engineTarget(engine: Engine, found: Found): TargetSource {
  return {
    kind: "engine",
    name: engine.name,
    variant: null,
    open: (context) => openEngine(engine, found, context),
  };
}

/**
 * An engine that was not found: every run says so.
 *
 * @param why The line that it says.
 */
export function absentTarget(engine: Engine, why: string): TargetSource {
  return {
    kind: "engine",
    name: engine.name,
    variant: null,
    open: () => Promise.reject(new IncompleteError(why)),
  };
}

async function openEngine(engine: Engine, found: Found, context: OpenContext): Promise<Opened> {
  const { scenario, clock, scope, signal } = context;
  const play = playOf(engine, scenario.role);
  const backing = await scenario.behind?.(context);
  const launch = backing && launcherOf(engine, backing);
  if (play === undefined || launch === undefined) {
    throw new IncompleteError(`${engine.title} cannot play the role ${scenario.role}`);
  }
  const starting = inTurn(() => {
    signal.throwIfAborted();
    return startEngine(engine, found, { launch, clock, scope, signal });
  });
  // A start that its run does not wait for any more still has to give back what it made.
  scope.defer(() => starting.then(() => {}, () => {}));
  const running = await starting;
  const unlessBroken = async (ms: number) => {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    try {
      await Promise.race([running.broken, clock.sleep(ms, { signal: either })]);
    } finally {
      over.abort();
    }
  };
  return {
    version: found.version,
    lacks: play.lacks,
    broken: running.broken,
    async check() {
      // Its connections close before its port does.
      await unlessBroken(SETTLE_MS);
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: Number(running.url.port) })).close();
      } catch {
        // It is gone; its guard needs a moment to say how.
        await unlessBroken(GONE_MS);
        throw new IncompleteError(`${engine.title} accepts no connections any more`);
      }
    },
    access: {
      ...backing?.access,
      url: running.url,
      headers: {},
      insecure: false,
      told: play.applies,
      ...(play.statsPath !== undefined && { statsUrl: new URL(play.statsPath, running.url) }),
    },
  };
}
