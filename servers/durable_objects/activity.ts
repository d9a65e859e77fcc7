// What an object has under way that keeps it in memory, each with the place in the code that began it.

/** A kind of thing that keeps an object in memory. */
export type ActivityKind =
  /** A timer that has not fired. */
  | "setTimeout"
  /** A timer that was not cleared. */
  | "setInterval"
  /** A wait by `scheduler.wait()` that is not over. */
  | "scheduler.wait"
  /** A signal by `AbortSignal.timeout()` that has not aborted. */
  | "AbortSignal.timeout"
  /** A request that the object makes, until its answer is there, and while somebody waits for its body. */
  | "fetch"
  /** A WebSocket that the object opened to somewhere else. */
  | "WebSocket"
  /** A WebSocket that a client opened and the object took with `accept()`. */
  | "plain-socket"
  /** A request to the object whose answer is not over. */
  | "request"
  /** A call of one of its methods. */
  | "rpc"
  /** A handler of a hibernatable socket that runs. */
  | "socket-event"
  /** Its alarm handler. */
  | "alarm"
  /** A promise given to `waitUntil()`. */
  | "waitUntil"
  /** Its constructor, or `blockConcurrencyWhile()`. */
  | "construction";

/** One of them. */
export interface Activity {
  /** What it is. */
  readonly kind: ActivityKind;
  /** Where in the object's code it began, as `echo.ts:12`; undefined for what came from outside. */
  readonly place: string | undefined;
  /** When it began: what the object's clock said, in milliseconds. */
  readonly sinceMs: number;
  /** More about it: a URL, an interval in milliseconds. */
  readonly detail: string | undefined;
  /** It is over. Calling it again does nothing. */
  end(): void;
}

/** What is known of something that begins. */
export interface ActivityOptions {
  /** Where in the object's code it began. Read when it is asked for, so it may cost something. */
  readonly place?: string | undefined;
  /** More about it. */
  readonly detail?: string | undefined;
}

/** What an object has under way. */
export interface Activities {
  /** How many there are. */
  readonly size: number;
  /** Something began. */
  begin(kind: ActivityKind, options?: ActivityOptions): Activity;
  /** All, in the order in which they began. */
  list(): readonly Activity[];
  /** Forgets all without telling anybody: the incarnation is over. */
  clear(): void;
}

class Begun implements Activity {
  readonly kind: ActivityKind;
  readonly sinceMs: number;
  readonly #options: ActivityOptions | undefined;
  readonly #onEnd: (activity: Activity) => void;

  constructor(
    kind: ActivityKind,
    sinceMs: number,
    options: ActivityOptions | undefined,
    onEnd: (activity: Activity) => void,
  ) {
    this.kind = kind;
    this.sinceMs = sinceMs;
    this.#options = options;
    this.#onEnd = onEnd;
  }

  get place(): string | undefined {
    return this.#options?.place;
  }

  get detail(): string | undefined {
    return this.#options?.detail;
  }

  end(): void {
    this.#onEnd(this);
  }
}

/**
 * Keeps the activities of one incarnation. After `clear()` it stays empty: code that still runs then
 * keeps nothing in memory.
 *
 * @param options `now` is the object's clock, in milliseconds; `onChange` is told how many there are
 *   each time that one began or ended.
 */
export function createActivities(
  options: { now(): number; onChange(size: number): void },
): Activities {
  const all = new Set<Activity>();
  let cleared = false;
  const end = (activity: Activity) => {
    if (all.delete(activity)) options.onChange(all.size);
  };
  return {
    get size() {
      return all.size;
    },
    begin(kind, about) {
      const activity = new Begun(kind, options.now(), about, end);
      if (cleared) return activity;
      all.add(activity);
      options.onChange(all.size);
      return activity;
    },
    list: () => [...all],
    clear() {
      cleared = true;
      all.clear();
    },
  };
}
