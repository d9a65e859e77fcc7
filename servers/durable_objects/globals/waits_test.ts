import { assert, assertEquals, assertRejects } from "@std/assert";
import { currentEvent } from "../context.ts";
import { withObject } from "./testing_object.ts";
import type { WorkersScheduler } from "./waits.ts";

function scheduler(): WorkersScheduler {
  return Reflect.get(globalThis, "scheduler");
}

Deno.test(
  "scheduler.wait resolves by the object's clock and counts until then",
  withObject(async (object) => {
    let over = false;
    const waited = object.run(() => scheduler().wait(1_000)).then(() => over = true);
    assertEquals(object.shown(), ["scheduler.wait waits_test.ts:N"]);
    await object.clock.advance(999);
    assertEquals(over, false);
    await object.clock.advance(1);
    await waited;
    assertEquals(object.activities.size, 0);
  }),
);

Deno.test(
  "scheduler.wait is given up by a signal, and refuses to wait for nothing",
  withObject(async (object) => {
    const controller = new AbortController();
    const waited = object.run(() => scheduler().wait(1_000, { signal: controller.signal }));
    controller.abort(new Error("mine"));
    await assertRejects(() => waited, Error, "mine");
    await assertRejects(
      () => object.run(() => scheduler().wait(1, { signal: AbortSignal.abort() })),
      DOMException,
    );
    await assertRejects(
      () => object.run(() => Reflect.apply(scheduler().wait, undefined, [])),
      TypeError,
    );
    assertEquals([object.activities.size, object.clock.pending], [0, 0]);
  }),
);

Deno.test(
  "scheduler is there in objects only",
  withObject((object) => {
    assertEquals(typeof scheduler(), "undefined");
    assertEquals(object.run(() => typeof scheduler().wait), "function");
  }),
);

Deno.test(
  "AbortSignal.timeout aborts by the object's clock, in its context, and counts until then",
  withObject(async (object) => {
    let context: unknown;
    const signal = object.run(() => {
      const signal = AbortSignal.timeout(5_000);
      signal.addEventListener("abort", () => context = currentEvent()?.object);
      return signal;
    });
    assertEquals(object.shown(), ["AbortSignal.timeout waits_test.ts:N"]);
    await object.clock.advance(5_000);
    assert(signal.aborted && signal.reason.name === "TimeoutError" && context === object);
    assertEquals(object.activities.size, 0);
  }),
);

Deno.test(
  "what an incarnation waited for when it ended never happens",
  withObject(async (object) => {
    let over = false;
    object.run(() => scheduler().wait(1)).then(() => over = true, () => over = true);
    const signal = object.run(() => AbortSignal.timeout(1));
    object.end();
    object.run(() => scheduler().wait(1)).then(() => over = true, () => over = true);
    const later = object.run(() => AbortSignal.timeout(1));
    await object.clock.advance(5);
    assertEquals([over, signal.aborted, later.aborted, object.clock.pending], [
      false,
      false,
      false,
      0,
    ]);
  }),
);

Deno.test(
  "a wait that is over does not listen to its signal any more",
  withObject(async (object) => {
    const { signal } = new AbortController();
    const removed: string[] = [];
    signal.removeEventListener = (type: string) => void removed.push(type);
    const waited = object.run(() => scheduler().wait(1, { signal }));
    await object.clock.advance(1);
    await waited;
    assertEquals(removed, ["abort"]);
  }),
);
