// An isolate that serves many requests at once, each in an I/O context of its own, as Workers do.

import { type Clock, realClock } from "../../lab/clock.ts";
import { type LogLevel, runOutside } from "../durable_objects/context.ts";
import { internalError, outgoing } from "./answer.ts";
import {
  CANCELLED,
  type CancelReason,
  type CrossRequest,
  DROPPED_MESSAGE,
} from "./cross_request.ts";
import { type ForeignTouch, own, touch } from "./foreign_touch.ts";
import { installIsolateGlobals } from "./globals/install.ts";
import type { FetchHandler, IsolateFigures, IsolateOptions } from "./isolate_options.ts";
import { MEMORY_LIMIT_BYTES, Meter } from "./meter.ts";
import { type IsolateContext, RequestContext } from "./request_context.ts";

/** The model of one isolate. */
export interface Isolate {
  /** Answers one request in an I/O context of its own; with 503 when the isolate is closed. */
  fetch(request: Request): Promise<Response>;
  /** The figures of this moment. */
  stats(): IsolateFigures;
  /** Ends all requests, unanswered ones with 503, and gives the globals back. */
  close(): Promise<void>;
}

class RunningIsolate implements Isolate, IsolateContext {
  readonly clock: Clock;
  readonly env: unknown;
  readonly outbound: typeof fetch;
  readonly crossRequest: CrossRequest;
  readonly meter: Meter;
  readonly #options: IsolateOptions;
  readonly #handler: FetchHandler;
  readonly #requests = new Set<RequestContext>();
  readonly #answers = new Map<RequestContext, (response: Response) => void>();
  readonly #woken = new WeakSet<RequestContext>();
  readonly #cancelled: Record<CancelReason, number> = { hung: 0, touched: 0, memory: 0 };
  readonly #release: () => void;
  #closed = false;
  #came = 0;
  #touches = 0;
  #parked = 0;
  #stopLooking: (() => void) | undefined;

  /** The globals are installed until it is closed. */
  constructor(options: IsolateOptions) {
    const { handler } = options;
    this.#options = options;
    this.#handler = typeof handler === "function" ? handler : (...args) => handler.fetch(...args);
    this.clock = options.clock ?? realClock;
    this.env = options.env ?? {};
    this.crossRequest = options.crossRequest ?? "resume-in-own";
    this.meter = new Meter(options.memoryLimitBytes ?? MEMORY_LIMIT_BYTES);
    // Looked up at each call: what is there now may be replaced.
    this.outbound = options.outbound ?? globalThis.fetch;
    this.#release = installIsolateGlobals();
  }

  fetch(asked: Request): Promise<Response> {
    if (this.#closed) return Promise.resolve(internalError(503));
    const { pathname } = new URL(asked.url);
    const request = new RequestContext(this, ++this.#came, `${asked.method} ${pathname}`);
    if (hasBody(asked)) own(asked, { request });
    return runOutside(() =>
      new Promise((resolve) => {
        this.#requests.add(request);
        request.onEnd(() => this.#requests.delete(request));
        this.#answers.set(request, resolve);
        request.run(() => void this.#handle(request, asked));
        this.onChange();
      })
    );
  }

  stats(): IsolateFigures {
    return {
      requests: this.#came,
      waiting: this.#answers.size,
      foreignTouches: this.#touches,
      parked: this.#parked,
      cancelled: { ...this.#cancelled },
      bufferedBytes: this.meter.heldBytes,
      peakBufferedBytes: this.meter.peakBytes,
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const request of [...this.#requests]) {
      this.#answer(request, internalError(503));
      request.end();
    }
    this.#release();
    return Promise.resolve();
  }

  onTouch(touch: ForeignTouch): void {
    this.#touches++;
    runOutside(() => this.#options.onTouch?.(touch));
  }

  onSettledElsewhere(of: RequestContext, by: RequestContext): void {
    if (!of.alive) return this.log("warn", [DROPPED_MESSAGE]);
    if (of.answered) return;
    if (!this.#woken.has(of)) {
      this.#woken.add(of);
      this.#parked++;
    }
    // It waited with nothing of its own under way: it is not there any more to be woken.
    if (of.activities.size === 0) {
      of.cancel("hung");
      return this.log("warn", [DROPPED_MESSAGE]);
    }
    if (this.crossRequest === "resume-in-settler") of.settler = by;
  }

  onCancel(of: RequestContext, reason: CancelReason): void {
    const { status, message } = CANCELLED[reason];
    this.#cancelled[reason]++;
    this.log("error", [`${of}: ${message}`]);
    runOutside(() => this.#options.onCancel?.({ request: String(of), reason }));
    this.#answer(of, runOutside(() => internalError(status)));
  }

  onChange(): void {
    this.#stopLooking?.();
    this.#stopLooking = undefined;
    if (this.#answers.size === 0 || this.#isBusy()) return;
    const look = () => {
      for (const request of [...this.#answers.keys()]) request.cancel("hung");
    };
    const ms = this.#options.hungAfterMs ?? 1_000;
    this.#stopLooking = runOutside(() => this.clock.setTimeout(look, ms));
  }

  log(level: LogLevel, args: readonly unknown[]): void {
    const { log = (level, args) => console[level](...args) } = this.#options;
    runOutside(() => log(level, args));
  }

  #isBusy(): boolean {
    for (const { activities } of this.#requests) if (activities.size > 0) return true;
    return false;
  }

  async #handle(request: RequestContext, asked: Request): Promise<void> {
    const kept: PromiseLike<unknown>[] = [];
    const over = async () => {
      await Promise.allSettled(kept);
      request.end();
    };
    let response: Response;
    try {
      response = await this.#handler(asked, this.env as never, {
        waitUntil: (promise) => void kept.push(promise),
        passThroughOnException: () => {},
      });
      const error = touch(response, "ReadableStreamSource", "return", this.#handler);
      if (error !== undefined && response.body !== null) throw error;
    } catch (error) {
      this.log("error", ["Uncaught", error]);
      response = runOutside(() => internalError(500));
    }
    if (request.settler !== undefined) return request.loseAnswer();
    request.answered = true;
    const out = runOutside(() => outgoing(request, asked, response, () => void over()));
    this.#answer(request, out);
    this.onChange();
  }

  #answer(request: RequestContext, response: Response): void {
    this.#answers.get(request)?.(response);
    this.#answers.delete(request);
  }
}

/** The methods whose requests have a body in Workers, an empty one where none is announced. */
const WITH_BODY: ReadonlySet<string> = new Set(["PATCH", "POST", "PUT"]);

/** Another's request without a body may be read: there is nothing behind it. */
function hasBody({ method, headers }: Request): boolean {
  if (method === "GET" || method === "HEAD") return false;
  return WITH_BODY.has(method) || headers.has("content-length") || headers.has("transfer-encoding");
}

/**
 * Runs a fetch handler as the Workers runtime does: requests, bodies, readers, `fetch` responses and
 * timers belong to the request that made them, and touching another's throws.
 *
 * @example
 * ```ts
 * import { createIsolate } from "./isolate.ts";
 *
 * let stash: Request | undefined;
 * const isolate = createIsolate({
 *   handler: async (request) => new Response(await (stash ??= request).text()),
 *   log: () => {},
 * });
 * const post = () => new Request("https://a.test/", { method: "POST", body: "x" });
 * console.log((await isolate.fetch(post())).status); // 200
 * console.log((await isolate.fetch(post())).status); // 500
 * console.log(isolate.stats().foreignTouches); // 1
 * await isolate.close();
 * ```
 */
export function createIsolate(options: IsolateOptions): Isolate {
  return new RunningIsolate(options);
}
