// A tap: bytes pass through it to a backend unchanged, and it tells how each request was sent.

import { connect, createServer, type Socket } from "node:net";
import {
  type LostConnection,
  type TappedRequest,
  TappedRequests,
  type TappedRequestsOptions,
} from "./tapped_requests.ts";

/** Where a tap listens, and what is behind it. */
export interface TapOptions extends TappedRequestsOptions {
  /** The backend's URL, which begins with `http:`; only its host and port count. */
  backend: string;
  /** The address to listen on. Default: `127.0.0.1`. */
  hostname?: string;
  /** The port to listen on; 0, the default, lets the system choose. */
  port?: number;
}

/** A tap that can be reached. */
export interface Tap extends AsyncDisposable {
  /** Where, without a final slash: `http://127.0.0.1:9001`. */
  readonly url: string;
  /** The port in use. */
  readonly port: number;
  /** The requests that it has seen, in the order in which their heads were complete. */
  readonly requests: readonly TappedRequest[];
  /** The connections that it could not follow, as when they speak another protocol. */
  readonly lost: readonly LostConnection[];
  /**
   * Resolves with the first request that matches, seen already or to come: asked when its head is
   * complete and when it has ended. Rejects when the tap is closed first.
   */
  wait(matches: (request: TappedRequest) => boolean): Promise<TappedRequest>;
  /** Forgets what was seen. */
  clear(): void;
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
}

/**
 * Starts a tap. Bytes, half-closes and resets pass in both directions; a side that does not read holds
 * the other one back. What a client sends is read beside it as HTTP/1.1: heads are kept, contents are
 * counted. What cannot be read so passes all the same.
 *
 * The Host field passes as it was sent: a client signs for the tap's port, and a backend that checks
 * signatures checks against the field.
 *
 * @throws {RangeError} for a backend that is not `http:`.
 * @throws {Deno.errors.NotCapable} when the network permission for either address is missing.
 * @throws {Error} of `node:net`, with its `code`, when the port cannot be listened on.
 *
 * @example
 * ```ts
 * import { listen } from "../listen.ts";
 * import { startTap } from "./tap.ts";
 *
 * await using backend = await listen({ fetch: () => new Response("ok") });
 * await using tap = await startTap({ backend: backend.url });
 * await (await fetch(`${tap.url}/a`, { method: "PUT", body: "hello" })).text();
 * console.log(tap.requests.map((request) => request.framingText)); // [ "content-length: 5" ]
 * ```
 */
export async function startTap(options: TapOptions): Promise<Tap> {
  return await startTapInto(new TappedRequests(options), options);
}

/** The same, with what keeps the requests: they are there before the tap is, and after it. */
export async function startTapInto(
  requests: TappedRequests,
  options: Omit<TapOptions, keyof TappedRequestsOptions>,
): Promise<Tap> {
  const { hostname = "127.0.0.1" } = options;
  const backend = addressOf(options.backend);
  const shownHost = hostname.includes(":") ? `[${hostname}]` : hostname;
  await requireNet(`${backend.shown}:${backend.port}`);
  await requireNet(`${shownHost}:${options.port ?? 0}`);
  const sockets = new Set<Socket>();
  const closings = new Set<Promise<void>>();
  const track = (socket: Socket) => {
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    sockets.add(socket);
    closings.add(closed);
    closed.then(() => (sockets.delete(socket), closings.delete(closed)));
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.on("connection", (outer) => {
    const { host, port } = backend;
    const inner = connect({ host, port, allowHalfOpen: true, noDelay: true });
    track(outer);
    track(inner);
    const seen = requests.open();
    outer.on("error", () => inner.resetAndDestroy());
    inner.on("error", () => outer.resetAndDestroy());
    outer.on("close", () => {
      seen.end();
      inner.destroy();
    });
    inner.on("close", () => outer.destroySoon());
    inner.on("connect", () => {
      if (outer.destroyed) return inner.destroy();
      outer.on("data", (bytes: Uint8Array) => seen.push(bytes));
      outer.pipe(inner);
      inner.pipe(outer);
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, hostname, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, ...closings]);
      requests.close();
    })();
    return closing;
  };
  return {
    url: `http://${shownHost}:${port}`,
    port,
    requests: requests.all,
    lost: requests.lost,
    wait: (matches) => requests.wait(matches),
    clear: () => requests.clear(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function addressOf(url: string): { host: string; shown: string; port: number } {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== "http:") {
    throw new RangeError(`Cannot tap a backend: received '${url}', expected a URL with http:`);
  }
  const { hostname: shown, port } = parsed;
  return { host: shown.replace(/^\[|\]$/g, ""), shown, port: port === "" ? 80 : Number(port) };
}

/** Deno 2.9 throws a missing permission in a later turn of node:net's, where nobody can catch it. */
async function requireNet(host: string): Promise<void> {
  const { state } = await Deno.permissions.query({ name: "net", host });
  if (state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Requires net access to "${host}", run again with the --allow-net flag`,
  );
}
