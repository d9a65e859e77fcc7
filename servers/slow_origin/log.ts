// What the slow origin remembers of its requests, path by path, and who waits to hear of more.

import type { Clock } from "../../lab/clock.ts";
import {
  ORIGIN_LOG_SCHEMA,
  type OriginLog,
  type OriginPaths,
  type OriginRequest,
} from "../../lab/origin_log.ts";

/** How a request stands or ended. */
export type Outcome = OriginRequest["outcome"];

/** A request's place in the log. */
export interface Arrival {
  /** Which request for its path it is, from 1. */
  readonly n: number;
  /** Notes that the response head is on its way. */
  head(): void;
  /** Notes the end; later ends do not count. */
  end(outcome: Exclude<Outcome, "open">): void;
}

/** When a wait for requests of a path is over. */
export interface Awaited {
  /** At least so many requests have arrived. */
  min: number;
  /** At least so many of them are over. */
  done: number;
}

interface PathLog {
  arrived: number;
  over: number;
  kept: Set<OriginRequest>;
}

/** The request headers that are kept: what a cache says of itself and of what it holds. */
const KEPT_HEADERS = ["range", "if-none-match", "if-modified-since", "user-agent"] as const;

/**
 * The log of an origin. It is bounded: past `maxRequests` the oldest finished ones are forgotten, and
 * a path's counts with its last request; what is open is always kept.
 */
export class RequestLog {
  readonly #clock: Clock;
  readonly #maxRequests: number;
  readonly #paths = new Map<string, PathLog>();
  readonly #finished = new Map<OriginRequest, string>();
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #totals: Record<Exclude<Outcome, "open">, number> = {
    answered: 0,
    aborted: 0,
    fault: 0,
  };
  #kept = 0;
  #requests = 0;

  /**
   * Begins an empty log.
   *
   * @param clock Gives the times.
   * @param maxRequests How many requests are kept at most, open ones aside. Default: 10,000.
   */
  constructor(clock: Clock, maxRequests = 10_000) {
    this.#clock = clock;
    this.#maxRequests = maxRequests;
  }

  /** All requests since the start, and how they ended; forgetting does not change these. */
  get totals(): { requests: number; answered: number; aborted: number; fault: number } {
    return { requests: this.#requests, ...this.#totals };
  }

  /** Notes a request for `path`, whose target (path and query) is `target`. */
  arrive(path: string, target: string, request: Request): Arrival {
    const log = this.#paths.get(path) ?? { arrived: 0, over: 0, kept: new Set() };
    this.#paths.set(path, log);
    const entry: OriginRequest = {
      n: ++log.arrived,
      method: request.method,
      url: target,
      arrivedAtMs: this.#clock.now(),
      headersAtMs: null,
      endedAtMs: null,
      outcome: "open",
      headers: Object.fromEntries(KEPT_HEADERS.flatMap((name) => {
        const value = request.headers.get(name);
        return value === null ? [] : [[name, value]];
      })),
    };
    log.kept.add(entry);
    this.#kept++;
    this.#requests++;
    this.#trim();
    this.#wake(path);
    return {
      n: entry.n,
      head: () => void (entry.headersAtMs ??= this.#clock.now()),
      end: (outcome) => {
        if (entry.outcome !== "open") return;
        entry.outcome = outcome;
        entry.endedAtMs = this.#clock.now();
        this.#totals[outcome]++;
        if (!log.kept.has(entry)) return;
        log.over++;
        this.#finished.set(entry, path);
        this.#trim();
        this.#wake(path);
      },
    };
  }

  /** The requests for `path` that are kept. */
  read(path: string): OriginLog {
    return {
      schema: ORIGIN_LOG_SCHEMA,
      path,
      nowMs: this.#clock.now(),
      requests: [...this.#paths.get(path)?.kept ?? []],
    };
  }

  /** How many requests each path has had. */
  paths(): OriginPaths {
    return {
      schema: ORIGIN_LOG_SCHEMA,
      nowMs: this.#clock.now(),
      paths: Object.fromEntries([...this.#paths].map(([path, log]) => [path, log.arrived])),
    };
  }

  /** Forgets `path`, or everything; the next request is the first again. */
  forget(path?: string): void {
    for (const forgotten of path === undefined ? [...this.#paths.keys()] : [path]) {
      const log = this.#paths.get(forgotten);
      if (log === undefined) continue;
      this.#paths.delete(forgotten);
      this.#kept -= log.kept.size;
      for (const entry of log.kept) this.#finished.delete(entry);
      log.kept.clear();
    }
  }

  /**
   * Resolves when the requests for `path` are as awaited, after `waitMs` at the latest, and at once
   * when the signal aborts: the caller then reads what there is.
   */
  waitFor(path: string, awaited: Awaited, waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const isThere = () => {
        const { arrived = 0, over = 0 } = this.#paths.get(path) ?? {};
        return arrived >= awaited.min && over >= awaited.done;
      };
      if (isThere() || waitMs === 0 || signal.aborted) return resolve();
      const waiters = this.#waiters.get(path) ?? new Set();
      this.#waiters.set(path, waiters);
      const look = () => {
        if (isThere()) stop();
      };
      const stop = () => {
        cancelTimer();
        signal.removeEventListener("abort", stop);
        waiters.delete(look);
        if (waiters.size === 0) this.#waiters.delete(path);
        resolve();
      };
      const cancelTimer = this.#clock.setTimeout(stop, waitMs);
      signal.addEventListener("abort", stop, { once: true });
      waiters.add(look);
    });
  }

  #wake(path: string): void {
    for (const look of [...this.#waiters.get(path) ?? []]) look();
  }

  #trim(): void {
    for (const [entry, path] of this.#finished) {
      if (this.#kept <= this.#maxRequests) return;
      this.#finished.delete(entry);
      this.#kept--;
      const log = this.#paths.get(path);
      log?.kept.delete(entry);
      if (log?.kept.size === 0) this.#paths.delete(path);
    }
  }
}
