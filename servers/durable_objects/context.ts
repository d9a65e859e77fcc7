// Which object's code is running at this moment: carried by the runtime along its promises and timers.

import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../../lab/clock.ts";
import type { Activities } from "./activity.ts";

/** How urgent a line of an object's log is, as the methods of `console` have it. */
export type LogLevel = "debug" | "log" | "info" | "warn" | "error";

/** What is counted of an object, each shown in its figures. */
export type Counted =
  | "received"
  | "answered"
  | "autoResponses"
  | "alarms"
  | "closes"
  | "errors"
  | "attachmentsRestored";

/** One incarnation of an object, from its construction until it is evicted or reset. */
export interface ObjectContext {
  /** The object's time. */
  readonly clock: Clock;
  /** What keeps it in memory at this moment. */
  readonly activities: Activities;
  /** The bindings that its class was constructed with. */
  readonly env: unknown;
  /** What the object's own `fetch` goes out by. */
  readonly outbound: typeof fetch;
  /** False once it was evicted or reset: nothing of it runs any more. */
  readonly alive: boolean;
  /**
   * Runs what a timer or a plain socket brings, as an event of this object: when its input gate is
   * open, in its context, and not at all when the incarnation is over. What it throws goes to the
   * object's log.
   */
  enter(callback: () => unknown): void;
  /** Takes a line of its log. */
  log(level: LogLevel, args: readonly unknown[]): void;
  /** Counts one more. */
  count(what: Counted): void;
  /** Calls back when the incarnation ends. Returns what takes that back. */
  onEnd(callback: () => void): () => void;
}

/** One event that an object handles: a request, a message, an alarm. */
export interface EventContext {
  /** The incarnation that handles it. */
  readonly object: ObjectContext;
  /** Whether its handler has returned, and what that returned has settled. */
  over: boolean;
  /** The critical section that its code is in, where it is in one. */
  readonly section?: Section;
}

/** A stretch of an object's code during which only what belongs to it may run. */
export interface Section {
  /** The section that it is nested in. */
  readonly parent: Section | undefined;
}

const storage = new AsyncLocalStorage<EventContext | undefined>();

/** The event whose code runs; undefined outside of objects. */
export function currentEvent(): EventContext | undefined {
  return storage.getStore();
}

/** Runs something as the code of an event, with all that it starts. */
export function runAs<T>(event: EventContext, callback: () => T): T {
  return storage.run(event, callback);
}

/** Runs something outside of every object, with all that it starts. */
export function runOutside<T>(callback: () => T): T {
  // `exit()` of Deno 2.9.6 ends with the callback: after an await the object's context would be back.
  return storage.run(undefined, callback);
}
