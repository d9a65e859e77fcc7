// `WebSocket` in an object: the runtime's, attributed while it is open, its events those of the object.

import type { Activity } from "../activity.ts";
import { currentEvent, type EventContext, runAs } from "../context.ts";
import { CallPlace } from "../place.ts";
import { isWorkersWebSocket } from "../sockets/web_socket.ts";
import { type AnyConstructor, type Patches, standIn } from "./patches.ts";

const READY_STATES = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const;
const EVENTS = ["open", "message", "error", "close"] as const;

type Listener = EventListenerOrEventListenerObject | null;

/** Where it goes, without what may be secret. */
function shownUrl(socket: WebSocket): string {
  const { protocol, host, pathname } = new URL(socket.url);
  return `${protocol}//${host}${pathname}`;
}

/** Makes a socket's listeners run as events of the object that opened it. */
function deliverAs(event: EventContext, socket: WebSocket): void {
  const { addEventListener, removeEventListener } = socket;
  const wrappers = new WeakMap<object, EventListener>();
  const wrapperOf = (listener: Listener): EventListener | null => {
    if (listener === null || listener === undefined) return null;
    let wrapper = wrappers.get(listener);
    if (wrapper === undefined) {
      const call = (what: Event) =>
        typeof listener === "function"
          ? Reflect.apply(listener, socket, [what])
          : listener.handleEvent(what);
      wrapper = (what) => runAs(event, () => event.object.enter(() => call(what)));
      wrappers.set(listener, wrapper);
    }
    return wrapper;
  };
  const own = (name: string, descriptor: PropertyDescriptor) =>
    Object.defineProperty(socket, name, { ...descriptor, configurable: true });
  own("addEventListener", {
    value: (type: string, listener: Listener, options?: AddEventListenerOptions | boolean) =>
      Reflect.apply(addEventListener, socket, [type, wrapperOf(listener), options]),
  });
  own("removeEventListener", {
    value: (type: string, listener: Listener, options?: EventListenerOptions | boolean) =>
      Reflect.apply(removeEventListener, socket, [type, wrapperOf(listener), options]),
  });
  for (const type of EVENTS) {
    // Its own function each time, since the same one may be a listener too.
    let handler: unknown = null;
    let listener: EventListener | undefined;
    own(`on${type}`, {
      get: () => handler,
      set(value: unknown) {
        handler = typeof value === "function" ? value : null;
        if (listener !== undefined || handler === null) return;
        listener = (what) => {
          if (typeof handler === "function") Reflect.apply(handler, socket, [what]);
        };
        socket.addEventListener(type, listener);
      },
    });
  }
}

function attribute(event: EventContext, socket: WebSocket, activity: Activity): void {
  const forget = event.object.onEnd(() => socket.close());
  socket.addEventListener("close", () => {
    forget();
    activity.end();
  }, { once: true });
}

/**
 * Dispatches `WebSocket`, and adds what Workers have: the constants' longer names, and that the ends
 * of a `WebSocketPair` are instances too. A socket of an incarnation that is over is closed.
 */
export function patchWebSocket(patches: Patches): void {
  const Original = globalThis.WebSocket;
  const made = standIn(patches, Original as unknown as AnyConstructor, (args, newTarget) => {
    const event = currentEvent();
    if (event === undefined) return Reflect.construct(Original, args, newTarget);
    if (!event.object.alive) {
      throw new Error("Cannot open a WebSocket: received a call of an object that was evicted");
    }
    const socket: WebSocket = Reflect.construct(Original, args, newTarget);
    const place = new CallPlace(made, shownUrl(socket));
    attribute(event, socket, event.object.activities.begin("WebSocket", place));
    deliverAs(event, socket);
    Object.defineProperty(socket, "accept", {
      value: () => {
        throw new TypeError(
          "Websockets obtained from the 'new WebSocket()' constructor cannot call accept",
        );
      },
      configurable: true,
    });
    return socket;
  }, () => Reflect.apply(Original as unknown as () => never, undefined, []));
  READY_STATES.forEach((name, value) =>
    Object.defineProperty(made, `READY_STATE_${name}`, { value, enumerable: true })
  );
  Object.defineProperty(made, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // A subclass inherits this, and is asked for its own instances.
      const own = Function.prototype[Symbol.hasInstance].call(this, value);
      return own || (this === made && isWorkersWebSocket(value));
    },
  });
}
