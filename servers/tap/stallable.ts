// A server that can be told to stop: it takes no more of any content and answers nobody, until it goes on.

import type { Server } from "../server.ts";
import type { Stallable } from "./log_server.ts";

/** A server that can be stopped. Who has made the inner one closes it. */
export class StallableServer implements Pick<Server, "fetch">, Stallable {
  readonly #inner: Pick<Server, "fetch">;
  #released = Promise.withResolvers<void>();
  #stalled = false;
  #waiting = 0;

  /** Passes all requests on. */
  constructor(inner: Pick<Server, "fetch">) {
    this.#inner = inner;
  }

  /** How many requests wait for it to go on. */
  get waiting(): number {
    return this.#waiting;
  }

  /** {@inheritDoc Stallable.stalled} */
  get stalled(): boolean {
    return this.#stalled;
  }

  /** {@inheritDoc Stallable.stalled} */
  set stalled(stalled: boolean) {
    this.#stalled = stalled;
    this.#released.resolve();
    if (stalled) this.#released = Promise.withResolvers();
  }

  /**
   * Answers a request; while it is stopped not before it goes on, and nothing of the content is read.
   * What came meanwhile is answered with 503 then: whoever sent it has long given it up, and must not
   * find it done later.
   */
  async fetch(...args: Parameters<Server["fetch"]>): Promise<Response> {
    if (!this.#stalled) return await this.#inner.fetch(...args);
    const [{ signal }] = args;
    const left = Promise.withResolvers<void>();
    const leave = () => left.resolve();
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    this.#waiting++;
    await Promise.race([this.#released.promise, left.promise]);
    this.#waiting--;
    signal.removeEventListener("abort", leave);
    return new Response(null, { status: 503, headers: { connection: "close" } });
  }
}
