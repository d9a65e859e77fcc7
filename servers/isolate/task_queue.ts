// One queue of tasks for a whole isolate: what wakes a task puts it there, and one turn resumes them all.

/**
 * Begins to wait for something, and calls back, once, when the task may go on.
 *
 * @returns What is called when the request that the task is of is over before that, if anything.
 */
export type Waiting = (wake: () => void) => (() => void) | void;

/** Calls back when the request whose code runs is over. Returns what takes that back. */
export type RequestEnds = (callback: () => void) => () => void;

let requestEnds: RequestEnds = () => () => {};

/**
 * Tells all queues how they hear that a request is over, so that its tasks are not counted any more:
 * what it waited for may never settle. A Worker cannot know it, and nothing tells it there.
 */
export function hearRequestEnds(ends: RequestEnds): void {
  requestEnds = ends;
}

/**
 * Something that is done bit by bit: a generator that gives away its turn with `yield* wait(promise)`,
 * as an async function does with `await`. Between its bits others run, and it goes on when the queue
 * resumes it, in whatever request's context that happens.
 */
export type Task<T> = Generator<Waiting, T, unknown>;

/** How a queue is run. */
export interface TaskQueueOptions {
  /** Calls back in a later turn, in the context of who calls it. Default: `queueMicrotask`. */
  schedule?: (drain: () => void) => void;
}

/** A promise's end, kept until the task is resumed. */
type Outcome<T> = { readonly value: T } | { readonly reason: unknown };

function take<T>(outcome: Outcome<T>): T {
  if ("reason" in outcome) throw outcome.reason;
  return outcome.value;
}

/** Whether the request that a task is of is over, and what is done about a wait when it is. */
interface Waiter {
  isGone: boolean;
  leave: (() => void) | undefined;
}

/**
 * Runs tasks as the executor of `wasm-bindgen-futures` runs the futures of a Rust Worker: a task that
 * may go on is put on one queue; who puts the first one there schedules one turn, in which all on the
 * queue are resumed. So a task may be resumed in the context of another request than its own. What a
 * turn puts on the queue is for the next one.
 *
 * @example Two tasks that take turns
 * ```ts
 * import { TaskQueue, wait } from "./task_queue.ts";
 *
 * const queue = new TaskQueue();
 * const seen: string[] = [];
 * const task = (name: string) =>
 *   function* () {
 *     seen.push(`${name}1`);
 *     yield* wait(Promise.resolve());
 *     seen.push(`${name}2`);
 *   };
 * await Promise.all([queue.run(task("a")), queue.run(task("b"))]);
 * console.log(seen.join(" ")); // a1 b1 a2 b2
 * ```
 */
export class TaskQueue {
  readonly #schedule: (drain: () => void) => void;
  #ready: (() => void)[] = [];
  #parked = 0;

  /** Begins empty. */
  constructor(options: TaskQueueOptions = {}) {
    // Called as a plain function: workerd's own refuses another `this`.
    this.#schedule = options.schedule ?? ((drain) => queueMicrotask(drain));
  }

  /**
   * How many tasks wait at this moment: begun, not over, not on the queue, and of a request that is
   * not known to be over.
   */
  get parked(): number {
    return this.#parked;
  }

  /**
   * Runs a task to its end. Its first bit, too, runs in a later turn.
   *
   * @returns What the task returns, or a rejection with what it throws. The promise is the caller's
   *   own: what awaits it goes on in the caller's context.
   */
  run<T>(task: () => Task<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let running: Task<T> | undefined;
      const of: Waiter = { isGone: false, leave: undefined };
      const forget = requestEnds(() => {
        of.isGone = true;
        of.leave?.();
      });
      const resume = () => {
        try {
          running ??= task();
          const { done, value } = running.next();
          if (!done) return this.#park(value, resume, of);
          resolve(value);
        } catch (error) {
          reject(error);
        }
        forget();
      };
      this.#push(resume);
    });
  }

  #park(waiting: Waiting, resume: () => void, of: Waiter): void {
    let woken = false;
    let isCounted = true;
    this.#parked++;
    const uncount = () => {
      if (isCounted) this.#parked--;
      isCounted = false;
    };
    const forget = waiting(() => {
      if (woken) return;
      woken = true;
      of.leave = undefined;
      uncount();
      this.#push(resume);
    });
    if (woken) return;
    of.leave = () => {
      forget?.();
      uncount();
    };
    if (of.isGone) of.leave();
  }

  #push(resume: () => void): void {
    this.#ready.push(resume);
    if (this.#ready.length === 1) this.#schedule(() => this.#drain());
  }

  #drain(): void {
    const ready = this.#ready;
    this.#ready = [];
    for (const resume of ready) resume();
  }
}

/**
 * In a task: waits for a promise, as `await` does.
 *
 * @returns What the promise is fulfilled with.
 * @throws What it is rejected with.
 *
 * @example
 * ```ts
 * import { TaskQueue, wait } from "./task_queue.ts";
 *
 * const length = await new TaskQueue().run(function* () {
 *   const bytes = yield* wait(new Response("four").arrayBuffer());
 *   return bytes.byteLength;
 * });
 * console.log(length); // 4
 * ```
 */
export function* wait<T>(promise: PromiseLike<T>): Task<T> {
  let outcome: Outcome<T> | undefined;
  const begin: Waiting = (wake) => {
    const settle = (one: Outcome<T>) => {
      outcome = one;
      wake();
    };
    promise.then((value) => settle({ value }), (reason: unknown) => settle({ reason }));
  };
  while (outcome === undefined) yield begin;
  return take(outcome);
}

/**
 * What one task finds out and others wait for, with no I/O of their own: a shared future. Whoever
 * settles it puts all that wait on the queue, so that they are resumed in the settler's context.
 *
 * @example Single flight
 * ```ts
 * import { Shared, TaskQueue, wait } from "./task_queue.ts";
 *
 * const queue = new TaskQueue();
 * const flight = new Shared<string>();
 * const second = queue.run(() => flight.wait());
 * await queue.run(function* () {
 *   flight.resolve(yield* wait(Promise.resolve("credentials")));
 * });
 * console.log(await second); // credentials
 * ```
 */
export class Shared<T> {
  #outcome: Outcome<T> | undefined;
  #wakes: (() => void)[] = [];
  #waiting = 0;

  /** How many tasks wait for it at this moment, of requests that are not known to be over. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether it was resolved or rejected. */
  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  /** All that wait, or will, get this value. Does nothing when it is settled. */
  resolve(value: T): void {
    this.#settle({ value });
  }

  /** Is thrown into all that wait, or will. Does nothing when it is settled. */
  reject(reason: unknown): void {
    this.#settle({ reason });
  }

  /** In a task: waits until it is settled; at once, when it is. */
  *wait(): Task<T> {
    while (this.#outcome === undefined) {
      yield (wake) => {
        this.#wakes.push(wake);
        this.#waiting++;
        // It is still woken, as in a Worker, where nobody knows that its request is over.
        return () => void this.#waiting--;
      };
    }
    return take(this.#outcome);
  }

  #settle(outcome: Outcome<T>): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    const wakes = this.#wakes;
    this.#wakes = [];
    this.#waiting = 0;
    for (const wake of wakes) wake();
  }
}
