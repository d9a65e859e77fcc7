// Ends what takes too long: a request that is over its time looks to its handler like a client that left.

import type { Clock } from "../lab/clock.ts";

/** Gives requests a deadline. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #running = new Set<() => void>();

  /**
   * Begins with nothing running.
   *
   * @param limitMs How long a request may take from its arrival to the last byte of its answer.
   */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /**
   * Hands a request on with a signal that aborts when the client leaves or the time is over.
   *
   * @param url What the handler sees as the request's URL.
   * @returns The handler's answer; 408 when the time was over before there was one.
   */
  async run(
    request: Request,
    url: URL,
    handler: (request: Request) => Response | Promise<Response>,
  ): Promise<Response> {
    const over = new AbortController();
    const cancelTimer = this.#clock.setTimeout(() => {
      this.#running.delete(stop);
      over.abort(new DOMException("the request took too long", "TimeoutError"));
    }, this.#limitMs);
    const stop = () => {
      this.#running.delete(stop);
      cancelTimer();
    };
    this.#running.add(stop);
    request.signal.addEventListener("abort", stop, { once: true });
    const { method, headers, body } = request;
    const signal = AbortSignal.any([request.signal, over.signal]);
    try {
      const response = await handler(
        new Request(url, { method, headers, signal, ...(body && { body, duplex: "half" }) }),
      );
      if (over.signal.aborted) return this.#timedOut();
      // With a body the answer is not over yet: the deadline stands until it passes.
      if (response.body === null) stop();
      return response;
    } catch (error) {
      stop();
      if (over.signal.aborted) return this.#timedOut();
      throw error;
    }
  }

  /** Forgets the deadlines that are running. */
  close(): void {
    for (const stop of [...this.#running]) stop();
  }

  #timedOut(): Response {
    return new Response(
      `the request took longer than ${this.#limitMs / 1_000} s (the limit here)\n`,
      {
        status: 408,
        headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
      },
    );
  }
}
