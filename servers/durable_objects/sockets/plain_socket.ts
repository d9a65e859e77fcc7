// A WebSocket taken with `accept()`: what comes on it are events, and it keeps its object in memory.

import type { Activity } from "../activity.ts";
import { currentEvent, type ObjectContext } from "../context.ts";
import { CallPlace } from "../place.ts";
import type { End } from "./channel.ts";
import { ABNORMAL, VANISHED_REASON } from "./close_code.ts";
import type { EndListener, SocketData } from "./end.ts";

/** Where its events go. */
export interface PlainTarget {
  /** What a binary message comes as. */
  readonly binaryType: "arraybuffer" | "blob";
  /** Calls those who listen. Throws what one of them threw. */
  dispatchEvent(event: Event): boolean;
}

/**
 * Listens at the end of a socket that was accepted without hibernation. Inside of an object its events
 * are the object's, in its context and behind its input gate; outside they come as they are.
 */
export class PlainSocket implements EndListener {
  readonly #end: End;
  readonly #target: PlainTarget;
  readonly #halfOpen: boolean;
  readonly #object: ObjectContext | undefined;
  #activity: Activity | undefined;
  #forget: (() => void) | undefined;

  /**
   * Begins to listen, for the object whose code runs, if one's does.
   *
   * @param halfOpen The other end's close is not answered with the same by itself.
   */
  constructor(end: End, target: PlainTarget, halfOpen: boolean) {
    this.#end = end;
    this.#target = target;
    this.#halfOpen = halfOpen;
    this.#object = currentEvent()?.object;
    if (this.#object !== undefined) {
      this.#activity = this.#object.activities.begin("plain-socket", new CallPlace(PlainSocket));
      this.#forget = this.#object.onEnd(() => this.#end.close(ABNORMAL, VANISHED_REASON, false));
    }
    end.listen(this);
  }

  /** Sends what the program sends. */
  send(data: SocketData): void {
    this.#object?.count("answered");
    this.#end.send(data);
  }

  /** Closes as the program closes. */
  closeByProgram(code: number, reason: string): void {
    this.#end.close(code, reason);
    this.#finish();
  }

  /** {@inheritDoc EndListener.message} */
  message(data: SocketData): void {
    this.#object?.count("received");
    this.#enter(() => {
      const binary = typeof data !== "string" && this.#target.binaryType === "blob";
      this.#target.dispatchEvent(
        new MessageEvent("message", { data: binary ? new Blob([data]) : data }),
      );
    });
  }

  /** {@inheritDoc EndListener.close} */
  close(code: number, reason: string, wasClean: boolean): void {
    // Answered before the program hears of it (workerd with `web_socket_auto_reply_to_close`).
    if (!this.#halfOpen) this.#end.close(code, reason);
    this.#last(() => new CloseEvent("close", { code, reason, wasClean }));
  }

  /** {@inheritDoc EndListener.error} */
  error(error: Error): void {
    this.#last(() => new ErrorEvent("error", { error, message: `Uncaught ${error}` }));
  }

  #last(event: () => Event): void {
    this.#enter(() => {
      try {
        this.#target.dispatchEvent(event());
      } finally {
        this.#finish();
      }
    });
  }

  #enter(callback: () => void): void {
    if (this.#object !== undefined) this.#object.enter(callback);
    else callback();
  }

  /** Lets the object go once nothing can come any more. */
  #finish(): void {
    if (!this.#end.over) return;
    this.#activity?.end();
    this.#forget?.();
    this.#activity = this.#forget = undefined;
  }
}
