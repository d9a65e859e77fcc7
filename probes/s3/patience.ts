// A limit on how long something may go without progress.

import { realClock } from "../../lab/clock.ts";

/** Aborts its signal when nothing has happened for a while. Disposing of it disarms it. */
export class Patience implements Disposable {
  /** How long it waits, in milliseconds of the wall clock. */
  readonly limitMs: number;
  readonly #controller = new AbortController();
  #cancel: () => void = () => {};

  /** Begins to wait. */
  constructor(limitMs: number) {
    this.limitMs = limitMs;
    this.renew();
  }

  /** Aborts when the wait was too long. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the wait was too long. */
  get over(): boolean {
    return this.signal.aborted;
  }

  /** There was progress: the wait begins anew. */
  renew(): void {
    this.#cancel();
    this.#cancel = realClock.setTimeout(() => this.#controller.abort(), this.limitMs);
  }

  /** Waits no more. */
  [Symbol.dispose](): void {
    this.#cancel();
  }
}
