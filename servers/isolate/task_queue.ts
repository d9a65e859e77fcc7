// One queue of tasks for a whole isolate: what wakes a task puts it there, and one turn resumes them all.

/** Begins to wait for something, and calls back, once, when the task may go on. */
export type Waiting = (wake: () => void) => void;

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

  /** How many tasks wait at this moment: begun, not over, and not on the queue. */
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
      const resume = () => {
        try {
          running ??= task();
          const { done, value } = running.next();
          if (done) resolve(value);
          else this.#park(value, resume);
        } catch (error) {
          reject(error);
        }
      };
      this.#push(resume);
    });
  }

  #park(waiting: Waiting, resume: () => void): void {
    let woken = false;
    this.#parked++;
    waiting(() => {
      if (woken) return;
      woken = true;
      this.#parked--;
      this.#push(resume);
    });
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

  /** How many tasks wait for it at this moment. */
  get waiting(): number {
    return this.#wakes.length;
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
    while (this.#outcome === undefined) yield (wake) => void this.#wakes.push(wake);
    return take(this.#outcome);
  }

  #settle(outcome: Outcome<T>): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    const wakes = this.#wakes;
    this.#wakes = [];
    for (const wake of wakes) wake();
  }
}
