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

/** Two times closer than this are the same: milliseconds since 1970 have no finer fractions. */
const SAME_TIME_MS = 0.001;

/** One reader that waits. There may be thousands: it is one small object, with no timer of its own. */
class Waiter implements EventListenerObject {
  readonly deadlineMs: number;
  readonly #core: LockCore;
  readonly #resolve: (status: LockStatus | undefined) => void;

  constructor(
    core: LockCore,
    deadlineMs: number,
    resolve: (status: LockStatus | undefined) => void,
  ) {
    this.deadlineMs = deadlineMs;
    this.#core = core;
    this.#resolve = resolve;
  }

  end(status: LockStatus): void {
    this.#resolve(status);
  }

  /** The reader's signal has aborted. */
  handleEvent(): void {
    this.#core.forget(this);
    this.#resolve(undefined);
  }
}

/** One lock: from the making of its writer to its end. */
class LockCore {
  status: LockStatus = "Waiting";
  readonly #clock: Clock;
  readonly #overAgeAtMs: number;
  readonly #waiters = new Set<Waiter>();
  /** The next deadline that the one timer is armed for, and what disarms it. */
  #timer: { atMs: number; cancel: () => void } | undefined;

  constructor(clock: Clock, ageTimeoutMs: number) {
    this.#clock = clock;
    this.#overAgeAtMs = clock.now() + ageTimeoutMs;
  }

  /** Whether it is over age without anyone having marked it: only readers look at the clock. */
  get overAge(): boolean {
    return this.#isDue(this.#overAgeAtMs);
  }

  /** Waits for the end, the age timeout, `budgetMs`, or `signal`, which gives undefined. */
  wait(budgetMs: number, signal: AbortSignal | undefined): Promise<LockStatus | undefined> {
    return new Promise((resolve) => {
      const waiter = new Waiter(this, this.#clock.now() + budgetMs, resolve);
      this.#waiters.add(waiter);
      this.#arm(Math.min(waiter.deadlineMs, this.#overAgeAtMs));
      signal?.addEventListener("abort", waiter, { once: true });
    });
  }

  /** Wakes everyone with what the lock has come to. */
  end(status: LockStatus): void {
    this.status = status;
    this.#disarm();
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.end(status);
  }

  /** Takes a reader out that waits no more. */
  forget(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size === 0) this.#disarm();
  }

  /** One timer serves all readers: it is armed for the first deadline among them. */
  #arm(atMs: number): void {
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    this.#disarm();
    const cancel = this.#clock.setTimeout(() => this.#ring(), atMs - this.#clock.now());
    this.#timer = { atMs, cancel };
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #ring(): void {
    this.#timer = undefined;
    if (this.overAge) return this.end("AgeTimeout");
    let nextMs = this.#overAgeAtMs;
    for (const waiter of this.#waiters) {
      if (this.#isDue(waiter.deadlineMs)) {
        this.#waiters.delete(waiter);
        waiter.end("WaitTimeout");
      } else nextMs = Math.min(nextMs, waiter.deadlineMs);
    }
    if (this.#waiters.size > 0) this.#arm(nextMs);
  }

  #isDue(atMs: number): boolean {
    return atMs - this.#clock.now() < SAME_TIME_MS;
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

/** A reader's side of a lock. */
export class ReadLock {
  readonly #core: LockCore;

  /** For {@linkcode CacheLock} alone. */
  constructor(core: LockCore) {
    this.#core = core;
  }

  /**
   * Waits for the earliest of: the writer's release, the lock's age timeout, this reader's budget.
   * Of those that are due together the release wins, then the age timeout.
   *
   * @param budgetMs How long this reader may still wait.
   * @param signal Ends the wait when it aborts: the promise then gives undefined.
   */
  wait(budgetMs: number, signal?: AbortSignal): Promise<LockStatus | undefined> {
    const core = this.#core;
    if (signal?.aborted) return Promise.resolve(undefined);
    if (core.status === "Waiting" && core.overAge) core.end("AgeTimeout");
    return core.status === "Waiting" ? core.wait(budgetMs, signal) : Promise.resolve(core.status);
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
      return { read: new ReadLock(present) };
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
