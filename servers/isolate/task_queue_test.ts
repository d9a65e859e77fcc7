import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import { Shared, type Task, TaskQueue, wait } from "./task_queue.ts";

/** A queue whose turns a test takes itself. */
function byHand(): { queue: TaskQueue; turns: (() => void)[] } {
  const turns: (() => void)[] = [];
  return { queue: new TaskQueue({ schedule: (drain) => void turns.push(drain) }), turns };
}

Deno.test("a task's result and what it throws are its promise's", async () => {
  const queue = new TaskQueue();
  assertEquals(
    await queue.run(function* () {
      return (yield* wait(Promise.resolve(20))) + (yield* wait(Promise.resolve(1)));
    }),
    21,
  );
  const thrown = new Error("mine");
  const throwing = [
    () => {
      throw thrown;
    },
    function* (): Task<void> {
      yield* wait(Promise.reject(thrown));
    },
    function* (): Task<void> {
      yield () => {
        throw thrown;
      };
    },
  ];
  for (const task of throwing) {
    assertEquals(await assertRejects(() => queue.run(task)), thrown);
  }
});

Deno.test("a rejection can be caught in the task, which goes on", async () => {
  const seen = await new TaskQueue().run(function* () {
    try {
      yield* wait(Promise.reject(new Error("mine")));
    } catch (error) {
      return (error as Error).message;
    }
  });
  assertEquals(seen, "mine");
});

Deno.test("nothing of a task runs in the caller's turn, and all of a turn share one", () => {
  const { queue, turns } = byHand();
  const seen: string[] = [];
  for (const name of ["a", "b"]) {
    queue.run(function* () {
      seen.push(`${name}1`);
      yield (wake) => wake();
      seen.push(`${name}2`);
    });
  }
  assertEquals([seen, turns.length], [[], 1]);
  turns.shift()?.();
  // What was put on the queue during the turn is for the next.
  assertEquals([seen, turns.length], [["a1", "b1"], 1]);
  turns.shift()?.();
  assertEquals([seen, turns.length], [["a1", "b1", "a2", "b2"], 0]);
});

Deno.test("a task that is woken twice is resumed once", async () => {
  const { queue, turns } = byHand();
  const wakes: (() => void)[] = [];
  const waits = wait({
    then: (resolve: (value: string) => void) => void wakes.push(() => resolve("x")),
  } as unknown as PromiseLike<string>);
  const later = new Shared<string>();
  const run = queue.run(function* () {
    return (yield* waits) + (yield* later.wait());
  });
  turns.shift()?.();
  wakes[0]?.();
  wakes[0]?.();
  assertEquals(turns.length, 1);
  turns.shift()?.();
  assertEquals([queue.parked, later.waiting], [1, 1]);
  later.resolve("y");
  turns.shift()?.();
  assertEquals(await run, "xy");
});

Deno.test("parked are the tasks that wait, not those on the queue", async () => {
  const { queue, turns } = byHand();
  const shared = new Shared<number>();
  const all = Array.from({ length: 3 }, () => queue.run(() => shared.wait()));
  assertEquals([queue.parked, shared.waiting], [0, 0]);
  turns.shift()?.();
  assertEquals([queue.parked, shared.waiting, shared.settled], [3, 3, false]);
  shared.resolve(7);
  assertEquals([queue.parked, shared.waiting, shared.settled, turns.length], [0, 0, true, 1]);
  turns.shift()?.();
  assertEquals(await Promise.all(all), [7, 7, 7]);
});

Deno.test("a shared value is settled once, and is there at once for those who come late", async () => {
  const queue = new TaskQueue();
  const value = new Shared<number>();
  value.resolve(1);
  value.resolve(2);
  value.reject(new Error("late"));
  assertEquals(await queue.run(() => value.wait()), 1);
  const failed = new Shared<number>();
  failed.reject(new Error("mine"));
  failed.resolve(1);
  assertThrows(() => failed.wait().next(), Error, "mine");
  await assertRejects(() => queue.run(() => failed.wait()), Error, "mine");
});

Deno.test("who is woken by another goes on in its context; the caller of run in its own", async () => {
  const context = new AsyncLocalStorage<string>();
  const queue = new TaskQueue();
  const shared = new Shared<void>();
  const seen: string[] = [];
  const waits = (name: string) =>
    context.run(name, async () => {
      await queue.run(function* () {
        seen.push(`${name} begins as ${context.getStore()}`);
        yield* shared.wait();
        seen.push(`${name} resumed as ${context.getStore()}`);
      });
      seen.push(`${name} after run as ${context.getStore()}`);
    });
  const both = [waits("b"), waits("c")];
  await new Promise((resolve) => setTimeout(resolve));
  await context.run("a", () =>
    queue.run(function* () {
      yield* wait(new Promise((resolve) => setTimeout(resolve)));
      shared.resolve();
    }));
  await Promise.all(both);
  assertEquals(seen, [
    "b begins as b",
    "c begins as b",
    "b resumed as a",
    "c resumed as a",
    "b after run as b",
    "c after run as c",
  ]);
});
