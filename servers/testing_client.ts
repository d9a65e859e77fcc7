// For tests: one HTTP/1.1 request on a connection of its own, as bytes, with every way of leaving.

import { connect, type Socket } from "node:net";

/** How the server's side of a connection ended. */
export type Ending = "fin" | "reset";

/** A raw connection on which a request was sent. */
export interface TestingClient extends Disposable {
  /** The socket, to half-close (`end`), close (`destroy`) or reset (`resetAndDestroy`). */
  socket: Socket;
  /** Resolves to what the server sent once that contains `text`, or it ended. */
  received(text: string): Promise<string>;
  /** Resolves when the server ended its side. */
  ended: Promise<Ending>;
}

/** Connects to `port` of 127.0.0.1 and sends `head`, which lacks only its Host and final lines. */
export async function sendRaw(port: number, head: string): Promise<TestingClient> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  let all = "";
  const ended = new Promise<Ending>((resolve) => {
    socket.on("end", () => resolve("fin"));
    socket.on("error", () => resolve("reset"));
  });
  const listeners = new Set<() => void>();
  socket.on("data", (bytes: Uint8Array) => {
    all += new TextDecoder().decode(bytes);
    for (const listener of listeners) listener();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  socket.write(`${head}\r\nHost: test\r\n\r\n`);
  return {
    socket,
    ended,
    async received(text) {
      await new Promise<void>((resolve) => {
        const look = () => all.includes(text) && resolve();
        listeners.add(look);
        ended.then(() => resolve());
        look();
      });
      return all;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
