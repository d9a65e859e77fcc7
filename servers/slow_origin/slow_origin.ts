// The slow origin: a server that takes its time, and fails in the way that a request asks for.

import { Hono } from "hono";
import type { Clock } from "../../lab/clock.ts";
import { type Figures, STATS_SCHEMA } from "../../lab/figures.ts";
import { readControls, type SlowOriginLimits } from "./controls.ts";
import { discardBody } from "./discard_body.ts";
import { Exchange } from "./exchange.ts";
import { RequestLog } from "./log.ts";
import { addLogRoutes } from "./log_routes.ts";
import { Refusal } from "./refusal.ts";
import { represent } from "./represent.ts";
import { type ConnectionInfo, type Server, STATS_PATH } from "../server.ts";

/** How a slow origin behaves where a request does not say. */
export interface SlowOriginOptions {
  /** The wait before each response head, in milliseconds. Default: 5,000, as in the seed. */
  delayMs?: number;
  /** Gives the times and the waits. */
  clock: Clock;
  /** What a request can cost at most. Default: no limits. */
  limits?: SlowOriginLimits;
  /** Whether `/_edge-repro/log` tells everyone who asks what was requested. Default: true. */
  log?: boolean;
}

const METHODS = ["GET", "HEAD", "POST", "PUT"];

/**
 * Creates an origin whose every answer can be slowed, shaped and broken by the request for it, by a
 * query parameter or by a header of the same name with `x-set-` before it (the header wins):
 *
 * | control | meaning |
 * |---|---|
 * | `sleep` | seconds before the response head, instead of the origin's delay |
 * | `status` | 200 to 599 |
 * | `size` | body size in bytes |
 * | `cache-control` | default `max-age=60`; empty for none |
 * | `vary`, `etag`, `last-modified` | sent as such; a conditional request that matches gets 304 |
 * | `fault` | `none`, `close` or `reset` (the connection, before the head), `close-mid-body`, `stall-mid-body` or `hang` (until the client leaves) |
 * | `framing` | `length` or `chunked` |
 * | `pace`, `chunks` | seconds between chunks, and their number |
 *
 * `sleep`, `status`, `fault` and `cache-control` take several values separated by `|`, one for each
 * request of the path in turn; the last one repeats. A body repeats one line that names the path,
 * which request for it this was, and the values of the headers that `vary` names (but none that carries
 * a secret); `x-origin-request` has that number too.
 *
 * `/_edge-repro/log` and `/_edge-repro/stats` tell what was requested; every other path is content.
 * `close` and `reset` need a listener with connection control, else they are answered 501.
 *
 * @throws {RangeError} when the delay is negative, not finite, or above the limit.
 *
 * @example
 * ```ts
 * import { realClock } from "../../lab/clock.ts";
 * import { createSlowOrigin } from "./slow_origin.ts";
 *
 * const origin = createSlowOrigin({ delayMs: 5, clock: realClock });
 * const response = await origin.fetch(new Request("http://origin.test/x?status=500"));
 * console.log(response.status, await response.text()); // 500 slow-origin /x request 1
 * await origin.close();
 * ```
 */
export function createSlowOrigin(options: SlowOriginOptions): Server {
  const { delayMs = 5_000, clock, limits = {} } = options;
  const { maxDelayMs = Infinity, maxBodyBytes = Infinity, maxOpen = Infinity } = limits;
  if (!(delayMs >= 0 && Number.isFinite(delayMs) && delayMs <= maxDelayMs)) {
    const most = maxDelayMs === Infinity ? "" : ` and at most ${maxDelayMs}`;
    throw new RangeError(
      `Cannot create a slow origin: received delayMs ${delayMs}, expected 0 or more${most}`,
    );
  }
  const log = new RequestLog(clock);
  const open = new Set<Exchange>();
  const closing = new AbortController();
  let waiting = 0;

  const stats = (): Figures => ({
    schema: STATS_SCHEMA,
    waiting,
    locks: 0,
    upstreams: 0,
    open: [...open].filter((exchange) => !exchange.answering).length,
    unfinished: open.size,
    ...log.totals,
  });

  const content = async (request: Request, info?: ConnectionInfo): Promise<Response> => {
    const url = new URL(request.url);
    const deadline = clock.now() + maxDelayMs;
    const arrival = log.arrive(url.pathname, url.pathname + url.search, request);
    const exchange = new Exchange(request.signal, arrival, open);

    const wait = async (ms: number) => {
      waiting++;
      try {
        await exchange.hold(clock, ms);
      } finally {
        waiting--;
      }
    };
    const answer = async () => {
      if (closing.signal.aborted) throw new Refusal(503, "the origin is closed");
      if (!METHODS.includes(request.method)) {
        const allow = METHODS.join(", ");
        throw new Refusal(405, `Cannot ${request.method}: expected one of ${allow}`, { allow });
      }
      if (open.size > maxOpen) {
        const reason = `Cannot answer now: ${maxOpen} requests are open (the limit here)`;
        throw new Refusal(503, reason, { "retry-after": "1" });
      }
      const controls = readControls(url, request.headers, exchange.n, { delayMs }, limits);
      const { fault } = controls;
      const abortConnection = info?.abortConnection;
      if ((fault === "close" || fault === "reset") && abortConnection === undefined) {
        throw new Refusal(501, `Cannot use fault=${fault}: connections cannot be controlled here`);
      }
      await discardBody(request, exchange, maxBodyBytes);
      if (fault === "hang") {
        await wait(maxDelayMs);
        exchange.head();
        exchange.end("fault");
        return new Refusal(504, `the hang ended at ${maxDelayMs / 1_000} s (the limit here)`)
          .toResponse();
      }
      await wait(controls.sleepMs);
      if (fault === "close" || fault === "reset") {
        exchange.end("fault");
        abortConnection?.(fault === "close" ? "fin" : "reset");
        return new Response(null, { status: 500 });
      }
      return represent(request, url.pathname, controls, exchange, { clock, deadline });
    };

    try {
      return dress(await answer());
    } catch (error) {
      // Nobody is there to read it: 499 is nginx's name for a client that has gone.
      if (exchange.signal.aborted) return new Response(null, { status: 499 });
      const refused = error instanceof Refusal;
      exchange.head();
      exchange.end(refused ? "answered" : "fault");
      if (!refused) throw error;
      return dress(error.toResponse());
    }

    function dress(response: Response): Response {
      response.headers.set("x-origin-request", String(exchange.n));
      response.headers.set("date", new Date(clock.now()).toUTCString());
      return response;
    }
  };

  const app = new Hono<{ Bindings: { info: ConnectionInfo | undefined } }>();
  app.get(STATS_PATH, () => Response.json(stats(), { headers: { "cache-control": "no-store" } }));
  if (options.log ?? true) addLogRoutes(app, log, closing.signal);
  app.all("/_edge-repro/*", () => new Refusal(404, "Cannot find this here").toResponse());
  app.all("*", (context) => content(context.req.raw, context.env.info));
  // Who called fetch hears of a failure: the listener answers for it.
  app.onError((error) => {
    throw error;
  });

  return {
    fetch: (request, info) => app.fetch(request, { info }),
    stats,
    close() {
      closing.abort();
      for (const exchange of [...open]) exchange.end("fault");
      return Promise.resolve();
    },
  };
}
