// The sockets of one object that were taken with `acceptWebSocket()`: they outlive its incarnations.

import type { Variant } from "../../../lab/verdict.ts";
import type { AutoResponsePair, WorkersWebSocket } from "../api.ts";
import type { Counted } from "../context.ts";
import type { HostEventKind } from "../events.ts";
import { ABNORMAL } from "./close_code.ts";
import { Connection } from "./connection.ts";
import type { SocketData } from "./end.ts";
import { tagsFrom } from "./tags.ts";
import { isWorkersWebSocket, WebSocketEnd } from "./web_socket.ts";
import { WebSocketRequestResponsePair } from "./web_socket_pair.ts";

/** The longest request and the longest response of an auto-response, in bytes, as workerd 2026-11-17 enforces it. */
export const MAX_AUTO_RESPONSE_BYTES = 2048;

/** The most hibernatable sockets of one object, as the vendor documents it. */
export const MAX_SOCKETS = 32_768;

/** The object whose sockets they are, as they see it. */
export interface SocketOwner {
  /** `bug`: what it sends outside of the accepting event is lost. */
  readonly variant: Variant;
  /** Whether anybody listens to what is emitted; while nobody does, nothing is. */
  readonly listening: boolean;
  /** The object's time, in milliseconds since the Unix epoch. */
  now(): number;
  /** Sends something for the object, once what it wrote before is kept; called as a function. */
  readonly output: (send: () => void) => void;
  /** A message came. */
  message(connection: Connection, data: SocketData): void;
  /**
   * The client closed, or vanished (1006, not clean), or answered the object's close. The socket is
   * among the object's until what this returns has settled.
   */
  closed(
    connection: Connection,
    code: number,
    reason: string,
    wasClean: boolean,
  ): void | Promise<unknown>;
  /** The client broke the protocol; nothing follows. The socket stays until what this returns has settled. */
  errored(connection: Connection, error: Error): void | Promise<unknown>;
  /** Counts one more: `received`, `answered`, `autoResponses`, `attachmentsRestored`. */
  count(what: Counted): void;
  /** Tells what happened. */
  emit(event: HostEventKind): void;
}

const encoder = new TextEncoder();

/** An object's hibernatable sockets, with their tags and the auto-response. Error texts are workerd's. */
export class HibernatableSockets {
  /** The object. */
  readonly owner: SocketOwner;
  readonly #connections = new Set<Connection>();
  /** A tag's only connection stands there by itself: many applications have one tag a socket. */
  readonly #tagged = new Map<string, Connection | Set<Connection>>();
  #autoResponse: AutoResponsePair | null = null;
  #incarnation = 1;
  #lastId = 0;

  /** None, at first. */
  constructor(owner: SocketOwner) {
    this.owner = owner;
  }

  /** How many there are. */
  get size(): number {
    return this.#connections.size;
  }

  /** Counts the object's incarnations, for what was kept in an earlier one. */
  get incarnation(): number {
    return this.#incarnation;
  }

  /**
   * Takes a socket over.
   *
   * @throws {TypeError} when it is no socket, or the tags are no list.
   * @throws {Error} when it or its other end was taken before, or a limit is exceeded.
   */
  accept(ws: WorkersWebSocket, tags?: readonly unknown[]): Connection {
    if (!isWorkersWebSocket(ws)) {
      throw wrongParameter("acceptWebSocket", 1, "WebSocket");
    }
    if (tags !== undefined && !Array.isArray(tags)) {
      throw wrongParameter("acceptWebSocket", 2, "Array");
    }
    const end = WebSocketEnd.endOf(ws);
    if (end.use !== "fresh") {
      throw new Error(
        "Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`",
      );
    }
    if (end.peer.use === "hibernation" || end.peer.use === "response") {
      throw new Error(
        "Cannot call `acceptWebSocket()` on this WebSocket because its pair has already been " +
          "accepted or used in a Response.",
      );
    }
    if (this.size >= MAX_SOCKETS) {
      throw new Error(
        `only ${MAX_SOCKETS} websockets can be accepted on a single Durable Object instance`,
      );
    }
    const connection = new Connection(this, ++this.#lastId, ws, tagsFrom(tags));
    this.#add(connection);
    if (this.owner.listening) {
      this.owner.emit({ kind: "socket-accepted", hibernatable: true, tags: connection.tags });
    }
    connection.listen();
    return connection;
  }

  /** All, the newest first; or those with a tag, the oldest first: the order is workerd's. */
  list(tag?: string): WorkersWebSocket[] {
    if (tag === undefined) {
      return Array.from(this.#connections, (connection) => connection.socket()).reverse();
    }
    const found = this.#tagged.get(String(tag));
    if (found === undefined) return [];
    if (found instanceof Connection) return [found.socket()];
    return Array.from(found, (connection) => connection.socket());
  }

  /**
   * The tags that a socket was accepted with.
   *
   * @throws {Error} when it is none of these sockets, or no longer.
   */
  tagsOf(ws: WorkersWebSocket): string[] {
    if (!isWorkersWebSocket(ws)) throw wrongParameter("getTags", 1, "WebSocket");
    if (WebSocketEnd.endOf(ws).use === "accepted") {
      throw new Error("only hibernatable websockets can have tags.");
    }
    const connection = this.#connectionOf(ws);
    if (connection === undefined) {
      throw new Error(
        "you must call 'acceptWebSocket()' before attempting to access the tags of a WebSocket.",
      );
    }
    return [...connection.tags];
  }

  /** The request that is answered by the host, with its answer; null when none is. */
  get autoResponse(): AutoResponsePair | null {
    return this.#autoResponse;
  }

  /**
   * Sets it, for all sockets; without a pair, none is any more.
   *
   * @throws {TypeError} when it is no `WebSocketRequestResponsePair`.
   * @throws {RangeError} when one of its texts is over {@linkcode MAX_AUTO_RESPONSE_BYTES}.
   */
  setAutoResponse(pair?: AutoResponsePair): void {
    if (pair !== undefined) {
      if (!(pair instanceof WebSocketRequestResponsePair)) {
        throw wrongParameter("setWebSocketAutoResponse", 1, "WebSocketRequestResponsePair");
      }
      limitAutoResponse("Request", pair.request);
      limitAutoResponse("Response", pair.response);
    }
    this.#autoResponse = pair ?? null;
  }

  /** When the host last answered by itself on a socket, or null. */
  autoResponseTimestamp(ws: WorkersWebSocket): Date | null {
    if (!isWorkersWebSocket(ws)) {
      throw wrongParameter("getWebSocketAutoResponseTimestamp", 1, "WebSocket");
    }
    const atMs = this.#connectionOf(ws)?.autoRespondedAtMs;
    return atMs === undefined ? null : new Date(atMs);
  }

  /** The incarnation is over: the next one sees new JS objects with the same attachments. */
  hibernate(): void {
    this.#incarnation++;
    for (const connection of this.#connections) connection.hibernate();
  }

  /** Closes all from the host's side; with 1006 they are dropped. The object hears nothing of it. */
  closeAll(code: number, reason: string): void {
    const all = [...this.#connections];
    this.#connections.clear();
    this.#tagged.clear();
    for (const connection of all) {
      if (this.owner.listening) {
        this.owner.emit({ kind: "socket-closed", code, reason, by: "object" });
      }
      connection.drop(code, reason, code !== ABNORMAL);
    }
  }

  /** Removes a connection once its last handler is over. For connections. */
  removeAfter(connection: Connection, handled: void | Promise<unknown>): void {
    const remove = () => this.#remove(connection);
    if (handled instanceof Promise) handled.then(remove, remove);
    else remove();
  }

  #connectionOf(ws: WebSocketEnd): Connection | undefined {
    const keeper = WebSocketEnd.keeperOf(ws);
    return keeper instanceof Connection && this.#connections.has(keeper) ? keeper : undefined;
  }

  #add(connection: Connection): void {
    this.#connections.add(connection);
    for (const tag of connection.tags) {
      const found = this.#tagged.get(tag);
      if (found === undefined) this.#tagged.set(tag, connection);
      else if (found instanceof Connection) this.#tagged.set(tag, new Set([found, connection]));
      else found.add(connection);
    }
  }

  #remove(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    for (const tag of connection.tags) {
      const found = this.#tagged.get(tag);
      if (found instanceof Set) found.delete(connection);
      if (found === connection || found instanceof Set && found.size === 0) {
        this.#tagged.delete(tag);
      }
    }
  }
}

function limitAutoResponse(which: "Request" | "Response", text: string): void {
  const size = encoder.encode(text).length;
  if (size <= MAX_AUTO_RESPONSE_BYTES) return;
  throw new RangeError(
    `${which} cannot be larger than ${MAX_AUTO_RESPONSE_BYTES} bytes. ` +
      `A ${which.toLowerCase()} of size ${size} was provided.`,
  );
}

function wrongParameter(method: string, parameter: number, type: string): TypeError {
  return new TypeError(
    `Failed to execute '${method}' on 'DurableObjectState': ` +
      `parameter ${parameter} is not of type '${type}'.`,
  );
}
