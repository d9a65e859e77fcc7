// One incarnation of an object: its instance, what it has under way, and how its code is entered.

import type { Clock } from "../../lab/clock.ts";
import { createActivities } from "./activity.ts";
import type { Activities, ActivityKind } from "./activity.ts";
import type { DurableObjectHandlers } from "./api.ts";
import {
  type Counted,
  currentEvent,
  type EventContext,
  type LogLevel,
  type ObjectContext,
  runAs,
} from "./context.ts";
import { InputGate } from "./input_gate.ts";
import { OutputGate } from "./output_gate.ts";

/** What an incarnation needs of the object that it is one of. */
export interface IncarnationOwner {
  /** The object's time. */
  clock: Clock;
  /** The bindings. */
  env: unknown;
  /** How its requests go out. */
  outbound: typeof fetch;
  /** Told when what keeps it in memory has changed. */
  onActivity(size: number): void;
  /** Takes a line of its log. */
  log(level: LogLevel, args: readonly unknown[]): void;
  /** Told of what its code threw where nobody waits for it. */
  onThrow(handler: string, error: unknown): void;
  /** Counts one more. */
  count(what: Counted): void;
  /** Told that something it wrote could not be kept. */
  onUnkept(error: unknown): void;
}

/** An incarnation. Nothing of it runs once it has ended. */
export class Incarnation implements ObjectContext {
  readonly clock: Clock;
  readonly activities: Activities;
  readonly env: unknown;
  readonly outbound: typeof fetch;
  readonly gate: InputGate = new InputGate();
  readonly output: OutputGate;
  /** The class's instance; undefined until its constructor has returned. */
  instance: DurableObjectHandlers | undefined;
  readonly #owner: IncarnationOwner;
  readonly #onEnd = new Set<() => void>();
  readonly #pending = new Set<(reason: unknown) => void>();
  #ended: { reason: unknown } | undefined;

  constructor(owner: IncarnationOwner) {
    this.#owner = owner;
    this.output = new OutputGate((error) => owner.onUnkept(error));
    this.clock = contextual(owner.clock);
    this.env = owner.env;
    this.outbound = owner.outbound;
    this.activities = createActivities({
      now: () => owner.clock.now(),
      onChange: (size) => this.alive && owner.onActivity(size),
    });
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  log(level: LogLevel, args: readonly unknown[]): void {
    this.#owner.log(level, args);
  }

  count(what: Counted): void {
    this.#owner.count(what);
  }

  onEnd(callback: () => void): () => void {
    this.#onEnd.add(callback);
    return () => void this.#onEnd.delete(callback);
  }

  enter(callback: () => unknown): void {
    const cause = currentEvent();
    const event = cause?.object === this ? cause : { object: this, over: false };
    this.gate.pass(event.section, () => {
      if (!this.alive) return;
      try {
        const result = runAs(event, callback);
        if (result instanceof Promise) {
          result.catch((error) => this.#owner.onThrow("callback", error));
        }
      } catch (error) {
        this.#owner.onThrow("callback", error);
      }
    });
  }

  /**
   * Handles an event: when the gate is open, in a context of its own. Rejects with what the handler
   * throws, or with the reason for which the incarnation ended meanwhile.
   */
  handle<T>(kind: ActivityKind, handler: (event: EventContext) => T | Promise<T>): Promise<T> {
    const activity = this.activities.begin(kind);
    return new Promise<T>((resolve, reject) => {
      const event: EventContext = { object: this, over: false };
      const finish = () => {
        event.over = true;
        activity.end();
      };
      const abandon = (reason: unknown) => {
        this.#pending.delete(abandon);
        finish();
        reject(reason);
      };
      const answer = (value: T) => {
        finish();
        this.output.pass(() => {
          this.#pending.delete(abandon);
          resolve(value);
        });
      };
      this.#pending.add(abandon);
      this.gate.pass(undefined, () => {
        if (this.#ended !== undefined) return;
        let result: T | Promise<T>;
        try {
          result = runAs(event, () => handler(event));
        } catch (error) {
          return abandon(error);
        }
        if (!isThenable(result)) return answer(result);
        // In the runtime an event's code goes on until it waits for the outside before another begins.
        this.gate.hold();
        result.then(answer, abandon);
      });
    });
  }

  /** Opens a critical section from the code that runs now: nothing else reaches the object meanwhile. */
  lock<T>(work: () => T | Promise<T>): Promise<T> {
    const cause = currentEvent();
    const own = cause?.object === this ? cause : undefined;
    const whole = this.gate.lock(own?.section, (section) => {
      const event: EventContext = { object: this, over: own?.over ?? false, section };
      return runAs(event, work);
    });
    return this.#orEnded(whole);
  }

  /** Does a storage operation: no other event comes before the code that awaits it has gone on. */
  operate<T>(work: () => T): Promise<T> {
    this.gate.hold();
    try {
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Ends it: who waits for its answers is told why, its timers and requests are given back. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    this.gate.clear();
    this.instance = undefined;
    for (const callback of [...this.#onEnd]) callback();
    this.#onEnd.clear();
    this.activities.clear();
    for (const abandon of [...this.#pending]) abandon(reason);
  }

  #orEnded<T>(promise: Promise<T>): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended.reason);
    return new Promise<T>((resolve, reject) => {
      this.#pending.add(reject);
      promise.then(resolve, reject).finally(() => this.#pending.delete(reject));
    });
  }
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** Timers that call back in the context in which they were set, whoever moves the clock. */
function contextual(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    sleep: (ms, options) => clock.sleep(ms, options),
    setTimeout(callback, ms) {
      const event = currentEvent();
      return clock.setTimeout(event === undefined ? callback : () => runAs(event, callback), ms);
    },
  };
}
