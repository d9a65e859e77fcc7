// Ctrl-C and SIGTERM: the first one asks for an orderly end, a later one ends at once.

/** Exit code of a command that was interrupted. */
export const EXIT_INTERRUPTED = 130;

/**
 * One press of Ctrl-C under `deno task` (Deno 2.9) arrives twice, from the terminal and from the task
 * runner, 7 ms apart: what comes this soon after the first is the same press.
 */
const SAME_PRESS_MS = 300;

/** What a command knows of the wish to end it. */
export interface Interrupt {
  /** Aborts on the first signal. */
  readonly signal: AbortSignal;
  /** Calls back before the process ends on the second signal. */
  onKill(callback: () => void): void;
}

/** Listens for signals until it is disposed of. */
export class SignalInterrupt implements Interrupt, Disposable {
  readonly #controller = new AbortController();
  readonly #callbacks: (() => void)[] = [];
  readonly #signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM"];
  #firstAt: number | undefined;

  /** Starts to listen. */
  constructor() {
    for (const name of this.#signals) Deno.addSignalListener(name, this.#onSignal);
  }

  /** {@inheritDoc Interrupt.signal} */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** {@inheritDoc Interrupt.onKill} */
  onKill(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** Gives the signals back to the system's own way. */
  [Symbol.dispose](): void {
    for (const name of this.#signals) Deno.removeSignalListener(name, this.#onSignal);
  }

  readonly #onSignal = () => {
    const now = performance.now();
    if (this.#firstAt === undefined) {
      this.#firstAt = now;
      this.#controller.abort(new DOMException("interrupted", "AbortError"));
    } else if (now - this.#firstAt > SAME_PRESS_MS) {
      for (const callback of this.#callbacks) callback();
      Deno.exit(EXIT_INTERRUPTED);
    }
  };
}
