// A WebSocket in memory: two ends, each of which hears what the other sends, in order and never at once.

import { runOutside } from "../context.ts";
import type { EndListener, SocketData } from "./end.ts";

/** What became of an end: who has taken it, for what. */
export type EndUse =
  /** Nobody has. */
  | "fresh"
  /** A program, with `accept()`. */
  | "accepted"
  /** An object, with `acceptWebSocket()`. */
  | "hibernation"
  /** A response: a real connection stands behind it. */
  | "response";

/** The last thing that an end hears. */
class Ending {
  constructor(
    readonly code: number,
    readonly reason: string,
    readonly wasClean: boolean,
    /** What broke the connection, where it was not a close. */
    readonly error?: Error,
  ) {}
}

type Item = SocketData | Ending;

/** One end. Made in pairs by {@linkcode createChannel}. */
export class End {
  /** Who has taken it. */
  use: EndUse = "fresh";
  /** Whether it left its object in an answer: who got that may take it at any time. */
  handedOut = false;
  /** By which everything leaves this end, where it is held back at times. */
  outlet: ((leave: () => void) => void) | undefined;
  #peer: End = this;
  #listener: EndListener | undefined;
  #waiting: Item[] | undefined;
  #closeSent = false;
  #closeReceived = false;
  #gone = false;

  /** Makes two ends of each other. */
  static pair(): [End, End] {
    const one = new End();
    const other = new End();
    one.#peer = other;
    other.#peer = one;
    return [one, other];
  }

  /** The other end. */
  get peer(): End {
    return this.#peer;
  }

  /** Whether this end has closed: it sends nothing more. */
  get closeSent(): boolean {
    return this.#closeSent;
  }

  /** Whether the other end vanished or broke: what is sent goes nowhere. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Whether nothing comes any more in either direction. */
  get over(): boolean {
    return this.#gone || this.#closeSent && this.#closeReceived;
  }

  /** As `WebSocket.readyState`; 2 stays 2 when the other end closed and this one never does. */
  get readyState(): number {
    if (this.#closeSent && this.#closeReceived) return 3;
    return this.#closeSent || this.#closeReceived ? 2 : 1;
  }

  /** Sends to the other end. Nothing happens once this end has closed or the other is gone. */
  send(data: SocketData): void {
    if (!this.#closeSent && !this.#gone) this.#leave(data);
  }

  /**
   * Closes; only the first time counts.
   *
   * @param code 1005 for none.
   * @param wasClean False when the end vanishes without a close frame; the code is then 1006.
   */
  close(code: number, reason: string, wasClean = true): void {
    if (this.#closeSent || this.#gone) return;
    this.#closeSent = true;
    this.#leave(new Ending(code, reason, wasClean));
  }

  /** Breaks the connection: the other end hears the error, and nothing after it. */
  fail(error: Error): void {
    if (this.#closeSent || this.#gone) return;
    this.#closeSent = true;
    this.#leave(new Ending(1006, "", false, error));
  }

  /** Takes a listener: it hears what came before, then all that comes. */
  listen(listener: EndListener): void {
    this.#listener = listener;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) { for (const item of waiting) enqueue(this, item); }
  }

  /** Lets the listener hear one item. Called by the queue only. */
  static deliver(end: End, item: Item): void {
    const listener = end.#listener;
    if (listener === undefined || end.#closeReceived) return;
    if (!(item instanceof Ending)) return listener.message(item);
    end.#closeReceived = true;
    end.#gone = !item.wasClean;
    if (item.error === undefined) listener.close(item.code, item.reason, item.wasClean);
    else listener.error(item.error);
  }

  #leave(item: Item): void {
    if (this.outlet === undefined) this.#peer.#take(item);
    else this.outlet(() => this.#peer.#take(item));
  }

  #take(item: Item): void {
    if (this.#listener !== undefined) enqueue(this, item);
    else (this.#waiting ??= []).push(item);
  }
}

/** Two ends of a new WebSocket. What is sent to an end waits there until somebody listens. */
export function createChannel(): [End, End] {
  return End.pair();
}

// One queue for all ends: a burst over 5,000 sockets costs one microtask, and what a listener sends
// is delivered after it has returned. Items and their ends stand in two lists, so that none needs an object.
let ends: End[] = [];
let items: Item[] = [];
let scheduled = false;

function enqueue(end: End, item: Item): void {
  ends.push(end);
  items.push(item);
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(drain);
}

/** Who listens is not part of the event that sent, whose context a microtask carries along. */
function drain(): void {
  runOutside(deliverAll);
}

function deliverAll(): void {
  while (ends.length > 0) {
    const [toEnds, theItems] = [ends, items];
    ends = [];
    items = [];
    for (let index = 0; index < toEnds.length; index++) {
      const end = toEnds[index];
      const item = theItems[index];
      if (end === undefined || item === undefined) continue;
      try {
        End.deliver(end, item);
      } catch (error) {
        reportError(error);
      }
    }
  }
  scheduled = false;
}
