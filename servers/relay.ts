// A byte relay in front of a listener, so that a request's handler can close or reset its connection.

import { connect, createServer, type Socket } from "node:net";
import type { ConnectionInfo, Front, FrontOptions } from "./server.ts";

/** The public side of a relay. */
export interface Relay extends Front {
  /** What is known of the connection that reached the inner listener from its port `innerPort`. */
  connectionInfo(innerPort: number): ConnectionInfo | undefined;
}

/**
 * Starts a relay. It hands on bytes, half-closes and resets in both directions, so that the inner
 * listener sees its client leave as it would without the relay. `node:net` because a `Deno.TcpConn`
 * (Deno 2.9) cannot send RST, and `Deno.serve` cannot end a connection before the response head.
 *
 * Between them the two connections hold twice what one would (on loopback up to 4 MiB each) of an
 * answer that its client does not read.
 *
 * @throws {Deno.errors.NotCapable} when the network permission for either address is missing.
 * @throws {Error} of `node:net`, with its `code`, when the port cannot be listened on.
 */
export async function startRelay(options: FrontOptions): Promise<Relay> {
  // Deno 2.9 throws a missing permission in a later turn of node:net's, where nobody can catch it.
  await requireNet(`${bracketed(options.hostname)}:${options.port}`);
  await requireNet(`127.0.0.1:${options.innerPort}`);

  const connections = new Map<number, ConnectionInfo>();
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
    const inner = connect({ host: "127.0.0.1", port: options.innerPort, noDelay: true });
    track(outer);
    track(inner);
    outer.on("error", () => inner.resetAndDestroy());
    inner.on("error", () => outer.resetAndDestroy());
    outer.on("close", () => inner.destroy());
    inner.on("connect", () => {
      const innerPort = inner.localPort;
      if (outer.destroyed || innerPort === undefined) return inner.destroy();
      connections.set(innerPort, {
        remoteAddr: { hostname: outer.remoteAddress ?? "", port: outer.remotePort ?? 0 },
        abortConnection(how) {
          inner.unpipe(outer);
          if (how === "reset") outer.resetAndDestroy();
          else outer.destroySoon();
        },
      });
      inner.on("close", () => connections.delete(innerPort));
      outer.pipe(inner);
      inner.pipe(outer, { end: false });
      // The inner listener never half-closes: its FIN says that it is done with the connection.
      inner.on("end", () => outer.destroySoon());
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.hostname, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  let closing: Promise<void> | undefined;
  return {
    port,
    connectionInfo: (innerPort) => connections.get(innerPort),
    close() {
      closing ??= (async () => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        for (const socket of sockets) socket.destroy();
        await Promise.all([closed, ...closings]);
      })();
      return closing;
    },
  };
}

/** An address as it stands before a port: IPv6 ones in brackets. */
function bracketed(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

async function requireNet(host: string): Promise<void> {
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Requires net access to "${host}", run again with the --allow-net flag`,
  );
}
