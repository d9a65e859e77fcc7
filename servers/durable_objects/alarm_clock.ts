// An object's alarm: when it is due, and how it is run again when its handler throws.

import type { Clock } from "../../lab/clock.ts";
import type { ObjectStorage } from "./storage/storage.ts";

/** How often a handler that throws is run again (workerd 1.20261117.1). */
const MOST_RETRIES = 6;

/** How long the first retry waits, in milliseconds; each later one twice as long as the one before. */
const FIRST_BACKOFF_MS = 2_000;

/** By which part a wait is made longer at most, at random (workerd 1.20261117.1). */
const MOST_JITTER = 0.25;

/** What an alarm needs of its object. */
export interface AlarmOwner {
  clock: Clock;
  storage: ObjectStorage;
  /** Runs the handler; rejects with what it throws. */
  run(info: { retryCount: number; isRetry: boolean; scheduledTime: number }): Promise<void>;
  /** At least 0, less than 1. */
  random(): number;
  /** Told when a run has ended. */
  ran(retryCount: number, ok: boolean): void;
}

/** One object's alarm. */
export class AlarmClock {
  readonly #owner: AlarmOwner;
  #cancel: (() => void) | undefined;
  #running = false;
  #closed = false;

  constructor(owner: AlarmOwner) {
    this.#owner = owner;
    const { alarm } = owner.storage;
    // One whose handler had begun, or thrown, in a former process is due at once: its time is past.
    if (alarm !== undefined) this.#arm(alarm.atMs);
  }

  /** The object set its alarm, or took it back. */
  set(atMs: number | null): void {
    if (this.#running) return;
    if (atMs === null) this.#disarm();
    else this.#arm(atMs);
  }

  /** Nothing fires any more; what is stored stays. */
  close(): void {
    this.#closed = true;
    this.#disarm();
  }

  #arm(atMs: number): void {
    this.#disarm();
    if (this.#closed) return;
    const { clock } = this.#owner;
    this.#cancel = clock.setTimeout(() => void this.#fire(), Math.max(0, atMs - clock.now()));
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #fire(): Promise<void> {
    const { storage } = this.#owner;
    const due = storage.alarm;
    if (due === undefined) return;
    this.#running = true;
    storage.keepAlarm({ ...due, running: true });
    const { retryCount, atMs } = due;
    const ok = await this.#owner.run({ retryCount, isRetry: retryCount > 0, scheduledTime: atMs })
      .then(() => true, () => false);
    this.#running = false;
    if (this.#closed) return;
    this.#settle(ok);
    this.#owner.ran(retryCount, ok);
  }

  /** What becomes of the alarm after a run: one that was set meanwhile comes instead of a retry. */
  #settle(ok: boolean): void {
    const { storage, clock } = this.#owner;
    const left = storage.alarm;
    if (left === undefined) return;
    if (!left.running) return this.#arm(left.atMs);
    const { atMs, retryCount } = left;
    if (ok || retryCount >= MOST_RETRIES) return storage.keepAlarm(undefined);
    storage.keepAlarm({ atMs, retryCount: retryCount + 1, running: false });
    const backoffMs = FIRST_BACKOFF_MS * 2 ** retryCount;
    this.#arm(clock.now() + backoffMs * (1 + MOST_JITTER * this.#owner.random()));
  }
}
