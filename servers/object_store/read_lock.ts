// The locks of reads under way: what a second GET of an object has to wait for, if anything.

import type { Clock } from "../../lab/clock.ts";
import type { Variant } from "../../lab/verdict.ts";
import { S3Error } from "../s3/error.ts";

/** What is read, and where. */
export interface ReadTarget {
  /** The bucket. */
  bucket: string;
  /** The object's key. The lock is by key: whatever version is there. */
  key: string;
  /** The region in which it is answered. */
  region: string;
}

/** A read that is under way, as the figures show it. */
export interface ReadFigures extends ReadTarget {
  /** How much of the body the store has handed on, in bytes. */
  sentBytes: number;
  /** How much the body has, in bytes. */
  sizeBytes: number;
  /** For how long the read has been open, in milliseconds. */
  ageMs: number;
}

/** The turn of one read: the right to send its body, until it is ended. */
export interface OpenRead {
  /** How much the body has, in bytes; set by who answers. */
  sizeBytes: number;
  /** How much of it was handed on, in bytes; kept by who answers. */
  sentBytes: number;
  /** Called when the store is closed while the read is open. */
  onCut?: () => void;
  /** The body is fully sent, or its connection has closed. More than one call is one. */
  end(): void;
}

/** What read locks are made of. */
export interface ReadLockOptions {
  /** Whether reads of one object exclude each other (`bug`) or share (`fix`). */
  variant: Variant;
  /** Times the locks. */
  clock: Clock;
  /** For how long one read may hold its lock, in milliseconds. Default: 60,000. */
  timeoutMs?: number;
}

/** The most open reads that the figures name; of more, the newest. */
const MOST_FIGURES = 100;

/** A read that waits for its turn. */
class Waiter implements EventListenerObject {
  readonly #lock: Lock;
  readonly #settle: (turn: boolean) => void;

  constructor(lock: Lock, settle: (turn: boolean) => void) {
    this.#lock = lock;
    this.#settle = settle;
  }

  /** Its turn has come, or with false: it never will. */
  end(turn: boolean): void {
    this.#settle(turn);
  }

  /** The signal of its client has aborted. */
  handleEvent(): void {
    this.#lock.queue.delete(this);
    this.#settle(false);
  }
}

/** The lock of one object in one region: there while anyone holds it. */
class Lock {
  /** How many reads hold it. */
  holders = 0;
  /** Who waits, in the order of coming. */
  readonly queue = new Set<Waiter>();
}

/**
 * The table of reads under way.
 *
 * This is a model of what the reporter of the stale reads in Cloudflare R2 saw and assumed; the vendor
 * has not confirmed it. Seen: a GET whose body is not read keeps other reads of that object in that
 * region from being answered, until its connection is closed or 60 s are over. Assumed by the reporter:
 * that the object is locked for the region meanwhile. Our own reading of it: waiting reads go on in the
 * order of their coming, and each then holds the lock in turn; the lock timeout ends the lock, not the
 * answer of who held it.
 */
export class ReadLocks {
  readonly #variant: Variant;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #locks = new Map<string, Lock>();
  readonly #reads = new Set<Read>();
  #waiting = 0;
  #closed = false;

  /** Makes an empty table. */
  constructor(options: ReadLockOptions) {
    this.#variant = options.variant;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
  }

  /** How many reads wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /** How many locks are held. */
  get held(): number {
    return this.#locks.size;
  }

  /** The reads under way, oldest first; of more than 100 the newest. */
  reads(): ReadFigures[] {
    const nowMs = this.#clock.now();
    const newest = [...this.#reads].slice(-MOST_FIGURES);
    return newest.map(({ target, sentBytes, sizeBytes, sinceMs }) => ({
      ...target,
      sentBytes,
      sizeBytes,
      ageMs: Math.round((nowMs - sinceMs) * 10) / 10,
    }));
  }

  /**
   * Waits until the object may be read. The caller must end the read that it is given.
   *
   * @param target What is to be read.
   * @param signal Of the client: when it aborts, the read loses its place and gets undefined.
   * @throws {S3Error} `ServiceUnavailable` (503) when the store is closed.
   */
  async open(target: ReadTarget, signal: AbortSignal): Promise<OpenRead | undefined> {
    if (signal.aborted) return undefined;
    const name = JSON.stringify([target.region, target.bucket, target.key]);
    this.#waiting++;
    const lock = await this.#enter(name, signal);
    this.#waiting--;
    // What had its turn may have been closed, or have lost its client, before it could go on.
    if (lock !== undefined && (this.#closed || signal.aborted)) this.#leave(name, lock);
    if (this.#closed) throw new S3Error("ServiceUnavailable", 503, "The store is closing.");
    if (lock === undefined || signal.aborted) return undefined;
    const letGo = once(() => this.#leave(name, lock));
    const cancelTimeout = this.#clock.setTimeout(letGo, this.#timeoutMs);
    const read = new Read(target, this.#clock.now(), () => {
      cancelTimeout();
      this.#reads.delete(read);
      letGo();
    });
    this.#reads.add(read);
    return read;
  }

  /** Ends who waits, and cuts who reads. */
  close(): void {
    this.#closed = true;
    for (const lock of this.#locks.values()) {
      const queue = [...lock.queue];
      lock.queue.clear();
      for (const waiter of queue) waiter.end(false);
    }
    for (const read of [...this.#reads]) {
      read.end();
      read.onCut?.();
    }
  }

  /**
   * Enters the lock of this name as soon as it may. Here, and nowhere else, the variants part: with the
   * bug a read is let in when nobody else reads, else beside all others.
   */
  #enter(name: string, signal: AbortSignal): Lock | undefined | Promise<Lock | undefined> {
    if (this.#closed) return undefined;
    const lock = this.#locks.get(name) ?? new Lock();
    const free = this.#variant === "bug" ? lock.holders === 0 : true;
    if (!free) return this.#queue(lock, signal);
    lock.holders++;
    this.#locks.set(name, lock);
    return lock;
  }

  #queue(lock: Lock, signal: AbortSignal): Promise<Lock | undefined> {
    return new Promise((resolve) => {
      const waiter = new Waiter(lock, (turn) => {
        signal.removeEventListener("abort", waiter);
        resolve(turn ? lock : undefined);
      });
      lock.queue.add(waiter);
      signal.addEventListener("abort", waiter, { once: true });
    });
  }

  /** Hands a place in the lock on to who has waited longest. */
  #leave(name: string, lock: Lock): void {
    const [next] = lock.queue;
    if (next !== undefined) {
      lock.queue.delete(next);
      next.end(true);
    } else if (--lock.holders === 0) this.#locks.delete(name);
  }
}

class Read implements OpenRead {
  sizeBytes = 0;
  sentBytes = 0;
  onCut?: () => void;
  readonly target: ReadTarget;
  readonly sinceMs: number;
  readonly end: () => void;

  constructor(target: ReadTarget, sinceMs: number, onEnd: () => void) {
    this.target = target;
    this.sinceMs = sinceMs;
    this.end = once(onEnd);
  }
}

/** Makes every call but the first one do nothing. */
function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
