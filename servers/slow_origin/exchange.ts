// One request at the slow origin, from its arrival until it is over, however it ends.

import type { Clock } from "../../lab/clock.ts";
import type { Arrival, Outcome } from "./log.ts";

/** One request that is being answered. Its first end counts. */
export class Exchange {
  readonly #over = new AbortController();
  readonly #clientSignal: AbortSignal;
  readonly #arrival: Arrival;
  readonly #open: Set<Exchange>;
  #answering = false;
  readonly #onClientLeft = () => this.end("aborted");

  /**
   * Begins an exchange.
   *
   * @param clientSignal Aborts when the client leaves.
   * @param arrival The request's place in the log.
   * @param open The exchanges that are not over, which this one joins and leaves.
   */
  constructor(clientSignal: AbortSignal, arrival: Arrival, open: Set<Exchange>) {
    this.#clientSignal = clientSignal;
    this.#arrival = arrival;
    this.#open = open;
    open.add(this);
    if (clientSignal.aborted) this.end("aborted");
    else clientSignal.addEventListener("abort", this.#onClientLeft);
  }

  /** Aborts when the exchange is over: whatever still waits for it can stop. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Which request for its path this is, from 1. */
  get n(): number {
    return this.#arrival.n;
  }

  /** Whether the response head is on its way. */
  get answering(): boolean {
    return this.#answering;
  }

  /** Notes that the response head is on its way. */
  head(): void {
    this.#answering = true;
    this.#arrival.head();
  }

  /** Ends the exchange. */
  end(outcome: Exclude<Outcome, "open">): void {
    if (!this.#open.delete(this)) return;
    this.#clientSignal.removeEventListener("abort", this.#onClientLeft);
    this.#arrival.end(outcome);
    this.#over.abort();
  }

  /** Waits `ms` (Infinity: for ever), rejecting as soon as the exchange is over. */
  hold(clock: Clock, ms: number): Promise<void> {
    if (ms !== Infinity) return clock.sleep(ms, { signal: this.signal });
    return new Promise((_, reject) => {
      if (this.signal.aborted) return reject(this.signal.reason);
      this.signal.addEventListener("abort", () => reject(this.signal.reason), { once: true });
    });
  }
}
