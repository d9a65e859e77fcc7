// Targets that are not what `cache-lock` needs, and runs aimed at them.

import { realClock } from "../lab/clock.ts";
import type { Params } from "../lab/params.ts";
import type { Run } from "../lab/result.ts";
import { runAll, type RunObserver } from "../lab/runner.ts";
import { nominalParams } from "../lab/run_spec.ts";
import { urlTarget } from "../lab/target.ts";
import type { Access, Scenario } from "../lab/scenario.ts";
import { cacheLock } from "../scenarios/cache_lock/scenario.ts";
import { listen, type Listening } from "../servers/listen.ts";
import { createSlowOrigin } from "../servers/slow_origin/slow_origin.ts";

/** Starts a slow origin on a port of its own. */
export async function startOrigin(): Promise<Listening> {
  const origin = createSlowOrigin({ clock: realClock });
  const listening = await listen(origin, { connectionControl: true });
  const close = async () => {
    await origin.close();
    await listening.close();
  };
  return { ...listening, close, [Symbol.asyncDispose]: close };
}

/** Starts what answers with a function. */
export function startHandler(
  handle: (request: Request) => Response | Promise<Response>,
): Promise<Listening> {
  return listen({ fetch: handle }, { onError: () => {} });
}

/** Starts a proxy without a cache: each request is one of its own at the origin. */
export function startPassThrough(originUrl: string): Promise<Listening> {
  return startHandler(async (request) => {
    const { pathname, search } = new URL(request.url);
    const answer = await fetch(new URL(pathname + search, originUrl), { signal: request.signal });
    return new Response(answer.body, answer);
  });
}

/** Starts a server that accepts connections and then does with their bytes what `talk` does. */
export function startRaw(
  talk: (connection: Deno.TcpConn) => Promise<void>,
): AsyncDisposable & { url: string } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Map<Deno.TcpConn, Promise<void>>();
  const serving = (async () => {
    for await (const connection of listener) {
      open.set(connection, talk(connection).catch(() => {}));
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      for (const connection of open.keys()) {
        try {
          connection.close();
        } catch {
          // It was closed by `talk`.
        }
      }
      await Promise.all(open.values());
    },
  };
}

/** Reads a request's header, says `text` and closes. */
export const saying = (text: string) => async (connection: Deno.TcpConn): Promise<void> => {
  await connection.read(new Uint8Array(4_096));
  await connection.write(new TextEncoder().encode(text));
  connection.close();
};

/** Reads until the client has closed, and says nothing. */
export async function silent(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(4_096);
  while (await connection.read(buffer) !== null);
}

/** A port of this machine on which nothing listens. */
export function closedPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

/** The way to a target, as a user's flags would have it. */
export function accessTo(
  target: string,
  more: { origin?: string; stats?: string } = {},
): Access {
  return {
    url: new URL(target),
    headers: {},
    insecure: false,
    ...(more.origin !== undefined && { originUrl: new URL(more.origin) }),
    ...(more.stats !== undefined && { statsUrl: new URL(more.stats) }),
  };
}

/** How cases are run by {@linkcode probe}. */
export interface ProbeOptions {
  /** In place of the one that ships. */
  scenario?: Scenario;
  /** Nominal values that differ from the cases' own. */
  params?: Params;
  /** Interrupts the runs. */
  signal?: AbortSignal;
  /** Told of the runs as they happen. */
  observer?: RunObserver;
}

/** Short enough for a test: origin delay 250 ms, threshold 100 ms, lock timeouts 500 ms. */
const QUICK: Params = { lockWaitTimeoutMs: 10_000, lockAgeTimeoutMs: 10_000 };

/** Runs the cases of these ids, side by side, against a target. */
export function probe(
  cases: readonly string[],
  access: Access,
  options: ProbeOptions = {},
): Promise<Run[]> {
  const { scenario = cacheLock, params = {}, observer } = options;
  const specs = scenario.cases.filter(({ id }) => cases.includes(id)).map((one) => ({
    scenario,
    case: one,
    target: urlTarget(access),
    repeat: 1,
    nominal: nominalParams(scenario, one, { ...QUICK, ...params }),
    speed: 20,
  }));
  const signal = options.signal ?? new AbortController().signal;
  return runAll(specs, { concurrency: 8, signal, ...(observer && { observer }) });
}
