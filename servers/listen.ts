// The one way in which a server gets a port: HTTP/1.1 and cleartext HTTP/2 on the same one.

import { messageOf } from "../lab/errors.ts";
import { findPortOwner } from "../lab/port_owner.ts";
import { type Relay, startRelay } from "./relay.ts";
import type { ConnectionInfo, Front, Server } from "./server.ts";

/** Where and how to listen. */
export interface ListenOptions {
  /** The address to bind. Default: `127.0.0.1`, so that nothing outside the machine gets in. */
  hostname?: string;
  /** The port to bind; 0, the default, lets the system choose one. */
  port?: number;
  /** Gives handlers `info.abortConnection`, at the price of one relay on loopback. Default: false. */
  connectionControl?: boolean;
  /** Closes the listener when it aborts. */
  signal?: AbortSignal;
  /** Told what a handler threw while its client was still there. Default: one line on stderr. */
  onError?: (error: unknown) => void;
}

/** A server that can be reached. */
export interface Listening extends AsyncDisposable {
  /** Where, without a final slash: `http://127.0.0.1:8000`. */
  url: string;
  /** The port in use. */
  port: number;
  /** Resolves when nothing is left of the listener. */
  finished: Promise<void>;
  /** Stops listening and ends every connection, those of handlers that still wait included. */
  close(): Promise<void>;
}

/** An address could not be listened on. The message names it and the cause, in one line. */
export class ListenError extends Error {
  /** `ListenError`. */
  override name = "ListenError";
}

/**
 * Listens with a server's `fetch`, behind its front where it has one. A handler that throws is
 * answered for with a 500 that says nothing of the cause. The listener does not own the server: who
 * made it closes it.
 *
 * @throws {ListenError} when the port is in use, the address is not of this machine, or a permission
 * is missing. A port in use is reported with its owner where that can be known.
 * @throws {TypeError} for connection control of a server that has a front: that ends no connections.
 *
 * @example
 * ```ts
 * import { listen } from "./listen.ts";
 *
 * await using listening = await listen({ fetch: () => new Response("hello") });
 * console.log(await (await fetch(listening.url)).text()); // hello
 * ```
 */
export async function listen(
  server: Pick<Server, "fetch" | "front">,
  options: ListenOptions = {},
): Promise<Listening> {
  const { hostname = "127.0.0.1", port = 0, connectionControl = false, signal } = options;
  signal?.throwIfAborted();
  if (connectionControl && server.front) {
    throw new TypeError("Cannot give connection control: received a server with a front");
  }
  const onError = options.onError ?? reportOnStderr;
  const stop = new AbortController();
  const isBehind = connectionControl || server.front !== undefined;
  let relay: Relay | undefined;
  let front: Front | undefined;

  const handler = (request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) => {
    const connection = connectionControl ? relay?.connectionInfo(info.remoteAddr.port) : info;
    return answer(server, request, connection, onError);
  };
  const open = async () => {
    const inner = Deno.serve({
      hostname: isBehind ? "127.0.0.1" : hostname,
      port: isBehind ? 0 : port,
      signal: stop.signal,
      onListen: () => {},
      // Only a body that errors gets here, and its connection is closed already.
      onError: () => new Response(null, { status: 500 }),
    }, handler);
    const places = { hostname, port, innerPort: inner.addr.port };
    try {
      if (connectionControl) front = relay = await startRelay(places);
      else front = await server.front?.(places);
    } catch (error) {
      stop.abort();
      throw error;
    }
    return inner;
  };
  const inner = await open().catch(async (error) => {
    throw new ListenError(
      `Cannot listen on ${authority(hostname, port)}: ${await causeOf(error, port)}`,
      { cause: error },
    );
  });

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      signal?.removeEventListener("abort", close);
      // shutdown() would wait for handlers, and the ones this lab is about do not come back.
      stop.abort();
      await Promise.all([inner.finished, front?.close()]);
    })();
    return closing;
  };
  signal?.addEventListener("abort", close, { once: true });
  const boundPort = front?.port ?? inner.addr.port;
  return {
    url: `http://${authority(reachable(hostname), boundPort)}`,
    port: boundPort,
    finished: inner.finished.then(close),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function answer(
  server: Pick<Server, "fetch">,
  request: Request,
  info: ConnectionInfo | undefined,
  onError: (error: unknown) => void,
): Response | Promise<Response> {
  const fail = (error: unknown) => {
    if (!request.signal.aborted) onError(error);
    return new Response("internal server error\n", { status: 500 });
  };
  try {
    const response = server.fetch(request, info);
    return response instanceof Promise ? response.catch(fail) : response;
  } catch (error) {
    return fail(error);
  }
}

function reportOnStderr(error: unknown): void {
  console.error(`A handler failed: ${messageOf(error)}`);
}

async function causeOf(error: unknown, port: number): Promise<string> {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    const owner = await findPortOwner(port);
    return `the port is in use${owner === undefined ? "" : ` by ${owner.name} (pid ${owner.pid})`}`;
  }
  if (code === "EADDRNOTAVAIL") return "the address is not one of this machine";
  if (code === "EACCES") return "the system does not allow it (ports below 1024 need privileges)";
  return messageOf(error);
}

function authority(hostname: string, port: number): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** An address that a client of this machine can use: "any address" is not one. */
function reachable(hostname: string): string {
  return { "0.0.0.0": "127.0.0.1", "::": "::1" }[hostname] ?? hostname;
}
