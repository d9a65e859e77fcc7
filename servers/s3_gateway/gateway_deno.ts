// The gateway as a server on Deno: alone, or in the model of an isolate that serves all its requests.

import { type Clock, realClock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import { type LogLevel, runOutside } from "../durable_objects/context.ts";
import type { CrossRequest } from "../isolate/cross_request.ts";
import { createIsolate, type Isolate } from "../isolate/isolate.ts";
import { holdBytes, nativeIo } from "../isolate/native_io.ts";
import type { Server } from "../server.ts";
import type { GatewayConfig } from "./config.ts";
import { createGateway, type GatewayFigures } from "./gateway.ts";
import { BufferMeter } from "./meter.ts";
import type { GatewayFailure, Platform } from "./outbound.ts";
import { NodeOutbound } from "./outbound_deno.ts";

/** What the model of an isolate is told. */
export interface GatewayIsolate {
  /** What happens where two requests meet. Default: what Workers do by default. */
  crossRequest?: CrossRequest;
  /** What its requests may hold at once, in bytes. Default: 128 MiB. */
  memoryLimitBytes?: number;
}

/** What a gateway on Deno is made of. */
export interface S3GatewayOptions {
  /** Backends, buckets, keys and switches. Is checked. */
  config: GatewayConfig;
  /** The gateway's time. Default: the wall clock. */
  clock?: Clock;
  /** The world's time, where the gateway's runs faster: for signatures, and the ends of keys. */
  wallClock?: Pick<Clock, "now">;
  /** Runs all requests in the model of one isolate. Default: without it, as any server on Deno. */
  isolate?: GatewayIsolate;
  /** Told of what went wrong in the gateway itself. Default: one line on stderr. */
  onError?: (error: unknown) => void;
  /** Told of requests that failed for what is behind the gateway. Default: nobody. */
  onFailure?: (failure: GatewayFailure) => void;
  /** Takes what the isolate logs. Default: nobody. */
  onLog?: (level: LogLevel, line: string) => void;
}

/** A gateway on Deno. */
export interface S3GatewayServer extends Server {
  /** The gateway's figures, and those of its isolate where it is in one. */
  stats(): GatewayFigures;
}

/**
 * Makes a gateway that reads and writes by `node:http`.
 *
 * @throws {ConfigError} with what is wrong in the config.
 */
export function createS3Gateway(options: S3GatewayOptions): S3GatewayServer {
  const { config, clock = realClock, wallClock = clock, onError = reportOnStderr } = options;
  const meter = new BufferMeter();
  const outbound = new NodeOutbound(clock, meter);
  let isolate: Isolate | undefined;
  const gateway = createGateway(config, {
    send: (request) => nativeIo(() => outbound.send(request), [bodyOf(request.body)]),
    fetch: (url, init) => fetch(url, init),
    clock: options.isolate === undefined ? clock : clockInside(clock),
    // In an isolate `Date` and `performance` tell its time.
    wallClock: { now: () => runOutside(() => wallClock.now()) },
    meter: { hold: (bytes) => holdBytes(bytes, meter.hold(bytes)) },
    keepsDotSegments: true,
    readFile: (path) => Deno.readTextFile(path),
    figures: (own) => ({
      bufferedBytes: meter.bytes,
      peakBufferedBytes: meter.peakBytes,
      ...(isolate !== undefined && isolateFigures(isolate, own)),
    }),
    onError,
    ...(options.onFailure && { onFailure: options.onFailure }),
  });
  if (options.isolate !== undefined) {
    const { onLog } = options;
    isolate = createIsolate({
      ...options.isolate,
      handler: (request, _env, ctx) => gateway.fetch(request, ctx),
      clock,
      log: (level, args) => onLog?.(level, args.map(messageOf).join(" ")),
    });
  }
  // The one place where an isolate comes between the listener and the gateway.
  const handler: { fetch(request: Request): Promise<Response> } = isolate ?? gateway;
  return {
    fetch: (request) => handler.fetch(request),
    stats: () => gateway.figures(),
    async close() {
      await isolate?.close();
      outbound.close();
    },
  };
}

/** The time as code in an isolate has it: its timers are the global ones, which are the request's. */
function clockInside(clock: Clock): Platform["clock"] {
  return {
    now: () => runOutside(() => clock.now()),
    setTimeout(callback, ms) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  };
}

function isolateFigures(
  isolate: Isolate,
  own: Readonly<Record<"waiting" | "open", number>>,
): Record<string, unknown> {
  const { foreignTouches, cancelled, parked, requests, peakBufferedBytes, waiting } = isolate
    .stats();
  return {
    // The code of a request that was cancelled does not go on, and cannot say that it is over.
    waiting: Math.min(own.waiting, waiting),
    open: Math.min(own.open, waiting),
    requests,
    foreignTouches,
    cancelled,
    wokenByOthers: parked,
    isolatePeakBytes: peakBufferedBytes,
  };
}

function bodyOf(body: unknown): ReadableStream | null {
  return body instanceof ReadableStream ? body : null;
}

function reportOnStderr(error: unknown): void {
  console.error(`The gateway failed: ${messageOf(error)}`);
}
