// An object without a host, for the tests of the globals: time moved by hand, log and ends recorded.

import { ManualClock } from "../../../lab/clock.ts";
import { createActivities } from "../activity.ts";
import { type LogLevel, type ObjectContext, runAs } from "../context.ts";
import { installGlobals } from "./install.ts";

/** When the clock of a test's object starts. */
export const START_MS = Date.UTC(2030, 0, 1);

/** An incarnation that a test ends itself. */
export class TestingObject implements ObjectContext {
  readonly clock: ManualClock = new ManualClock(START_MS);
  readonly env: unknown = {};
  readonly outbound: typeof fetch;
  alive = true;
  /** How many activities there were after each change. */
  readonly sizes: number[] = [];
  readonly activities = createActivities({
    now: () => this.clock.now(),
    onChange: (size) => void this.sizes.push(size),
  });
  /** Its log, as `level text text`. */
  readonly lines: string[] = [];
  /** How often something was run as an event. */
  entered = 0;
  /** While true, events are kept back, as by an input gate. */
  closed = false;
  readonly #held: (() => void)[] = [];
  readonly #ends = new Set<() => void>();

  /** @param outbound What its `fetch` goes out by. */
  constructor(outbound: typeof fetch = fetch) {
    this.outbound = outbound;
  }

  /** Runs something as its code. */
  run<T>(callback: () => T): T {
    return runAs({ object: this, over: false }, callback);
  }

  enter(callback: () => unknown): void {
    if (this.closed) return void this.#held.push(() => this.enter(callback));
    if (!this.alive) return;
    this.entered++;
    const caught = (error: unknown) => this.log("error", [error]);
    try {
      Promise.resolve(callback()).catch(caught);
    } catch (error) {
      caught(error);
    }
  }

  /** Lets in what was kept back. */
  open(): void {
    this.closed = false;
    for (const enter of this.#held.splice(0)) enter();
  }

  log(level: LogLevel, args: readonly unknown[]): void {
    this.lines.push([level, ...args].join(" "));
  }

  count(): void {}

  onEnd(callback: () => void): () => void {
    this.#ends.add(callback);
    return () => void this.#ends.delete(callback);
  }

  /** How many wait for its end. */
  get watchers(): number {
    return this.#ends.size;
  }

  /** It is evicted or reset. */
  end(): void {
    this.alive = false;
    this.#ends.forEach((callback) => callback());
    this.activities.clear();
  }

  /** What it has under way, as `kind place detail`. */
  shown(): string[] {
    return this.activities.list().map(({ kind, place, detail }) =>
      [kind, place?.replace(/\d+$/, "N"), detail].filter((part) => part !== undefined).join(" ")
    );
  }
}

/** A test with an object, in which the globals are installed. */
export function withObject(
  test: (object: TestingObject) => Promise<void> | void,
  outbound?: typeof fetch,
): () => Promise<void> {
  return async () => {
    const release = installGlobals();
    try {
      await test(new TestingObject(outbound));
    } finally {
      release();
    }
  };
}
