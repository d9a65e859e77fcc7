// A duplex stream over a TCP socket that TLS can sit on and whose reading can be stopped.

import type net from "node:net";
import { Duplex } from "node:stream";

/**
 * Stands between a TCP socket and `node:tls`. In Deno 2.9.6 a TLS socket that is paused goes on
 * reading the TCP socket below it without limit (26 MB were taken from a server while the TLS socket
 * had been paused at 2 MB), so a client that reads slowly would slow nobody. This one stops.
 */
export class GatedStream extends Duplex {
  readonly #raw: net.Socket;
  #held = false;

  /**
   * A stream over `raw`, which is open.
   *
   * @param raw A connected socket; nothing else may read it.
   */
  constructor(raw: net.Socket) {
    super({ allowHalfOpen: true });
    this.#raw = raw;
    raw.on("data", (bytes: Uint8Array) => {
      if (!this.push(bytes) || this.#held) raw.pause();
    });
    raw.on("end", () => this.push(null));
  }

  /** Whether reading from the kernel has stopped. */
  get held(): boolean {
    return this.#held;
  }

  set held(held: boolean) {
    this.#held = held;
    if (held) this.#raw.pause();
    else this.#raw.resume();
  }

  /** Reads on, unless held. */
  override _read(): void {
    if (!this.#held) this.#raw.resume();
  }

  /** Hands bytes to the TCP socket. */
  override _write(
    bytes: Uint8Array,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    this.#raw.write(bytes, done);
  }

  /** Sends FIN. */
  override _final(done: (error?: Error | null) => void): void {
    this.#raw.end(() => done());
  }

  /** Destroys the TCP socket. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#raw.destroy();
    done(error);
  }
}
