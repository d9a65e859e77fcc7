// A client's end of a WebSocket in a test: what came is kept, and waiting never hangs.

import type { WorkersWebSocket } from "./api.ts";
import type { SocketData } from "./sockets/end.ts";

/** How a connection ended. */
export interface TestClose {
  /** The close code. */
  code: number;
  /** The reason. */
  reason: string;
}

/** A client of the object under test. */
export class TestSocket {
  /** All that came so far. */
  readonly received: SocketData[] = [];
  readonly #socket: WorkersWebSocket;
  readonly #settle: () => Promise<void>;
  #read = 0;
  #closed: TestClose | undefined;

  /**
   * Takes the client's end over.
   *
   * @param settle Resolves when all that was started has come to rest.
   */
  constructor(socket: WorkersWebSocket, settle: () => Promise<void>) {
    this.#socket = socket;
    this.#settle = settle;
    socket.addEventListener("message", (event) => {
      this.received.push((event as MessageEvent<SocketData>).data);
    });
    socket.addEventListener("close", (event) => {
      const { code, reason } = event as CloseEvent;
      this.#closed = { code, reason };
    });
    socket.accept();
  }

  /** How it ended, once it has. */
  get closed(): TestClose | undefined {
    return this.#closed;
  }

  /** Sends a message. */
  send(data: string | ArrayBuffer): void {
    this.#socket.send(data);
  }

  /**
   * The next message that was not taken yet.
   *
   * @throws {Error} when nothing came although all that was started has come to rest.
   */
  async next(): Promise<SocketData> {
    if (this.#read >= this.received.length) await this.#settle();
    const message = this.received[this.#read];
    if (message === undefined) {
      throw new Error(
        this.#closed === undefined
          ? "No message came, and nothing is under way that could send one"
          : `No message came: the socket was closed with ${this.#closed.code} '${this.#closed.reason}'`,
      );
    }
    this.#read++;
    return message;
  }

  /** Sends a message and takes the next one that comes after it; what came before is passed over. */
  async ask(data: string | ArrayBuffer): Promise<SocketData> {
    await this.#settle();
    this.#read = this.received.length;
    this.send(data);
    return await this.next();
  }

  /** Closes it, and lets the object hear of it. */
  async close(code = 1000, reason = ""): Promise<void> {
    this.#socket.close(code, reason);
    await this.#settle();
  }
}
