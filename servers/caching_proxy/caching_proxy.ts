// The caching proxy: a shared cache whose readers queue behind a lock, with the bug or without it.

import type { Clock } from "../../lab/clock.ts";
import type { Figures } from "../../lab/figures.ts";
import type { Variant } from "../../lab/verdict.ts";
import { type Server, STATS_PATH } from "../server.ts";
import {
  CACHE_NAME,
  type CacheDecision,
  clientLeft,
  fromEntry,
  ownAnswer,
  relayed,
} from "./answer.ts";
import { Audience } from "./audience.ts";
import { CacheLock, type LockStatus, type ReadLock, type WritePermit } from "./cache_lock.ts";
import { type Fetched, fetchForCache } from "./fetcher.ts";
import type { Fill } from "./fill.ts";
import { policyMaker, type PolicyRequest, policyRequest } from "./policy.ts";
import { type Entry, Store } from "./store.ts";
import { noticedLate, orDisconnect } from "./disconnect.ts";
import { forwardedHeaders, targetOf, Upstream } from "./upstream.ts";

/** What a caching proxy is made of. */
export interface CachingProxyOptions {
  /** Where misses go: scheme, host and port. */
  origin: string;
  /** Whether a waiting reader races its lock against its client's disconnect (`fix`) or not. */
  variant: Variant;
  /** The proxy's time, for its timeouts and for freshness. */
  clock: Clock;
  /** How long one reader waits on locks in all, in milliseconds. Default: 60,000. */
  lockWaitTimeoutMs?: number;
  /** How long one writer may hold a lock before readers replace it, in milliseconds. Default: 60,000. */
  lockAgeTimeoutMs?: number;
  /** The most bytes that stored bodies take together. Default: 64 MiB. */
  maxSizeBytes?: number;
  /** How many requests may wait, for a lock or for the origin; more get 503. Default 0: any number. */
  maxWaiting?: number;
  /** Whether a fetch that nobody waits for any more goes on. Default: `finish`. */
  fillOnAbandon?: "finish" | "end";
}

/** How long a writer waits after the header for the first bytes, so that most get a whole body. */
const FIRST_BYTES_MS = 5;

/**
 * Makes a caching proxy for GET and HEAD; other methods pass through. A `Range` or precondition is
 * answered from the whole representation, as RFC 9110 §14.2 allows.
 *
 * The two variants differ in one decision: whether a reader that waits for a lock heeds its client's
 * leaving. A client can be seen to leave only once its request's body is done.
 *
 * @throws {TypeError} when `origin` is no URL.
 */
export function createCachingProxy(options: CachingProxyOptions): Server {
  return new CachingProxy(options);
}

class CachingProxy implements Server {
  readonly #clock: Clock;
  readonly #variant: Variant;
  readonly #options: Required<
    Pick<CachingProxyOptions, "lockWaitTimeoutMs" | "maxSizeBytes" | "maxWaiting">
  >;
  readonly #locks: CacheLock;
  readonly #store: Store;
  readonly #audience: Audience | undefined;
  readonly #makePolicy: ReturnType<typeof policyMaker>;
  readonly #upstream: Upstream;
  readonly #closed = new AbortController();
  readonly #background = new Set<Promise<void>>();
  /** Tells this proxy's own requests from others' when they come back to it. */
  readonly #via = `1.1 ${CACHE_NAME}-${crypto.randomUUID().slice(0, 8)}`;
  #closing: Promise<void> | undefined;
  #open = 0;
  #waiting = 0;
  #holdingPlaces = 0;

  constructor(options: CachingProxyOptions) {
    const { clock, lockWaitTimeoutMs = 60_000, lockAgeTimeoutMs = 60_000 } = options;
    const { maxSizeBytes = 64 << 20, maxWaiting = 0, fillOnAbandon = "finish" } = options;
    this.#clock = clock;
    this.#variant = options.variant;
    this.#upstream = new Upstream(options.origin);
    this.#options = { lockWaitTimeoutMs, maxSizeBytes, maxWaiting };
    this.#locks = new CacheLock(clock, lockAgeTimeoutMs);
    this.#store = new Store(maxSizeBytes);
    this.#audience = fillOnAbandon === "end" ? new Audience() : undefined;
    this.#makePolicy = policyMaker(clock);
  }

  stats(): Figures {
    return {
      schema: "edge-repro/stats@1",
      waiting: this.#waiting,
      locks: this.#locks.size,
      upstreams: this.#upstream.open,
      open: this.#open,
      entries: this.#store.size,
      bytes: this.#store.bytes,
    };
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#closed.abort(new Error("the proxy was closed"));
      await Promise.allSettled(this.#background);
      this.#upstream.close();
    })();
    return this.#closing;
  }

  async fetch(request: Request): Promise<Response> {
    const key = targetOf(request.url);
    if (key === STATS_PATH || key.startsWith(`${STATS_PATH}?`)) return Response.json(this.stats());
    if (request.headers.get("via")?.includes(this.#via)) {
      return ownAnswer(508, "this proxy is its own origin", { detail: "loop" });
    }
    this.#open++;
    try {
      const cacheable = request.method === "GET" || request.method === "HEAD";
      if (!cacheable) return await this.#passThrough(request, { fwd: "method" });
      return await this.#fromCache(request, key);
    } finally {
      this.#open--;
    }
  }

  /**
   * Lookup, lock, wait, and again, until there is something to answer with. Thousands of requests
   * may wait in here: what is made before the wait is what each of them costs.
   */
  async #fromCache(request: Request, key: string): Promise<Response> {
    const { signal } = request;
    let fwd = "uri-miss";
    let waitedMs = 0;
    let waited = false;
    let collapsed = false;
    let placed = false;
    try {
      while (true) {
        const entry = this.#store.lookup(key, request.headers);
        const use = entry?.policy.evaluateRequest(askedFor(key, request, waited));
        if (entry && use?.response) {
          if (use.revalidation) this.#revalidateInBackground(key, request, entry);
          const decision = collapsed ? { fwd, collapsed } : { hit: true };
          return fromEntry(request, entry, use.response.headers, decision, () => {});
        }
        if (entry) fwd = "stale";
        placed ||= this.#takePlace();
        if (!placed) {
          const detail = "max-waiting";
          return ownAnswer(503, "too many requests wait", { detail }, { "retry-after": "1" });
        }
        const lockKey = this.#store.lockKey(key, request.headers);
        const locked = this.#locks.lock(lockKey);
        if ("write" in locked) return await this.#write(request, key, lockKey, locked.write, entry);
        const leave = this.#audience?.join(lockKey);
        const startMs = this.#clock.now();
        this.#waiting++;
        const budgetMs = Math.max(this.#options.lockWaitTimeoutMs - waitedMs, 0);
        const status = await this.#wait(locked.read, budgetMs, signal);
        this.#waiting--;
        waitedMs += this.#clock.now() - startMs;
        leave?.();
        if (status === undefined) return clientLeft();
        // A reader that was held goes on as if its client were there: it may become the writer.
        if (status === "GiveUp" || status === "WaitTimeout") {
          return await this.#passThrough(request, { fwd, detail: status });
        }
        collapsed = status === "Done";
        waited = true;
      }
    } finally {
      if (placed) this.#holdingPlaces--;
    }
  }

  /**
   * Waits for a lock. Here, and nowhere else, the variants part: `fix` races the lock against the
   * client's disconnect, and then there is no status to go on with.
   */
  #wait(lock: ReadLock, budgetMs: number, signal: AbortSignal): Promise<LockStatus | undefined> {
    return lock.wait(budgetMs, this.#variant === "fix" ? signal : undefined);
  }

  /** A request's place among those that may wait: taken at its first miss, kept until its answer. */
  #takePlace(): boolean {
    const { maxWaiting } = this.#options;
    if (maxWaiting > 0 && this.#holdingPlaces >= maxWaiting) return false;
    this.#holdingPlaces++;
    return true;
  }

  async #write(
    request: Request,
    key: string,
    lockKey: string,
    permit: WritePermit,
    stale: Entry | undefined,
  ): Promise<Response> {
    const leave = this.#audience?.join(lockKey) ?? (() => {});
    const fetched = this.#startFetch(request, key, lockKey, permit, stale);
    const result = await orDisconnect(fetched, request.signal);
    const fwd = stale ? "stale" : "uri-miss";
    if (result === undefined) {
      leave();
      fetched.then(discard);
      return clientLeft();
    }
    if (result.kind === "entry") {
      const { entry, fwdStatus } = result;
      return fromEntry(
        request,
        entry,
        entry.policy.responseHeaders(),
        { fwd, fwdStatus, stored: true },
        leave,
      );
    }
    leave();
    if (result.kind === "failed") {
      return ownAnswer(502, `the origin did not answer: ${result.reason}`, { fwd });
    }
    return relayed(result.response, { fwd, fwdStatus: result.response.status });
  }

  /** Fetches in a task of its own, which outlives its client for the readers' sake. */
  #startFetch(
    request: Request,
    key: string,
    lockKey: string,
    permit: WritePermit,
    stale: Entry | undefined,
  ): Promise<Fetched> {
    const abandoned = new AbortController();
    this.#audience?.watch(lockKey, abandoned);
    const signal = AbortSignal.any([abandoned.signal, this.#closed.signal]);
    const fill = Promise.withResolvers<void>();
    let filling = false;
    const fetched = fetchForCache({ key, request, permit, stale, signal }, {
      store: this.#store,
      maxBytes: this.#options.maxSizeBytes,
      via: this.#via,
      makePolicy: this.#makePolicy,
      ask: (asked, headers, signal) =>
        this.#upstream.ask(asked.url, { method: "GET", headers, signal }),
      begun: (fill) => this.#begun(fill),
      background: (work) => {
        filling = true;
        work.then(fill.resolve, fill.resolve);
      },
    }).finally(() => {
      permit.drop();
      if (!filling) fill.resolve();
    });
    const over = fill.promise.then(() => {
      this.#audience?.unwatch(lockKey, abandoned);
      this.#background.delete(over);
    });
    this.#background.add(over);
    return fetched;
  }

  /** Stale-while-revalidate: the lock is held by a request that has no client to leave. */
  #revalidateInBackground(key: string, request: Request, stale: Entry): void {
    const lockKey = this.#store.lockKey(key, request.headers);
    const locked = this.#locks.lock(lockKey);
    if (!("write" in locked)) return;
    this.#startFetch(request, key, lockKey, locked.write, stale).then(discard);
  }

  /** Asks the origin on behalf of this one request, and lets it go with its client. */
  async #passThrough(request: Request, decision: CacheDecision): Promise<Response> {
    const headers = forwardedHeaders(request.headers, this.#via);
    using client = noticedLate(request.signal, this.#clock);
    const signal = AbortSignal.any([client.signal, this.#closed.signal]);
    const body = request.method === "GET" || request.method === "HEAD" ? null : request.body;
    try {
      const init = { method: request.method, headers, body, signal };
      const response = await this.#upstream.ask(request.url, init);
      return relayed(response, { ...decision, fwdStatus: response.status });
    } catch {
      if (request.signal.aborted) return clientLeft();
      return ownAnswer(502, "the origin did not answer", decision);
    }
  }

  #begun(fill: Fill): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimeout(resolve, FIRST_BYTES_MS);
      fill.started.then(() => {
        cancel();
        resolve();
      });
    });
  }
}

/** Ends what was fetched for a client that is not there. */
function discard(fetched: Fetched): void {
  if (fetched.kind === "uncacheable") fetched.response.body?.cancel().catch(() => {});
}

/** A request as freshness is judged by. */
function askedFor(key: string, request: Request, waited: boolean): PolicyRequest {
  const asked = policyRequest(key, request.headers);
  if (!waited) return asked;
  // What was fetched while this request waited is as fresh as it could have asked for.
  const { "cache-control": _control, pragma: _pragma, ...headers } = asked.headers;
  return { ...asked, headers };
}
