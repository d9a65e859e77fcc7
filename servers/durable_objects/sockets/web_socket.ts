// The WebSocket that an object's code holds: the Workers runtime's class, over one end of a channel.

import type { WorkersWebSocket } from "../api.ts";
import { packAttachment, type PackedAttachment, unpackAttachment } from "./attachment.ts";
import type { End } from "./channel.ts";
import { closeArguments } from "./close_code.ts";
import type { SocketData } from "./end.ts";
import { EventListeners } from "./event_listeners.ts";
import { messageOf } from "./message_of.ts";
import { PlainSocket } from "./plain_socket.ts";

/** What keeps a hibernatable socket while its JS object comes and goes. */
export interface Keeper {
  /** Its attachment at rest. */
  attachment: PackedAttachment | undefined;
  /** Sends what the object sends. */
  send(data: SocketData): void;
  /** Closes as the object closes. */
  closeByObject(code: number, reason: string): void;
  /** The attachment was read. */
  attachmentRead(): void;
}

const NOT_ACCEPTED =
  "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.";

/**
 * A WebSocket as the Workers runtime has it. Its states and error texts are those of workerd
 * 2026-11-17. It becomes an event target only when somebody listens.
 */
export class WebSocketEnd implements WorkersWebSocket {
  /** The states, under both of their names. */
  static readonly READY_STATE_CONNECTING = 0;
  static readonly CONNECTING = 0;
  static readonly READY_STATE_OPEN = 1;
  static readonly OPEN = 1;
  static readonly READY_STATE_CLOSING = 2;
  static readonly CLOSING = 2;
  static readonly READY_STATE_CLOSED = 3;
  static readonly CLOSED = 3;

  readonly #end: End;
  #keeper: Keeper | undefined;
  #plain: PlainSocket | undefined;
  #attachment: PackedAttachment | undefined;
  #listeners: EventListeners | undefined;
  #handlers: Map<string, EventListener> | undefined;
  #binaryType: "arraybuffer" | "blob" = "blob";

  /**
   * Makes one over an end.
   *
   * @param keeper What keeps it, for one that an object has taken with `acceptWebSocket()`.
   */
  constructor(end: End, keeper?: Keeper) {
    this.#end = end;
    this.#keeper = keeper;
  }

  /** The end of a socket. */
  static endOf(socket: WebSocketEnd): End {
    return socket.#end;
  }

  /** What keeps a socket, where an object has taken it with `acceptWebSocket()`. */
  static keeperOf(socket: WebSocketEnd): Keeper | undefined {
    return socket.#keeper;
  }

  /** Gives a socket to what keeps it from now on, with its attachment. */
  static keep(socket: WebSocketEnd, keeper: Keeper): void {
    keeper.attachment = socket.#attachment;
    socket.#attachment = undefined;
    socket.#keeper = keeper;
  }

  /** {@inheritDoc WorkersWebSocket.readyState} */
  get readyState(): number {
    return this.#end.readyState;
  }

  /** {@inheritDoc WorkersWebSocket.url} */
  get url(): string | null {
    return null;
  }

  /** {@inheritDoc WorkersWebSocket.protocol} */
  get protocol(): string {
    return "";
  }

  /** {@inheritDoc WorkersWebSocket.extensions} */
  get extensions(): string {
    return "";
  }

  /** Always 0, as in workerd. */
  get bufferedAmount(): number {
    return 0;
  }

  /** {@inheritDoc WorkersWebSocket.binaryType} */
  get binaryType(): "arraybuffer" | "blob" {
    return this.#binaryType;
  }

  set binaryType(value: "arraybuffer" | "blob") {
    if (value === "arraybuffer" || value === "blob") this.#binaryType = value;
  }

  /**
   * Takes it over: from now on its messages are events. A second time nothing happens.
   *
   * @param options With `allowHalfOpen` the client's close is not answered with the same by itself.
   * @throws {TypeError} when it is in other hands.
   */
  accept(options?: { allowHalfOpen?: boolean }): void {
    if (this.#end.use === "hibernation") {
      throw new TypeError("Can't accept() WebSocket after enabling hibernation.");
    }
    if (this.#end.use === "response") {
      throw new TypeError("Can't accept() WebSocket that was already used in a response.");
    }
    if (this.#plain !== undefined) return;
    this.#end.use = "accepted";
    this.#plain = new PlainSocket(this.#end, this, options?.allowHalfOpen ?? false);
  }

  /**
   * Sends a message. What is neither bytes nor text is sent as its text.
   *
   * @throws {TypeError} when it is not accepted or was closed by this side.
   */
  send(message: SocketData | ArrayBufferView): void {
    // The runtime's text: a program may call it without an argument, whatever the types say.
    if (arguments.length === 0) {
      throw new TypeError(
        "Failed to execute 'send' on 'WebSocket': parameter 1 is not of type " +
          "'ArrayBuffer or ArrayBufferView or string'.",
      );
    }
    const data = messageOf(message);
    this.#mustBeAccepted();
    if (this.#end.closeSent) throw new TypeError("Can't call WebSocket send() after close().");
    if (this.#keeper !== undefined) this.#keeper.send(data);
    else this.#plain?.send(data);
  }

  /**
   * Closes it; once it is closed nothing happens.
   *
   * @throws {TypeError} when it is not accepted.
   * @throws {DOMException} for a code or reason that may not be sent.
   */
  close(code?: number, reason?: string): void {
    this.#mustBeAccepted();
    if (this.#end.closeSent || this.#end.gone) return;
    const close = closeArguments(code, reason);
    if (this.#keeper !== undefined) this.#keeper.closeByObject(close.code, close.reason);
    else this.#plain?.closeByProgram(close.code, close.reason);
  }

  /**
   * Keeps a clone of a value with the connection.
   *
   * @throws {DOMException} `DataCloneError` when it cannot be cloned.
   * @throws {Error} when it is over 16 384 bytes.
   */
  serializeAttachment(value: unknown): void {
    if (arguments.length === 0) {
      throw new TypeError(
        "Failed to execute 'serializeAttachment' on 'WebSocket': parameter 1 is not of type 'Value'.",
      );
    }
    const packed = packAttachment(value);
    if (this.#keeper !== undefined) this.#keeper.attachment = packed;
    else this.#attachment = packed;
  }

  /** A new copy of that value, or null. */
  deserializeAttachment(): unknown {
    const packed = this.#keeper === undefined ? this.#attachment : this.#keeper.attachment;
    if (packed === undefined) return null;
    this.#keeper?.attachmentRead();
    return unpackAttachment(packed);
  }

  /** {@inheritDoc EventTarget.addEventListener} */
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    (this.#listeners ??= new EventListeners()).add(type, listener, options);
  }

  /** {@inheritDoc EventTarget.removeEventListener} */
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null): void {
    this.#listeners?.remove(type, listener);
  }

  /** Calls those who listen. Throws what the first of them threw. */
  dispatchEvent(event: Event): boolean {
    this.#listeners?.dispatch(this, event);
    return !event.defaultPrevented;
  }

  /** Called with the `message` event. */
  get onmessage(): EventListener | null {
    return this.#handlers?.get("message") ?? null;
  }
  set onmessage(handler: EventListener | null) {
    this.#handle("message", handler);
  }

  /** Called with the `close` event. */
  get onclose(): EventListener | null {
    return this.#handlers?.get("close") ?? null;
  }
  set onclose(handler: EventListener | null) {
    this.#handle("close", handler);
  }

  /** Called with the `error` event. */
  get onerror(): EventListener | null {
    return this.#handlers?.get("error") ?? null;
  }
  set onerror(handler: EventListener | null) {
    this.#handle("error", handler);
  }

  /** Never called: a socket of a pair is open from the beginning. */
  get onopen(): EventListener | null {
    return this.#handlers?.get("open") ?? null;
  }
  set onopen(handler: EventListener | null) {
    this.#handle("open", handler);
  }

  #handle(type: string, handler: EventListener | null): void {
    const handlers = this.#handlers ??= new Map();
    const before = handlers.get(type);
    if (before !== undefined) this.removeEventListener(type, before);
    if (typeof handler !== "function") return void handlers.delete(type);
    handlers.set(type, handler);
    this.addEventListener(type, handler);
  }

  #mustBeAccepted(): void {
    const { use } = this.#end;
    if (use !== "accepted" && use !== "hibernation") throw new TypeError(NOT_ACCEPTED);
  }
}

// The same constants on every socket.
for (const [state, value] of [["CONNECTING", 0], ["OPEN", 1], ["CLOSING", 2], ["CLOSED", 3]]) {
  for (const name of [`READY_STATE_${state}`, `${state}`]) {
    Object.defineProperty(WebSocketEnd.prototype, name, { value, enumerable: true });
  }
}

// What a program sees of the class is the runtime's name for it.
Object.defineProperty(WebSocketEnd, "name", { value: "WebSocket", configurable: true });
Object.defineProperty(WebSocketEnd.prototype, Symbol.toStringTag, {
  value: "WebSocket",
  configurable: true,
});

/** Whether something is a WebSocket of this host. */
export function isWorkersWebSocket(value: unknown): value is WebSocketEnd {
  return value instanceof WebSocketEnd;
}
