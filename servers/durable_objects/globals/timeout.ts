// What `setTimeout` and `setInterval` give an object: the handle that Node.js and, since 2025, Workers have.

import type { EventContext } from "../context.ts";
import { ObjectTimer, type TimerOptions } from "./object_timer.ts";

/**
 * The first number. As 32 bits with a sign, as the runtime reads its own timers' numbers, all that
 * follow are negative, which none of those is.
 */
const FIRST = 2 ** 31;

let last = FIRST - 1;
const pending = new Map<number, Timeout>();

/** The handle of a timer; as a number, its id. */
export class Timeout {
  readonly #id: number;
  readonly #timer: ObjectTimer;

  /** Made by the timer functions: armed at once. */
  constructor(event: EventContext, options: Omit<TimerOptions, "onStop">) {
    const id = last = last + 1 === 2 * FIRST ? FIRST : last + 1;
    this.#id = id;
    this.#timer = new ObjectTimer(event, { ...options, onStop: () => pending.delete(id) });
    this.#note();
  }

  /** Counts its time from now, also when it has fired. */
  refresh(): this {
    this.#timer.start();
    this.#note();
    return this;
  }

  /** Clears it. */
  close(): this {
    this.#timer.stop();
    return this;
  }

  /** Does nothing: an object's timers always count. */
  ref(): this {
    return this;
  }

  /** Does nothing: an object's timers always count. */
  unref(): this {
    return this;
  }

  /** True. */
  hasRef(): boolean {
    return true;
  }

  /** Its id. */
  [Symbol.toPrimitive](): number {
    return this.#id;
  }

  /** Clears it. */
  [Symbol.dispose](): void {
    this.close();
  }

  #note(): void {
    if (this.#timer.pending) pending.set(this.#id, this);
  }
}

/**
 * Clears what `clearTimeout` and `clearInterval` were given, if that is a timer of an object's.
 *
 * @returns Whether it is or was one.
 */
export function clearObjectTimer(handle: unknown): boolean {
  if (handle instanceof Timeout) {
    handle.close();
    return true;
  }
  if (typeof handle !== "number" && typeof handle !== "string") return false;
  const id = Number(handle);
  pending.get(id)?.close();
  return id >= FIRST;
}
