// Notices that nothing has happened for too long, and on whose side.

import type { Clock } from "../../lab/clock.ts";

/** Who has to do something next. */
export type Awaited = "client" | "backend";

/** Watches one exchange. It takes one timer, however often something happens. */
export class SilenceWatch {
  readonly #clock: Pick<Clock, "now" | "setTimeout">;
  readonly #limitMs: number;
  readonly #onSilence: (awaited: Awaited) => void;
  #awaited: Awaited = "backend";
  #sinceMs: number;
  #cancel: (() => void) | undefined;

  /**
   * Begins to watch, waiting for the backend.
   *
   * @param limitMs How long nothing may happen.
   * @param onSilence Called once when that has passed, unless the watch was ended.
   */
  constructor(
    clock: Pick<Clock, "now" | "setTimeout">,
    limitMs: number,
    onSilence: (awaited: Awaited) => void,
  ) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.#sinceMs = clock.now();
    this.#arm(limitMs);
  }

  /** Something happened; from now on this side is waited for. */
  expect(awaited: Awaited): void {
    this.#awaited = awaited;
    this.#sinceMs = this.#clock.now();
  }

  /** Ends the watch. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(ms: number): void {
    this.#cancel = this.#clock.setTimeout(() => {
      const leftMs = this.#limitMs - (this.#clock.now() - this.#sinceMs);
      if (leftMs > 0) return this.#arm(leftMs);
      this.#cancel = undefined;
      this.#onSilence(this.#awaited);
    }, ms);
  }
}
