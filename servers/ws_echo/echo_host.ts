// The Durable Object host with the echo object as its Worker, set up as the server wants it.

import { type Clock, realClock } from "../../lab/clock.ts";
import type { Variant } from "../../lab/verdict.ts";
import type { HostEvent } from "../durable_objects/events.ts";
import {
  createDurableObjectHost,
  type DurableObjectHost,
  type WorkerModule,
} from "../durable_objects/host.ts";
import { limitedClasses, type WsEchoLimits } from "./limits.ts";
import * as echo from "./worker/echo.ts";

/** What an echo server is made of. Durations are of its clock, in milliseconds. */
export interface WsEchoOptions {
  /** The objects' time. Default: the wall clock. */
  clock?: Clock;
  /** Whether what an object sends after it accepted a socket is lost (`bug`). Default: `fix`. */
  variant?: Variant;
  /** How long an object is idle before it is evicted. Default: 30 000. */
  hibernateAfterMs?: number;
  /** How long a client may send no heartbeat before it is closed. Default: 60 000. */
  heartbeatTimeoutMs?: number;
  /** How often that is looked at. Default: 60 000. */
  cleanupIntervalMs?: number;
  /** The folder in which objects keep what they store. Default: in memory. */
  folder?: string;
  /** The path that it is mounted on, such as `/ws-hibernation`. Default: none. */
  basePath?: string;
  /** What strangers may do. Default: anything, as often as they like. */
  limits?: Readonly<WsEchoLimits>;
  /** Takes each line of the objects' log. Default: nobody. */
  onLog?: (line: string) => void;
}

/** The bindings of the Worker, and the classes that they stand for. */
export const ECHO_OBJECTS = { ECHO: "EchoObject", PLAIN_ECHO: "PlainEchoObject" } as const;

/** The module, whose own type of `env` says more than a host can know. */
const worker = echo as unknown as WorkerModule;

/** Makes the host. */
export async function createEchoHost(options: WsEchoOptions): Promise<DurableObjectHost> {
  const { clock = realClock, basePath = "", limits, onLog } = options;
  const { variant, hibernateAfterMs, folder } = options;
  const { heartbeatTimeoutMs = 60_000, cleanupIntervalMs = 60_000 } = options;
  return await createDurableObjectHost({
    worker: mounted({ ...worker, ...(limits && limitedClasses(clock, limits)) }, basePath),
    objects: ECHO_OBJECTS,
    vars: {
      HEARTBEAT_TIMEOUT_MS: String(heartbeatTimeoutMs),
      CLEANUP_INTERVAL_MS: String(cleanupIntervalMs),
    },
    clock,
    ...(variant && { variant }),
    ...(hibernateAfterMs !== undefined && { hibernateAfterMs }),
    ...(folder !== undefined && { folder }),
    ...(onLog && { onEvent: (event) => logged(event, onLog) }),
  });
}

function logged(event: HostEvent, onLog: (line: string) => void): void {
  const { kind, name, id } = event;
  if (kind === "log") onLog(`${name ?? id}: ${event.line}`);
  if (kind === "threw") onLog(`${name ?? id}: ${event.handler} threw: ${event.message}`);
}

/** The Worker as it is at a path: it sees what comes after that, as it does when it is deployed. */
function mounted(module: WorkerModule, basePath: string): WorkerModule {
  if (basePath === "") return module;
  return {
    ...module,
    default: {
      fetch(request, env, ctx) {
        const url = new URL(request.url);
        url.pathname = url.pathname.slice(basePath.length);
        const { method, headers } = request;
        const inner = new Request(url, { method, headers });
        return module.default?.fetch?.(inner, env, ctx) ?? new Response(null, { status: 500 });
      },
    },
  };
}
