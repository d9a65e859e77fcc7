// The output gate: what an object sends leaves it only when what it wrote before is kept.

/** One incarnation's output gate. */
export class OutputGate {
  readonly #onBroken: (error: unknown) => void;
  readonly #held: (() => void)[] = [];
  #locks = 0;
  #broken = false;

  /** @param onBroken Told when something could not be kept: what was held back is never sent. */
  constructor(onBroken: (error: unknown) => void) {
    this.#onBroken = onBroken;
  }

  /** Sends something as soon as all is kept that was written until now, in the order of asking. */
  pass(send: () => void): void {
    if (this.#broken) return;
    if (this.#locks === 0) send();
    else this.#held.push(send);
  }

  /** Holds back what is sent from now on until the promise has settled. */
  lock(until: Promise<unknown>): void {
    this.#locks++;
    until.then(() => {
      this.#locks--;
      while (this.#locks === 0 && this.#held.length > 0) this.#held.shift()?.();
    }, (error) => {
      if (this.#broken) return;
      this.#broken = true;
      this.#held.length = 0;
      this.#onBroken(error);
    });
  }
}
