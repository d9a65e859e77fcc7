// Runs of `ws-hibernation` for its tests, and the servers that they are aimed at.

import { assert, assertEquals } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import type { Params } from "../lab/params.ts";
import type { Run } from "../lab/result.ts";
import { nominalParams } from "../lab/run_spec.ts";
import { runAll, type RunObserver } from "../lab/runner.ts";
import type { Access, Case, Scenario } from "../lab/scenario.ts";
import { embeddedTarget, type TargetSource, urlTarget } from "../lab/target.ts";
import { type Variant, VARIANTS } from "../lab/verdict.ts";
import { wsHibernation } from "../scenarios/ws_hibernation/scenario.ts";
import { listen, type Listening } from "../servers/listen.ts";
import { createWsEcho, type WsEcho } from "../servers/ws_echo/ws_echo.ts";

/** How runs are made. */
export interface Options {
  scenario?: Scenario;
  params?: Params;
  signal?: AbortSignal;
  observer?: RunObserver;
}

/** Twenty times as fast as the report: a threshold of 250 ms. */
export const SPEED = 20;

/** Short silences, for servers that do not sleep anyway: 0.4 s. */
export const QUICK: Params = { idleMs: 8_000 };

function run(
  cases: readonly Case[],
  targets: (scenario: Scenario) => readonly TargetSource[],
  options: Options = {},
): Promise<Run[]> {
  const { scenario = wsHibernation, params = {}, observer } = options;
  const specs = cases.flatMap((one) =>
    targets(scenario).map((target) => ({
      ...{ scenario, case: one, target, repeat: 1, speed: SPEED },
      nominal: nominalParams(scenario, one, params),
    }))
  );
  const signal = options.signal ?? new AbortController().signal;
  return runAll(specs, {
    concurrency: 12,
    longestFirst: true,
    signal,
    ...(observer && { observer }),
  });
}

/** Runs cases on our own host, in both variants. */
export const repro = (cases: readonly Case[], options?: Options) =>
  run(cases, (scenario) => VARIANTS.map((variant) => embeddedTarget(scenario, variant)), options);

/** Runs cases, by id, on a target. */
export const probe = (ids: readonly string[], access: Access, options?: Options) =>
  run(
    wsHibernation.cases.filter(({ id }) => ids.includes(id)),
    () => [urlTarget(access)],
    options,
  );

/** The way to a server. */
export const accessTo = (url: string, statsUrl?: URL): Access => ({
  ...{ url: new URL(url), headers: {}, insecure: false },
  ...(statsUrl && { statsUrl }),
});

/** What the runs came to, a line each. */
export const said = (runs: readonly Run[]) =>
  runs.map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`);

/** The one run. */
export const only = ([run]: readonly Run[]): Run => {
  assert(run);
  return run;
};

/** Our own host on a port of its own, as `serve` would start it, but for shorter durations. */
export async function startEcho(variant: Variant): Promise<Listening & { echo: WsEcho }> {
  const echo = await createWsEcho({
    ...{ variant, hibernateAfterMs: 500, heartbeatTimeoutMs: 3_000, cleanupIntervalMs: 3_000 },
  });
  const listening = await listen(echo);
  const close = async () => {
    await listening.close();
    await echo.close();
  };
  return { ...listening, close, echo, [Symbol.asyncDispose]: close };
}

/** Waits until a host has heard that all are gone: no socket is left, and nothing keeps an object. */
export async function nothingLeft(echo: WsEcho): Promise<void> {
  const left = () =>
    echo.stats().objects.filter(({ sockets, blockers }) =>
      sockets.hibernatable + sockets.plain + blockers.length > 0
    );
  const deadlineMs = realClock.now() + 5_000;
  while (left().length > 0 && realClock.now() < deadlineMs) await realClock.sleep(10);
  assertEquals(left(), []);
}

/** What a server does that speaks the messages of the report only. */
export interface Behaviour {
  /** What it says first; undefined for nothing. */
  welcome?: Record<string, unknown> | undefined;
  /**
   * What it answers, undefined for nothing; bytes go out as they are, anything else as JSON.
   *
   * @param first Whether it is one of those that came right after the welcome.
   */
  answer(message: Record<string, unknown>, first: boolean): unknown;
  /** How long it takes over an answer, in milliseconds. */
  delayMs?: number;
  /** Closes the connection when it has got so many messages. */
  closesAfter?: number;
}

const ANSWERS: Readonly<Record<string, string>> = {
  ping: "pong",
  heartbeat: "heartbeat_ack",
  message: "echo",
};

/** The answer that belongs to a message, with what every message has. */
export const echoed = (message: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  ...message,
  type: ANSWERS[String(message.type)],
  ...more,
});

/** A server without objects, which does what it is told. */
export function startServer(behaviour: Behaviour): Promise<Listening> {
  const { answer, delayMs = 0, closesAfter = Infinity } = behaviour;
  const welcome = "welcome" in behaviour ? behaviour.welcome : { connection: {} };
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const fetch = (request: Request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    let count = 0;
    const send = (message: unknown) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(message instanceof ArrayBuffer ? message : JSON.stringify(message));
    };
    socket.onopen = () => {
      if (welcome) send({ type: "welcome", ...welcome });
    };
    socket.onmessage = ({ data }) => {
      if (++count >= closesAfter) return socket.close(4000, "enough");
      // The three of the report come first, and then there is silence.
      const text = answer(JSON.parse(data), count <= 3);
      if (text === undefined) return;
      const timer = setTimeout(() => timers.delete(timer) && send(text), delayMs);
      timers.add(timer);
    };
    socket.onclose = () => timers.forEach((timer) => clearTimeout(timer));
    return response;
  };
  return listen({ fetch }, { onError: () => {} });
}
