// Tests of the three clocks: real, paced and moved by hand.

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Clock, ManualClock, pacedClock, realClock } from "./clock.ts";

/** What `promise` has come to when everything that is ready has run. */
async function stateOf(promise: Promise<unknown>): Promise<"pending" | "resolved" | "rejected"> {
  let state: "pending" | "resolved" | "rejected" = "pending";
  promise.then(() => state = "resolved", () => state = "rejected");
  await new Promise((resolve) => setTimeout(resolve, 0));
  return state;
}

/** A clock that only notes what it is asked for. */
function notingClock(): { clock: Clock; asked: number[] } {
  const asked: number[] = [];
  const clock: Clock = {
    now: () => 1_000,
    sleep: (ms) => Promise.resolve(void asked.push(ms)),
    setTimeout: (_, ms) => {
      asked.push(ms);
      return () => {};
    },
  };
  return { clock, asked };
}

Deno.test("the real clock tells the time of day and does not go back", () => {
  assert(Math.abs(realClock.now() - Date.now()) < 60_000);
  const times = Array.from({ length: 1_000 }, () => realClock.now());
  assertEquals(times, times.toSorted((a, b) => a - b));
});

Deno.test("a sleep on the real clock takes at least its time", async () => {
  const before = realClock.now();
  await realClock.sleep(20);
  // A timer of the runtime counts whole milliseconds and can fire one early.
  assert(realClock.now() - before >= 19);
});

Deno.test("a shorter real delay ends first", async () => {
  const order: string[] = [];
  await Promise.all([
    realClock.sleep(60).then(() => order.push("long")),
    realClock.sleep(1).then(() => order.push("short")),
  ]);
  assertEquals(order, ["short", "long"]);
});

Deno.test("a real delay longer than one timer can hold does not fire at once", async () => {
  let fired = false;
  const cancel = realClock.setTimeout(() => fired = true, 2 ** 31 + 5);
  await realClock.sleep(20);
  cancel();
  assertEquals(fired, false);
});

Deno.test("a real delay longer than one timer can hold is the sum of its timers", () => {
  const original = globalThis.setTimeout;
  const steps: number[] = [];
  let fired = 0;
  // Each timer fires at once, and notes how long it was asked to wait.
  const instant = (callback: () => void, ms: number) => {
    steps.push(ms);
    callback();
    return 0;
  };
  try {
    Object.assign(globalThis, { setTimeout: instant });
    realClock.setTimeout(() => fired++, 2 ** 32);
  } finally {
    globalThis.setTimeout = original;
  }
  assertEquals(steps, [2 ** 31 - 1, 2 ** 31 - 1, 2]);
  assertEquals(fired, 1);
});

Deno.test("an aborted real sleep rejects with the reason and leaves no timer", async () => {
  const reason = new Error("enough");
  const aborter = new AbortController();
  const sleep = realClock.sleep(60_000, { signal: aborter.signal });
  aborter.abort(reason);
  assertStrictEquals(await assertRejects(() => sleep), reason);
  assertStrictEquals(
    await assertRejects(() => realClock.sleep(60_000, { signal: aborter.signal })),
    reason,
  );
});

Deno.test("a paced clock divides delays by its speed and multiplies what has passed", async () => {
  const base = new ManualClock(1_000);
  const clock = pacedClock(20, base);
  assertEquals(clock.now(), 1_000);
  const sleep = clock.sleep(200);
  await base.advance(9);
  assertEquals(await stateOf(sleep), "pending");
  await base.advance(1);
  assertEquals(await stateOf(sleep), "resolved");
  assertEquals(clock.now(), 1_200);
});

Deno.test("a sleeper of any paced clock wakes when that clock has moved by its delay", () => {
  const speeds = fc.double({ min: 0.01, max: 1_000, noNaN: true });
  fc.assert(fc.property(speeds, fc.nat(100_000), (speed, ms) => {
    const { clock, asked } = notingClock();
    const paced = pacedClock(speed, clock);
    paced.setTimeout(() => {}, ms);
    paced.sleep(ms);
    assert(asked.length === 2 && asked.every((real) => Math.abs(real * speed - ms) < 1e-6));
  }));
});

Deno.test("a paced timer that was cancelled does not fire", async () => {
  const base = new ManualClock();
  let fired = false;
  pacedClock(2, base).setTimeout(() => fired = true, 10)();
  await base.advance(100);
  assertEquals(fired, false);
});

for (const speed of [0, -1, NaN, Infinity]) {
  Deno.test(`a speed of ${speed} is refused by name`, () => {
    assertThrows(() => pacedClock(speed), RangeError, `received speed ${speed}`);
  });
}

Deno.test("a manual clock fires in order of time, then of arming, at each timer's own time", async () => {
  const clock = new ManualClock();
  const fired: [string, number][] = [];
  for (const [name, ms] of [["c", 30], ["a", 10], ["b", 10], ["late", 41]] as const) {
    clock.setTimeout(() => fired.push([name, clock.now()]), ms);
  }
  await clock.advance(40);
  assertEquals(fired, [["a", 10], ["b", 10], ["c", 30]]);
  assertEquals(clock.now(), 40);
  assertEquals(clock.pending, 1);
});

Deno.test("a timer that a manual timer starts falls due in the same advance", async () => {
  const clock = new ManualClock();
  const woken: number[] = [];
  const sleeper = (async () => {
    for (const ms of [10, 10, 10]) {
      await clock.sleep(ms);
      woken.push(clock.now());
    }
  })();
  await clock.advance(30);
  await sleeper;
  assertEquals(woken, [10, 20, 30]);
});

Deno.test("a manual sleep that is aborted rejects with the reason and disarms", async () => {
  const clock = new ManualClock();
  const aborter = new AbortController();
  const sleep = clock.sleep(10, { signal: aborter.signal });
  assertEquals(clock.pending, 1);
  aborter.abort(new RangeError("enough"));
  await assertRejects(() => sleep, RangeError, "enough");
  assertEquals(clock.pending, 0);
});

Deno.test("a negative delay is due at once, not in the past", async () => {
  const clock = new ManualClock(50);
  let at = 0;
  clock.setTimeout(() => at = clock.now(), -20);
  await clock.advance(0);
  assertEquals(at, 50);
});
