// `WebSocketPair` and `WebSocketRequestResponsePair`, as an object's code makes them.

import type { AutoResponsePair } from "../api.ts";
import { createChannel } from "./channel.ts";
import { WebSocketEnd } from "./web_socket.ts";

/** Both ends of a WebSocket: `0` goes out in a response, `1` is accepted. Open from the beginning. */
export class WebSocketPair {
  /** The client's. */
  readonly 0: WebSocketEnd;
  /** The server's. */
  readonly 1: WebSocketEnd;

  /** Makes two that belong together. */
  constructor() {
    const [client, server] = createChannel();
    this[0] = new WebSocketEnd(client);
    this[1] = new WebSocketEnd(server);
  }

  /** The client's, then the server's. */
  *[Symbol.iterator](): IterableIterator<WebSocketEnd> {
    yield this[0];
    yield this[1];
  }
}

/** A request that the host answers by itself, and its answer; both are turned into text. */
export class WebSocketRequestResponsePair implements AutoResponsePair {
  readonly #request: string;
  readonly #response: string;

  /**
   * Takes both.
   *
   * @throws {TypeError} when one is missing.
   */
  constructor(request: string, response: string) {
    if (arguments.length < 2) {
      throw new TypeError(
        "Failed to construct 'WebSocketRequestResponsePair': constructor parameter " +
          `${arguments.length + 1} is not of type 'string'.`,
      );
    }
    this.#request = String(request);
    this.#response = String(response);
  }

  /** What a client sends, to the letter. */
  get request(): string {
    return this.#request;
  }

  /** What it is answered. */
  get response(): string {
    return this.#response;
  }
}
