// The cache lock: one writer a key fetches, readers wait for what becomes of it. Semantics and names
// are those of Pingora 0.8 (pingora-cache/src/lock.rs).

import type { Clock } from "../../lab/clock.ts";

/**
 * What a lock has come to:
 * - `Waiting`: the writer is at work;
 * - `Done`: the answer is in the cache, look it up again;
 * - `TransientError`: the writer failed, compete to be the next one;
 * - `GiveUp`: the answer cannot be cached, everyone fetches on their own;
 * - `Dangling`: the writer vanished without a word, compete;
 * - `AgeTimeout`: the writer has held the lock too long, it may be replaced;
 * - `WaitTimeout`: this one reader has waited long enough (never the lock's own status).
 */
export type LockStatus =
  | "Waiting"
  | "Done"
  | "TransientError"
  | "GiveUp"
  | "Dangling"
  | "AgeTimeout"
  | "WaitTimeout";

/** What a writer may say when it lets go. */
export type ReleaseReason = "Done" | "TransientError" | "GiveUp";

/** One lock: from the making of its writer to its end. */
class LockCore {
  status: LockStatus = "Waiting";
  readonly startedAtMs: number;
  readonly #clock: Clock;
  readonly #ageTimeoutMs: number;
  readonly #waiters = new Set<() => void>();
  #cancelAgeTimer: (() => void) | undefined;

  constructor(clock: Clock, ageTimeoutMs: number) {
    this.#clock = clock;
    this.#ageTimeoutMs = ageTimeoutMs;
    this.startedAtMs = clock.now();
  }

  /** Calls back once when the lock has ended or is over age. Returns what takes that back. */
  onEnd(callback: () => void): () => void {
    this.#waiters.add(callback);
    // One timer serves all readers: they wait for the same deadline.
    this.#cancelAgeTimer ??= this.#clock.setTimeout(
      () => this.end("AgeTimeout"),
      this.startedAtMs + this.#ageTimeoutMs - this.#clock.now(),
    );
    return () => {
      this.#waiters.delete(callback);
      if (this.#waiters.size === 0) this.#disarm();
    };
  }

  /** Whether it is over age without anyone having marked it: only readers look at the clock. */
  get overAge(): boolean {
    return this.#clock.now() - this.startedAtMs >= this.#ageTimeoutMs;
  }

  end(status: LockStatus): void {
    this.status = status;
    this.#disarm();
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }

  #disarm(): void {
    this.#cancelAgeTimer?.();
    this.#cancelAgeTimer = undefined;
  }
}

/** The writer's side of a lock. */
export class WritePermit {
  readonly #release: (reason: ReleaseReason | "Dangling") => void;
  #released = false;

  /** For {@linkcode CacheLock} alone. */
  constructor(release: (reason: ReleaseReason | "Dangling") => void) {
    this.#release = release;
  }

  /** Whether the writer still holds it. */
  get held(): boolean {
    return !this.#released;
  }

  /** Lets the readers go with a reason. Only the first call counts. */
  release(reason: ReleaseReason): void {
    this.#end(reason);
  }

  /** Ends a permit that nobody has released: the readers find it `Dangling`. */
  drop(): void {
    this.#end("Dangling");
  }

  #end(reason: ReleaseReason | "Dangling"): void {
    if (this.#released) return;
    this.#released = true;
    this.#release(reason);
  }
}

/** A wait that can be awaited and given up. */
export interface LockWait {
  /** How the wait ended. */
  readonly status: Promise<LockStatus>;
  /** Stops waiting; `status` then never settles. */
  abandon(): void;
}

/** A reader's side of a lock. */
export class ReadLock {
  readonly #core: LockCore;
  readonly #clock: Clock;

  /** For {@linkcode CacheLock} alone. */
  constructor(core: LockCore, clock: Clock) {
    this.#core = core;
    this.#clock = clock;
  }

  /**
   * Waits for the earliest of: the writer's release, the lock's age timeout, this reader's budget.
   * Of those that are due together the release wins, then the age timeout.
   *
   * @param budgetMs How long this reader may still wait.
   */
  wait(budgetMs: number): LockWait {
    const core = this.#core;
    if (core.status === "Waiting" && core.overAge) core.end("AgeTimeout");
    if (core.status !== "Waiting") {
      return { status: Promise.resolve(core.status), abandon() {} };
    }
    const { promise, resolve } = Promise.withResolvers<LockStatus>();
    const cancelBudget = this.#clock.setTimeout(() => {
      forget();
      if (core.overAge) core.end("AgeTimeout");
      resolve(core.status === "Waiting" ? "WaitTimeout" : core.status);
    }, budgetMs);
    const forget = core.onEnd(() => {
      cancelBudget();
      resolve(core.status);
    });
    return {
      status: promise,
      abandon() {
        cancelBudget();
        forget();
      },
    };
  }
}

/** What asking for a lock gives: the right to write, or something to wait for. */
export type Locked = { write: WritePermit } | { read: ReadLock };

/** The table of locks by key. */
export class CacheLock {
  readonly #table = new Map<string, LockCore>();
  readonly #clock: Clock;
  readonly #ageTimeoutMs: number;

  /** @param ageTimeoutMs How long one writer may hold a lock before readers may replace it. */
  constructor(clock: Clock, ageTimeoutMs: number) {
    this.#clock = clock;
    this.#ageTimeoutMs = ageTimeoutMs;
  }

  /** How many locks are in the table. */
  get size(): number {
    return this.#table.size;
  }

  /**
   * Takes the lock of a key, or joins who waits for it. As in Pingora this looks at the stored
   * status, not at the clock: an over-age lock that no reader has marked is still joined, and the
   * wait then ends at once.
   */
  lock(key: string): Locked {
    const present = this.#table.get(key);
    if (present && present.status !== "Dangling" && present.status !== "AgeTimeout") {
      return { read: new ReadLock(present, this.#clock) };
    }
    const core = new LockCore(this.#clock, this.#ageTimeoutMs);
    this.#table.set(key, core);
    return { write: new WritePermit((reason) => this.#release(key, core, reason)) };
  }

  #release(key: string, core: LockCore, reason: ReleaseReason | "Dangling"): void {
    // Over age and marked: a newer writer may have the key, so the table is left alone.
    if (core.status === "AgeTimeout") return;
    // A dangling lock stays in the table until the next one replaces it, as in Pingora.
    if (reason !== "Dangling") this.#table.delete(key);
    core.end(reason);
  }
}
