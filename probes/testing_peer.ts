// For tests: a server of raw bytes, which sees how its client leaves and leaves as it is told.

import net from "node:net";

/** How the client's side of a connection ended, as the server saw it. */
export type Ending = "fin" | "reset";

/** The server's end of one connection. */
export interface PeerConnection {
  /** The socket, to write to, `end` (FIN), `destroy` or `resetAndDestroy` (RST). */
  socket: net.Socket;
  /** Everything that has come so far, as text. */
  readonly text: string;
  /** Resolves once what has come contains `text`. */
  received(text: string): Promise<void>;
  /** Resolves when the client's FIN, or its RST, has come. */
  ended: Promise<Ending>;
  /** Resolves when nothing is left of the connection, to the error that ended it, if any. */
  closed: Promise<Ending>;
}

/** A listening server of raw bytes. */
export interface Peer extends AsyncDisposable {
  /** Where it listens. */
  url: URL;
  /** The port it listens on. */
  port: number;
  /** The next connection that it has not given out yet. */
  next(): Promise<PeerConnection>;
}

/** What a {@linkcode Peer} can be told. */
export interface PeerOptions {
  /** Do not read from connections. Default `false`. */
  deaf?: boolean;
  /** Bytes to answer the first data of each connection with. */
  answer?: string;
}

/** Listens on an ephemeral port of 127.0.0.1. A connection stays half-open when the client ends. */
export async function startPeer({ deaf = false, answer }: PeerOptions = {}): Promise<Peer> {
  const ready: PeerConnection[] = [];
  const waiting: ((connection: PeerConnection) => void)[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: deaf }, (socket) => {
    sockets.add(socket);
    const ended = Promise.withResolvers<Ending>();
    const closed = Promise.withResolvers<Ending>();
    const looks = new Set<() => void>();
    let text = "";
    if (!deaf) {
      socket.on("data", (bytes: Uint8Array) => {
        if (text === "" && answer !== undefined) socket.write(answer);
        text += new TextDecoder().decode(bytes);
        for (const look of looks) look();
      });
    }
    socket.on("end", () => ended.resolve("fin"));
    socket.on("error", () => {
      ended.resolve("reset");
      closed.resolve("reset");
    });
    socket.on("close", () => {
      sockets.delete(socket);
      closed.resolve("fin");
    });
    const connection: PeerConnection = {
      socket,
      get text() {
        return text;
      },
      received: (wanted) =>
        new Promise((resolve) => {
          const look = () => text.includes(wanted) && resolve();
          looks.add(look);
          look();
        }),
      ended: ended.promise,
      closed: closed.promise,
    };
    const [first] = waiting.splice(0, 1);
    if (first) first(connection);
    else ready.push(connection);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    port,
    next() {
      const [first] = ready.splice(0, 1);
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
