// For tests: an object that keeps what its sockets tell it.

import type { Variant } from "../../../lab/verdict.ts";
import { ManualClock } from "../../../lab/clock.ts";
import type { Activities, Activity } from "../activity.ts";
import type { Counted, ObjectContext } from "../context.ts";
import type { HostEventKind } from "../events.ts";
import type { Connection } from "./connection.ts";
import type { SocketData } from "./end.ts";
import type { SocketOwner } from "./hibernatable_sockets.ts";

/** An owner whose reactions a test sets, and which writes down what it was told. */
export class TestingOwner implements SocketOwner {
  readonly clock = new ManualClock(1000);
  readonly heard: unknown[][] = [];
  readonly counts: Partial<Record<Counted, number>> = {};
  readonly events: HostEventKind[] = [];
  listening = true;
  onMessage: (connection: Connection, data: SocketData) => void = () => {};
  onClosed: (connection: Connection) => void | Promise<unknown> = () => {};

  constructor(readonly variant: Variant = "fix") {}

  now(): number {
    return this.clock.now();
  }
  output(send: () => void): void {
    send();
  }
  message(connection: Connection, data: SocketData): void {
    this.heard.push(["message", connection.id, data]);
    this.onMessage(connection, data);
  }
  closed(connection: Connection, code: number, reason: string, wasClean: boolean) {
    this.heard.push(["closed", connection.id, code, reason, wasClean]);
    return this.onClosed(connection);
  }
  errored(connection: Connection, error: Error): void {
    this.heard.push(["errored", connection.id, error.message]);
  }
  count(what: Counted): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
  emit(event: HostEventKind): void {
    this.events.push(event);
  }
}

/** One incarnation for code that runs in an event: its events run at once. */
export class TestingObject implements ObjectContext {
  readonly clock = new ManualClock();
  readonly env = {};
  readonly outbound = fetch;
  alive = true;
  readonly counts: Partial<Record<Counted, number>> = {};
  readonly begun: Activity[] = [];
  entered = 0;
  readonly #onEnd = new Set<() => void>();

  get activities(): Activities {
    const begun = this.begun;
    return {
      size: begun.length,
      list: () => begun,
      clear: () => void begun.splice(0),
      begin(kind, options) {
        const activity: Activity = {
          kind,
          place: options?.place,
          detail: options?.detail,
          sinceMs: 0,
          end: () => void begun.splice(begun.indexOf(activity), 1),
        };
        begun.push(activity);
        return activity;
      },
    };
  }
  enter(callback: () => unknown): void {
    this.entered++;
    if (this.alive) callback();
  }
  log(): void {}
  count(what: Counted): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
  onEnd(callback: () => void): () => void {
    this.#onEnd.add(callback);
    return () => void this.#onEnd.delete(callback);
  }
  /** Ends it, as an eviction or a reset does. */
  end(): void {
    this.alive = false;
    for (const callback of this.#onEnd) callback();
  }
}
