// A server with a tap in front of its port, and the tap's log at the port that follows its own.

import type { Server } from "../server.ts";
import { createTapLog } from "./log_server.ts";
import { StallableServer } from "./stallable.ts";
import { startTapInto } from "./tap.ts";
import { TappedRequests } from "./tapped_requests.ts";

/** What the log is called among a server's entrances. */
export const BACKEND_LOG_ENTRANCE = "backend-log";

/**
 * Puts a tap in front of a server: whoever listens with it listens with the tap, which passes on what
 * comes and keeps how it came. The log is the last entrance, with what {@linkcode createTapLog} answers;
 * by it the server can be stopped. Other entrances are neither tapped nor stopped.
 *
 * Contents are hashed, so that a log tells whether they came as they were sent.
 *
 * @param inner The server; closing what is returned closes it.
 *
 * @example
 * ```ts
 * import { listen } from "../listen.ts";
 * import { STATS_SCHEMA } from "../../lab/figures.ts";
 * import { tappedServer } from "./tapped_server.ts";
 *
 * const server = tappedServer({
 *   fetch: () => new Response("ok"),
 *   stats: () => ({ schema: STATS_SCHEMA, waiting: 0, locks: 0, upstreams: 0 }),
 *   close: () => Promise.resolve(),
 * });
 * await using listening = await listen(server);
 * await (await fetch(`${listening.url}/a`, { method: "PUT", body: "hello" })).text();
 * const log = await server.log.fetch(new Request("http://log.test/"));
 * console.log((await log.json()).requests[0].framing); // content-length
 * await server.close();
 * ```
 */
export function tappedServer(inner: Server): Server & { readonly log: Pick<Server, "fetch"> } {
  const requests = new TappedRequests({ digest: true });
  const stallable = new StallableServer(inner);
  const seen = { requests: requests.all, clear: () => requests.clear() };
  const log = createTapLog(seen, stallable);
  return {
    fetch: (...args) => stallable.fetch(...args),
    stats: () => inner.stats(),
    entrances: [
      ...inner.entrances ?? [],
      { name: BACKEND_LOG_ENTRANCE, fetch: (...args) => log.fetch(...args) },
    ],
    ...(inner.onEnter && { onEnter: inner.onEnter }),
    front: ({ hostname, port, innerPort }) =>
      startTapInto(requests, { backend: `http://127.0.0.1:${innerPort}`, hostname, port }),
    log,
    async close() {
      // Whoever waits is told that it is over, by a backend that is still there.
      stallable.stalled = false;
      await inner.close();
    },
  };
}
