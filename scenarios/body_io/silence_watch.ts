// Notices that nothing happens any more: requests are under way, and none of them ends.

import type { Clock } from "../../lab/clock.ts";

/** How slow a line may be on which parts still come through, in bytes a millisecond. */
const SLOW_LINE = 5_000;

/**
 * Watches all requests of a burst together. A machine that is busy ends them late but goes on ending
 * them; what is stuck is left over in the end.
 */
export class SilenceWatch implements Disposable {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #over = new AbortController();
  #open = 0;
  #bytes = 0;
  #cancel: () => void = () => {};

  /** @param limitMs For how long nothing may end, in milliseconds, beside what parts take on the line. */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** Aborts when nothing has ended for too long; what is under way then is stuck. */
  get controller(): AbortController {
    return this.#over;
  }

  /** A request was sent. */
  begin(bytes: number): void {
    this.#open++;
    this.#bytes += bytes;
    this.#arm();
  }

  /** A request has ended. */
  end(): void {
    this.#open--;
    if (this.#open === 0) this.#bytes = 0;
    this.#arm();
  }

  /** Watches no more. */
  [Symbol.dispose](): void {
    this.#cancel();
  }

  #arm(): void {
    this.#cancel();
    if (this.#open === 0) return;
    this.#cancel = this.#clock.setTimeout(
      () => this.#over.abort(new Error("nothing ended any more")),
      this.#limitMs + this.#bytes / SLOW_LINE,
    );
  }
}
