// A caching proxy on a clock that stands still, with an origin whose every answer the test gives.

import { ManualClock } from "../../lab/clock.ts";
import { listen, type Listening } from "../listen.ts";
import type { Server } from "../server.ts";
import { type CachingProxyOptions, createCachingProxy } from "./caching_proxy.ts";

/** A request that has reached the origin, waiting for the test to answer it. */
export interface Asked {
  request: Request;
  answer(response: Response): void;
  /** Resets the connection instead. */
  abort(): void;
}

/** An origin that answers nothing by itself. */
export class Origin implements AsyncDisposable {
  readonly #asked: Asked[] = [];
  readonly #takers: ((asked: Asked) => void)[] = [];
  #listening: Listening | undefined;
  count = 0;

  static async start(): Promise<Origin> {
    const origin = new Origin();
    origin.#listening = await listen({
      fetch: (request, info) => origin.#take(request, () => info?.abortConnection?.("reset")),
    }, { connectionControl: true, onError: () => {} });
    return origin;
  }

  get url(): string {
    return this.#listening?.url ?? "";
  }

  #take(request: Request, abort: () => void): Promise<Response> {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const asked = { request, answer: resolve, abort };
    this.count++;
    const taker = this.#takers.shift();
    if (taker) taker(asked);
    else this.#asked.push(asked);
    return promise;
  }

  /** The next request that the origin has not been asked about yet. */
  next(): Promise<Asked> {
    const asked = this.#asked.shift();
    if (asked) return Promise.resolve(asked);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.close();
  }
}

/** Runs a test with a proxy in front of such an origin, on a clock that stands still. */
export async function withProxy(
  options: Partial<CachingProxyOptions>,
  test: (proxy: Server, origin: Origin, clock: ManualClock) => Promise<void>,
): Promise<void> {
  await using origin = await Origin.start();
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const proxy = createCachingProxy({ origin: origin.url, variant: "fix", clock, ...options });
  try {
    await test(proxy, origin, clock);
  } finally {
    await proxy.close();
  }
}

/** A request to the proxy. */
export function get(path: string, init: RequestInit = {}): Request {
  return new Request(`http://proxy${path}`, init);
}

/** An answer that may be kept for a minute. */
export const fresh = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  new Response(body, { headers: { "cache-control": "max-age=60", ...headers } });

/** Lets everything that can go on go on, without time passing. */
export const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Waits until so many requests wait in the proxy. */
export async function waiting(proxy: Server, count: number): Promise<void> {
  while (proxy.stats().waiting !== count) await turn();
}

/** What an answer says of the cache (RFC 9211). */
export const status = async (response: Promise<Response> | Response) =>
  (await response).headers.get("cache-status") ?? "";
