// A hibernatable socket as the host keeps it: it outlives the JS objects that stand for it.

import type { WorkersWebSocket } from "../api.ts";
import { currentEvent, type EventContext } from "../context.ts";
import type { ShownMessage } from "../events.ts";
import type { PackedAttachment } from "./attachment.ts";
import type { End } from "./channel.ts";
import { ABNORMAL, VANISHED_REASON } from "./close_code.ts";
import type { EndListener, SocketData } from "./end.ts";
import type { HibernatableSockets } from "./hibernatable_sockets.ts";
import { type Keeper, WebSocketEnd } from "./web_socket.ts";

/** How much of a message is shown, in characters. */
const SHOWN_CHARACTERS = 200;

const encoder = new TextEncoder();

/** One of an object's hibernatable sockets. */
export class Connection implements EndListener, Keeper {
  /** Counts up from 1 within an object. */
  readonly id: number;
  /** What it was accepted with. */
  readonly tags: readonly string[];
  /** When the host last answered by itself, in milliseconds; undefined for never. */
  autoRespondedAtMs: number | undefined;
  readonly #sockets: HibernatableSockets;
  readonly #end: End;
  #socket: WebSocketEnd | undefined;
  #attachment: PackedAttachment | undefined;
  #attachedIn = 0;
  #acceptedIn: EventContext | undefined;
  #dropped = false;

  /** Takes a socket over; nothing is heard before {@linkcode Connection.listen}. */
  constructor(
    sockets: HibernatableSockets,
    id: number,
    socket: WebSocketEnd,
    tags: readonly string[],
  ) {
    this.#sockets = sockets;
    this.id = id;
    this.tags = tags;
    this.#end = WebSocketEnd.endOf(socket);
    this.#socket = socket;
    // Only the model of the bug asks for it, and it would keep an ended incarnation in memory.
    if (sockets.owner.variant === "bug") this.#acceptedIn = currentEvent();
    this.#end.use = "hibernation";
    this.#end.outlet = sockets.owner.output;
    WebSocketEnd.keep(socket, this);
  }

  /** Begins to hear the client. */
  listen(): void {
    this.#end.listen(this);
  }

  /** The JS object that stands for it: the same one until the object hibernates. */
  socket(): WorkersWebSocket {
    return this.#socket ??= new WebSocketEnd(this.#end, this);
  }

  /**
   * Forgets that JS object and the event that accepted it. A client's end that was given to nobody is
   * lost with the incarnation: as in workerd the next one hears that it vanished.
   */
  hibernate(): void {
    this.#socket = undefined;
    this.#acceptedIn = undefined;
    const { peer } = this.#end;
    if (peer.use === "fresh" && !peer.handedOut) peer.close(ABNORMAL, VANISHED_REASON, false);
  }

  /** Closes from the host's side; the object hears nothing of it. */
  drop(code: number, reason: string, wasClean: boolean): void {
    this.#dropped = true;
    this.#end.outlet = undefined;
    this.#end.close(code, reason, wasClean);
  }

  /** Its attachment at rest. */
  get attachment(): PackedAttachment | undefined {
    return this.#attachment;
  }
  set attachment(packed: PackedAttachment | undefined) {
    this.#attachment = packed;
    this.#attachedIn = this.#sockets.incarnation;
  }

  /** {@inheritDoc Keeper.attachmentRead} */
  attachmentRead(): void {
    if (this.#attachedIn === this.#sockets.incarnation) return;
    // Once an incarnation: what is counted is that it came back, not how often it is looked at.
    this.#attachedIn = this.#sockets.incarnation;
    this.#sockets.owner.count("attachmentsRestored");
  }

  /** {@inheritDoc Keeper.send} */
  send(data: SocketData): void {
    const { owner } = this.#sockets;
    owner.count("answered");
    if (owner.listening) owner.emit({ kind: "sent", message: shown(data) });
    // The model of the seed's bug, in whole: what is sent outside of the accepting event is lost.
    if (owner.variant === "bug" && !this.#isInAcceptingEvent()) return;
    this.#end.send(data);
  }

  /** {@inheritDoc Keeper.closeByObject} */
  closeByObject(code: number, reason: string): void {
    const { owner } = this.#sockets;
    // The answer to a client's close is not a second one.
    if (owner.listening && this.#end.readyState === 1) {
      owner.emit({ kind: "socket-closed", code, reason, by: "object" });
    }
    this.#end.close(code, reason);
  }

  /** {@inheritDoc EndListener.message} */
  message(data: SocketData): void {
    if (this.#dropped) return;
    const { owner, autoResponse } = this.#sockets;
    if (autoResponse !== null && data === autoResponse.request) {
      this.autoRespondedAtMs = owner.now();
      this.#end.send(autoResponse.response);
      owner.count("autoResponses");
      if (owner.listening) owner.emit({ kind: "auto-response" });
      return;
    }
    owner.count("received");
    if (owner.listening) owner.emit({ kind: "received", message: shown(data) });
    owner.message(this, data);
  }

  /** {@inheritDoc EndListener.close} */
  close(code: number, reason: string, wasClean: boolean): void {
    if (this.#dropped) return;
    const { owner } = this.#sockets;
    if (owner.listening && !this.#end.closeSent) {
      owner.emit({ kind: "socket-closed", code, reason, by: "client" });
    }
    this.#sockets.removeAfter(this, owner.closed(this, code, reason, wasClean));
  }

  /** {@inheritDoc EndListener.error} */
  error(error: Error): void {
    if (this.#dropped) return;
    const { owner } = this.#sockets;
    if (owner.listening && !this.#end.closeSent) {
      owner.emit({ kind: "socket-closed", code: 1006, reason: error.message, by: "client" });
    }
    this.#sockets.removeAfter(this, owner.errored(this, error));
  }

  #isInAcceptingEvent(): boolean {
    const accepting = this.#acceptedIn;
    return accepting !== undefined && !accepting.over && currentEvent() === accepting;
  }
}

/** A message as logs show it. */
function shown(data: SocketData): ShownMessage {
  if (typeof data === "string") {
    return { text: data.slice(0, SHOWN_CHARACTERS), sizeBytes: encoder.encode(data).length };
  }
  return { text: `ArrayBuffer(${data.byteLength})`, sizeBytes: data.byteLength };
}
