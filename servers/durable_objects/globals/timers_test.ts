import { assert, assertEquals, assertThrows } from "@std/assert";
import { currentEvent } from "../context.ts";
import { TestingObject, withObject } from "./testing_object.ts";

Deno.test(
  "an object's timer fires by its clock, with its arguments, in its context",
  withObject(async (object) => {
    const seen: unknown[] = [];
    object.run(() =>
      setTimeout(
        function (this: unknown, ...args: unknown[]) {
          seen.push(...args, this === globalThis, currentEvent()?.object === object);
        },
        60_000,
        "a",
        1,
      )
    );
    assertEquals(object.shown(), ["setTimeout timers_test.ts:N"]);
    await object.clock.advance(59_999);
    assertEquals(seen, []);
    await object.clock.advance(1);
    assertEquals(seen, ["a", 1, true, true]);
    assertEquals(object.entered, 1);
    assertEquals(object.sizes, [1, 0]);
  }),
);

Deno.test(
  "a timer counts while its callback runs, and not after",
  withObject(async (object) => {
    let during = -1;
    object.run(() => setTimeout(() => during = object.activities.size, 1));
    await object.clock.advance(1);
    assertEquals([during, object.activities.size], [1, 0]);
  }),
);

Deno.test(
  "an interval fires until it is cleared, also by itself, counted from its callback's end",
  withObject(async (object) => {
    const at: number[] = [];
    const start = object.clock.now();
    object.run(() => {
      const id = setInterval(() => {
        at.push(object.clock.now() - start);
        if (at.length === 3) clearTimeout(id);
      }, 50);
    });
    assertEquals(object.shown(), ["setInterval timers_test.ts:N"]);
    await object.clock.advance(1_000);
    assertEquals(at, [50, 100, 150]);
    assertEquals([object.activities.size, object.clock.pending], [0, 0]);
  }),
);

Deno.test(
  "an interval of 0 does not stop a clock that is moved by hand",
  withObject(async (object) => {
    let ticks = 0;
    const id = object.run(() => setInterval(() => ticks++, 0));
    await object.clock.advance(5);
    assertEquals(ticks, 5);
    clearInterval(id);
  }),
);

Deno.test(
  "delays that are no numbers are 0, and 1 comes after 0",
  withObject(async (object) => {
    const order: unknown[] = [];
    object.run(() => {
      setTimeout(() => order.push("one"), 1);
      for (const delay of [0, -5, NaN, undefined, "0"]) {
        Reflect.apply(setTimeout, undefined, [() => order.push(delay), delay]);
      }
      setTimeout(() => order.push("never"), Infinity);
      setTimeout(() => order.push("later"), 2 ** 32 + 1);
    });
    await object.clock.advance(1);
    assertEquals(order, [0, -5, NaN, undefined, "0", "one"]);
    assertEquals(object.activities.size, 2);
    object.end();
  }),
);

Deno.test(
  "a callback that is none, and a delay that cannot be one, throw as in Workers",
  withObject((object) => {
    const call = (...args: unknown[]) => () =>
      object.run(() => Reflect.apply(setTimeout, undefined, args));
    assertThrows(call("1"), TypeError, "must be of type function. Received type string ('1')");
    assertThrows(call(), TypeError, "Received undefined");
    assertThrows(call({}), TypeError, "Received an instance of Object");
    assertThrows(call(() => {}, Symbol()), TypeError);
    assertThrows(call(() => {}, 5n), TypeError);
    assertEquals(object.activities.size, 0);
  }),
);

Deno.test(
  "a timer is cleared from anywhere, by its handle, its number or its number as text",
  withObject(async (object) => {
    let fired = 0;
    const make = () => object.run(() => setTimeout(() => fired++, 5));
    clearTimeout(make());
    clearInterval(Number(make()));
    new TestingObject().run(() => Reflect.apply(clearTimeout, undefined, [`${+make()}`]));
    make()[Symbol.dispose]();
    assertEquals([object.activities.size, object.clock.pending], [0, 0]);
    await object.clock.advance(10);
    assertEquals(fired, 0);
  }),
);

Deno.test(
  "an object's timer has a number that none of the runtime's has, even as 32 bits",
  withObject((object) => {
    const id = Number(object.run(() => setTimeout(() => {}, 5)));
    assert(id >= 2 ** 31 && (id | 0) < 0, `${id}`);
    object.end();
    assertEquals(object.activities.size, 0);
  }),
);

Deno.test(
  "a handle can be counted anew, also when it has fired",
  withObject(async (object) => {
    let fired = 0;
    const timer = object.run(() => setTimeout(() => fired++, 10));
    assert(timer.ref().unref().hasRef());
    await object.clock.advance(9);
    timer.refresh();
    await object.clock.advance(9);
    assertEquals(fired, 0);
    await object.clock.advance(1);
    timer.refresh();
    assertEquals(object.activities.size, 1);
    await object.clock.advance(10);
    assertEquals([fired, object.activities.size], [2, 0]);
  }),
);

Deno.test(
  "what a timer's callback throws or rejects goes to the object's log",
  withObject(async (object) => {
    object.run(() => {
      setTimeout(() => {
        throw new Error("sync");
      }, 1);
      setTimeout(() => Promise.reject(new Error("async")), 2);
    });
    await object.clock.advance(5);
    assertEquals(object.lines, ["error Error: sync", "error Error: async"]);
    assertEquals(object.activities.size, 0);
  }),
);

Deno.test(
  "an interval goes on after its callback threw",
  withObject(async (object) => {
    object.run(() =>
      setInterval(() => {
        throw new Error("again");
      }, 10)
    );
    await object.clock.advance(30);
    assertEquals(object.lines.length, 3);
    object.end();
  }),
);

Deno.test(
  "after its end an object's timers do not fire, and its code can make no new ones",
  withObject(async (object) => {
    let fired = 0;
    object.run(() => {
      setTimeout(() => fired++, 1);
      setInterval(() => fired++, 1);
    });
    object.end();
    assertEquals(object.clock.pending, 0);
    object.run(() => clearTimeout(setTimeout(() => fired++, 1)));
    object.run(() => setInterval(() => fired++, 1));
    assertEquals(object.clock.pending, 0);
    await object.clock.advance(5);
    assertEquals([fired, object.clock.pending, object.activities.size], [0, 0, 0]);
  }),
);

Deno.test(
  "a timer that the input gate holds back can still be cleared, and an interval does not pile up",
  withObject(async (object) => {
    const fired: string[] = [];
    const [cleared] = object.run(() => [
      setTimeout(() => fired.push("cleared"), 1),
      setInterval(() => fired.push("interval"), 1),
    ]);
    object.closed = true;
    await object.clock.advance(10);
    clearTimeout(cleared);
    object.open();
    assertEquals(fired, ["interval"]);
    object.end();
  }),
);

Deno.test(
  "setImmediate runs as an event of the object",
  withObject(async (object) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    object.run(() => setImmediate((value: unknown) => resolve(value), 7));
    assertEquals(await promise, 7);
    assertEquals(object.entered, 1);
    object.run(() => setImmediate(() => Promise.reject(new Error("immediate"))));
    await new Promise((resolve) => setTimeout(resolve, 0));
    await Promise.resolve();
    assertEquals(object.lines, ["error Error: immediate"]);
  }),
);

Deno.test(
  "outside of objects timers are the runtime's",
  withObject(async (object) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const id = setTimeout(resolve, 1);
    const other = setTimeout(() => {}, 1e6);
    clearTimeout(other);
    await promise;
    clearTimeout(id);
    assertEquals([object.entered, object.sizes.length], [0, 0]);
    assertEquals(setTimeout.name, "setTimeout");
  }),
);
