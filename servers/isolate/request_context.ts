// One request's I/O context: what belongs to the request, from its arrival until its answer is out.

import type { Clock } from "../../lab/clock.ts";
import { type Activities, createActivities } from "../durable_objects/activity.ts";
import {
  currentEvent,
  type EventContext,
  type LogLevel,
  type ObjectContext,
  runAs,
} from "../durable_objects/context.ts";
import type { CancelReason, CrossRequest } from "./cross_request.ts";
import type { ForeignTouch } from "./foreign_touch.ts";
import type { Meter } from "./meter.ts";

/** What a request's context knows of its isolate. */
export interface IsolateContext {
  /** The isolate's time. */
  readonly clock: Clock;
  /** The Worker's bindings. */
  readonly env: unknown;
  /** What `fetch` goes out by. */
  readonly outbound: typeof fetch;
  /** What happens where two requests meet. */
  readonly crossRequest: CrossRequest;
  /** What is buffered. */
  readonly meter: Meter;
  /** One request has touched what is another's. */
  onTouch(touch: ForeignTouch): void;
  /** A promise of `of` is settled by `by`; it gets through only when `of` still lives afterwards. */
  onSettledElsewhere(of: RequestContext, by: RequestContext): void;
  /** A request has one more, or one less, of its own under way. */
  onChange(): void;
  /** A request is cancelled: it is answered by the isolate. */
  onCancel(of: RequestContext, reason: CancelReason): void;
  /** Takes a line of the Worker's log. */
  log(level: LogLevel, args: readonly unknown[]): void;
}

/**
 * What a request's code runs in. It is an {@linkcode ObjectContext}, so that the dispatched globals
 * attribute its timers and fetches to it.
 */
export class RequestContext implements ObjectContext {
  readonly isolate: IsolateContext;
  /** Which request it is, from 1. */
  readonly number: number;
  /** Method and path. */
  readonly name: string;
  readonly activities: Activities;
  readonly event: EventContext = { object: this, over: false };
  /** Whether its handler has answered. */
  answered = false;
  /** With `resume-in-settler`: in whose context its code goes on. */
  settler: RequestContext | undefined;
  #answerLost = false;
  readonly #ends = new Set<() => void>();
  #alive = true;

  /** Begins at once. */
  constructor(isolate: IsolateContext, number: number, name: string) {
    this.isolate = isolate;
    this.number = number;
    this.name = name;
    this.activities = createActivities({
      now: () => this.clock.now(),
      onChange: () => {
        if (this.#alive) this.#changed();
      },
    });
  }

  get clock(): Clock {
    return this.isolate.clock;
  }

  get env(): unknown {
    return this.isolate.env;
  }

  get outbound(): typeof fetch {
    const { outbound } = this.isolate;
    return async (input, init) => {
      const response = await outbound(input, init);
      // It came when the request was over just now: nobody is there to read or to close it.
      if (!this.#alive) response.body?.cancel().catch(() => {});
      return response;
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** As `POST /a (request 2)`. */
  toString(): string {
    return `${this.name} (request ${this.number})`;
  }

  /** Runs something as this request's code. */
  run<T>(callback: () => T): T {
    return runAs(this.event, callback);
  }

  enter(callback: () => unknown): void {
    if (!this.#alive) return;
    if (this.#answerLost) return this.cancel("hung");
    const caught = (error: unknown) => this.log("error", ["Uncaught", error]);
    try {
      Promise.resolve(callback()).catch(caught);
    } catch (error) {
      caught(error);
    }
  }

  log(level: LogLevel, args: readonly unknown[]): void {
    this.isolate.log(level, args);
  }

  count(): void {}

  onEnd(callback: () => void): () => void {
    this.#ends.add(callback);
    return () => void this.#ends.delete(callback);
  }

  /** So many bytes of it are buffered, until it is over. Over the isolate's limit it is cancelled. */
  hold(bytes: number): () => void {
    const { meter } = this.isolate;
    const release = meter.hold(bytes);
    const forget = this.onEnd(release);
    if (meter.over) this.cancel("memory");
    return () => {
      forget();
      release();
    };
  }

  /**
   * Its handler has answered in another's context: nobody hears it, and at its own next event there
   * is nobody left who could answer.
   */
  loseAnswer(): void {
    this.#answerLost = true;
    this.#changed();
  }

  /** It is cancelled: nothing of it is answered any more. Does nothing when it was answered. */
  cancel(reason: CancelReason): void {
    if (!this.#alive || this.answered) return;
    this.isolate.onCancel(this, reason);
    this.end();
  }

  /** It is over: its timers stop and its fetches are aborted. */
  end(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.event.over = true;
    for (const callback of [...this.#ends]) callback();
    this.#ends.clear();
    this.activities.clear();
    this.isolate.onChange();
  }

  #changed(): void {
    if (this.settler !== undefined && this.activities.size === 0) this.cancel("hung");
    else this.isolate.onChange();
  }
}

/** Of whose code it is that runs: undefined outside of requests. */
export function currentRequest(): RequestContext | undefined {
  const object = currentEvent()?.object;
  let current = object instanceof RequestContext ? object : undefined;
  while (current?.settler !== undefined) current = current.settler;
  return current;
}
