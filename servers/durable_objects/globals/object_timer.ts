// Something that an object waits for by its own clock: attributed, and given up when the incarnation ends.

import type { Activity, ActivityKind } from "../activity.ts";
import { type EventContext, type ObjectContext, runAs, runOutside } from "../context.ts";
import type { CallPlace } from "../place.ts";

/** What one incarnation waits for. */
const waiting = new WeakMap<ObjectContext, Set<ObjectTimer>>();

function timersOf(object: ObjectContext): Set<ObjectTimer> {
  let timers = waiting.get(object);
  if (timers === undefined) {
    const own = timers = new Set();
    waiting.set(object, own);
    object.onEnd(() => own.forEach((timer) => timer.stop()));
  }
  return timers;
}

/** What a timer is to do. */
export interface TimerOptions {
  /** What it is shown as. */
  kind: ActivityKind;
  /** Where it was made. */
  place: CallPlace;
  /** After how long it fires, in milliseconds of the object's clock. */
  ms: number;
  /** Whether it fires again and again, each time counted from the end of the time before. */
  repeat: boolean;
  /** What it does then, as an event of the object. */
  fire: () => unknown;
  /** Told when it is over or stopped. */
  onStop?: () => void;
}

/** One timer of an object, armed at once; never, when the incarnation is over. */
export class ObjectTimer {
  readonly #event: EventContext;
  readonly #options: TimerOptions;
  #activity: Activity | undefined;
  #cancel: (() => void) | undefined;

  /** @param event Whose it is. It fires in the same critical section. */
  constructor(event: EventContext, options: TimerOptions) {
    this.#event = event;
    this.#options = options;
    this.start();
  }

  /** Whether it was neither stopped nor is over. */
  get pending(): boolean {
    return this.#activity !== undefined;
  }

  /** Counts its time from now, also when it was over. */
  start(): void {
    const { object } = this.#event;
    if (!object.alive) return;
    this.#cancel?.();
    this.#arm();
    if (this.#activity !== undefined) return;
    timersOf(object).add(this);
    this.#activity = object.activities.begin(this.#options.kind, this.#options.place);
  }

  /** Does not fire any more. Calling it again does nothing. */
  stop(): void {
    const activity = this.#activity;
    if (activity === undefined) return;
    this.#activity = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
    timersOf(this.#event.object).delete(this);
    this.#options.onStop?.();
    activity.end();
  }

  #arm(): void {
    const { clock } = this.#event.object;
    this.#cancel = runOutside(() => clock.setTimeout(() => this.#due(), this.#options.ms));
  }

  #due(): void {
    this.#cancel = undefined;
    runAs(this.#event, () => this.#event.object.enter(() => this.#fire()));
  }

  #fire(): unknown {
    // It may have been stopped, or started anew, while the input gate held it back.
    if (!this.pending || this.#cancel !== undefined) return;
    try {
      return this.#options.fire();
    } finally {
      if (this.pending && this.#cancel === undefined) {
        if (this.#options.repeat) this.#arm();
        else this.stop();
      }
    }
  }
}
