// What can be made to go wrong in the STS while it runs: parts of it fail, hang, and recover.

/** The parts that can fail, each on its own. */
export const SURFACES = ["exchange", "token", "keys", "discovery"] as const;

/** One of {@linkcode SURFACES}: an exchange, the token endpoint, the JWKS, the discovery document. */
export type Surface = typeof SURFACES[number];

/** What a part can do: nothing wrong, answer with an error, or not answer. */
export const FAULTS = ["none", "fail", "hang"] as const;

/** One of {@linkcode FAULTS}. */
export type Fault = typeof FAULTS[number];

/** The faults of one server. */
export class Faults {
  readonly #faults = new Map<Surface, Fault>();
  readonly #hung = new Map<Surface, Set<() => void>>();

  /** The fault of a part. */
  of(surface: Surface): Fault {
    return this.#faults.get(surface) ?? "none";
  }

  /** All faults, `none` included. */
  all(): Record<Surface, Fault> {
    const [exchange, token, keys, discovery] = SURFACES;
    return {
      exchange: this.of(exchange),
      token: this.of(token),
      keys: this.of(keys),
      discovery: this.of(discovery),
    };
  }

  /** Sets the fault of a part. Who hangs there goes on as the new fault says. */
  set(surface: Surface, fault: Fault): void {
    this.#faults.set(surface, fault);
    for (const wake of this.#hung.get(surface) ?? []) wake();
  }

  /**
   * Passes a part: at once, or once it hangs no more.
   *
   * @param signal Ends a hang.
   * @returns Whether the part works; false where it fails.
   * @throws The signal's reason.
   */
  async pass(surface: Surface, signal: AbortSignal): Promise<boolean> {
    while (this.of(surface) === "hang") await this.#change(surface, signal);
    return this.of(surface) === "none";
  }

  #change(surface: Surface, signal: AbortSignal): Promise<void> {
    const hung = this.#hung.get(surface) ?? new Set();
    this.#hung.set(surface, hung);
    return new Promise((resolve, reject) => {
      const end = () => {
        hung.delete(wake);
        signal.removeEventListener("abort", abort);
      };
      const wake = () => {
        end();
        resolve();
      };
      const abort = () => {
        end();
        reject(signal.reason);
      };
      if (signal.aborted) return reject(signal.reason);
      hung.add(wake);
      signal.addEventListener("abort", abort, { once: true });
    });
  }
}
