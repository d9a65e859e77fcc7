// Time as something that is passed in: real, paced (N times faster) or moved by hand in a test.

/** What servers and scenarios know of time. */
export interface Clock {
  /** Milliseconds since the Unix epoch, monotonic, with fractions. */
  now(): number;
  /** Resolves after `ms` of this clock's time; rejects with the signal's reason when that aborts. */
  sleep(ms: number, options?: { signal?: AbortSignal }): Promise<void>;
  /** Calls back once after `ms` of this clock's time. Returns what cancels it. */
  setTimeout(callback: () => void, ms: number): () => void;
}

/** The longest delay that one timer of the runtime can hold, in milliseconds (2^31 - 1). */
const LONGEST_TIMER_MS = 2_147_483_647;

function sleepOn(
  clock: Pick<Clock, "setTimeout">,
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * The wall clock. Delays longer than one timer can hold (about 24.8 days) are chained.
 *
 * @example
 * ```ts
 * import { realClock } from "./clock.ts";
 *
 * const before = realClock.now();
 * await realClock.sleep(5);
 * console.log(realClock.now() > before); // true
 * ```
 */
export const realClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (ms, options) => sleepOn(realClock, ms, options?.signal),
  setTimeout(callback, ms) {
    let timer: ReturnType<typeof setTimeout>;
    const arm = (left: number) => {
      const step = Math.min(Math.max(left, 0), LONGEST_TIMER_MS);
      timer = setTimeout(() => left > step ? arm(left - step) : callback(), step);
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};

/**
 * A clock that runs `speed` times as fast as `base`: a sleep of 60 s takes 3 s at speed 20.
 *
 * @param speed How many times faster; greater than 0, else `RangeError`.
 *
 * @example
 * ```ts
 * import { pacedClock } from "./clock.ts";
 *
 * const clock = pacedClock(20);
 * await clock.sleep(200); // 10 ms on the wall
 * ```
 */
export function pacedClock(speed: number, base: Clock = realClock): Clock {
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new RangeError(`Cannot pace a clock: received speed ${speed}, expected a number above 0`);
  }
  const start = base.now();
  return {
    now: () => start + (base.now() - start) * speed,
    sleep: (ms, options) => base.sleep(ms / speed, options),
    setTimeout: (callback, ms) => base.setTimeout(callback, ms / speed),
  };
}

/** A clock that stands still until it is told to move, for tests that cost no wall-clock time. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Map<number, { at: number; callback: () => void }>();

  /**
   * Stands still at once.
   *
   * @param now Where the clock stands at first, in milliseconds since the Unix epoch.
   */
  constructor(now = 0) {
    this.#now = now;
  }

  /** {@inheritDoc Clock.now} */
  now(): number {
    return this.#now;
  }

  /** {@inheritDoc Clock.sleep} */
  sleep(ms: number, options?: { signal?: AbortSignal }): Promise<void> {
    return sleepOn(this, ms, options?.signal);
  }

  /** {@inheritDoc Clock.setTimeout} */
  setTimeout(callback: () => void, ms: number): () => void {
    const id = this.#order++;
    this.#timers.set(id, { at: this.#now + Math.max(ms, 0), callback });
    return () => void this.#timers.delete(id);
  }

  /** How many timers are armed. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Moves time on by `ms`, firing what falls due in order of time, then of arming. Between two
   * timers what their callbacks started gets a turn of the event loop.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    while (true) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end)
        .sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
      if (due === undefined) break;
      const [id, timer] = due;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, timer.at);
      timer.callback();
    }
    this.#now = end;
  }
}
