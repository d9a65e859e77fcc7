// The lock's states, in the order and with the precedence that Pingora gives them.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ManualClock } from "../../lab/clock.ts";
import { CacheLock, type Locked, type ReadLock, type WritePermit } from "./cache_lock.ts";

const AGE_MS = 1_000;

function writer(locked: Locked): WritePermit {
  assert("write" in locked, "expected the write permit");
  return locked.write;
}

function reader(locked: Locked): ReadLock {
  assert("read" in locked, "expected a read lock");
  return locked.read;
}

Deno.test("the first to lock a key writes, and those who follow read", () => {
  const locks = new CacheLock(new ManualClock(), AGE_MS);
  writer(locks.lock("a"));
  reader(locks.lock("a"));
  writer(locks.lock("b"));
  assertEquals(locks.size, 2);
});

for (const reason of ["Done", "TransientError", "GiveUp"] as const) {
  Deno.test(`a writer that releases with ${reason} tells every reader so, and frees the key`, async () => {
    const locks = new CacheLock(new ManualClock(), AGE_MS);
    const permit = writer(locks.lock("a"));
    const waits = [1, 2, 3].map(() => reader(locks.lock("a")).wait(500));
    permit.release(reason);
    assertEquals(await Promise.all(waits), [reason, reason, reason]);
    assertEquals(locks.size, 0);
    writer(locks.lock("a"));
  });
}

Deno.test("only the first release counts", async () => {
  const locks = new CacheLock(new ManualClock(), AGE_MS);
  const permit = writer(locks.lock("a"));
  const wait = reader(locks.lock("a")).wait(500);
  permit.release("Done");
  permit.release("GiveUp");
  permit.drop();
  assertEquals(await wait, "Done");
  const next = writer(locks.lock("a"));
  permit.release("GiveUp");
  assertEquals(next.held, true);
  reader(locks.lock("a"));
});

Deno.test("a writer that vanishes leaves its readers Dangling, and the next to lock writes", async () => {
  const locks = new CacheLock(new ManualClock(), AGE_MS);
  const permit = writer(locks.lock("a"));
  const wait = reader(locks.lock("a")).wait(500);
  permit.drop();
  assertEquals(await wait, "Dangling");
  writer(locks.lock("a"));
  reader(locks.lock("a"));
});

Deno.test("each reader's wait timeout is its own, and touches nobody else", async () => {
  const clock = new ManualClock();
  const locks = new CacheLock(clock, AGE_MS);
  const permit = writer(locks.lock("a"));
  const lock = reader(locks.lock("a"));
  const ended: string[] = [];
  lock.wait(100).then((status) => ended.push(`100 ${status}`));
  lock.wait(300).then((status) => ended.push(`300 ${status}`));
  await clock.advance(200);
  assertEquals(ended, ["100 WaitTimeout"]);
  assertEquals(permit.held, true);
  await clock.advance(200);
  assertEquals(ended, ["100 WaitTimeout", "300 WaitTimeout"]);
  reader(locks.lock("a"));
  assertEquals(clock.pending, 0);
});

Deno.test("at the age timeout one reader replaces the writer, whose release then counts for nothing", async () => {
  const clock = new ManualClock();
  const locks = new CacheLock(clock, AGE_MS);
  const first = writer(locks.lock("a"));
  const waits = [1, 2].map(() => reader(locks.lock("a")).wait(5 * AGE_MS));
  await clock.advance(AGE_MS);
  assertEquals(await Promise.all(waits), ["AgeTimeout", "AgeTimeout"]);
  const second = writer(locks.lock("a"));
  const waitForSecond = reader(locks.lock("a")).wait(5 * AGE_MS);
  first.release("Done");
  reader(locks.lock("a"));
  second.release("GiveUp");
  assertEquals(await waitForSecond, "GiveUp");
});

Deno.test("an over-age lock that nobody waited for is joined, and the wait ends at once", async () => {
  const clock = new ManualClock();
  const locks = new CacheLock(clock, AGE_MS);
  writer(locks.lock("a"));
  await clock.advance(2 * AGE_MS);
  const late = reader(locks.lock("a"));
  assertEquals(await late.wait(5_000), "AgeTimeout");
  writer(locks.lock("a"));
});

Deno.test("an over-age lock that nobody waited for is still released with its reason", async () => {
  const clock = new ManualClock();
  const locks = new CacheLock(clock, AGE_MS);
  const permit = writer(locks.lock("a"));
  await clock.advance(2 * AGE_MS);
  permit.release("Done");
  assertEquals(locks.size, 0);
});

Deno.test("when age and wait timeout are due together the age timeout wins", async () => {
  const clock = new ManualClock();
  const locks = new CacheLock(clock, AGE_MS);
  writer(locks.lock("a"));
  const wait = reader(locks.lock("a")).wait(AGE_MS);
  await clock.advance(AGE_MS);
  assertEquals(await wait, "AgeTimeout");
});

Deno.test("a wait whose signal aborts ends without a status, and leaves no timer", async () => {
  const clock = new ManualClock();
  const locks = new CacheLock(clock, AGE_MS);
  const permit = writer(locks.lock("a"));
  const leaving = new AbortController();
  const wait = reader(locks.lock("a")).wait(500, leaving.signal);
  const other = reader(locks.lock("a")).wait(500);
  leaving.abort();
  assertEquals(await wait, undefined);
  assertEquals(clock.pending, 1);
  assertEquals(await reader(locks.lock("a")).wait(500, leaving.signal), undefined);
  permit.release("Done");
  assertEquals(await other, "Done");
  assertEquals(clock.pending, 0);
});

Deno.test("the last reader to leave takes the timer with it", () => {
  const clock = new ManualClock();
  const locks = new CacheLock(clock, AGE_MS);
  writer(locks.lock("a"));
  const leaving = new AbortController();
  const lock = reader(locks.lock("a"));
  for (const budgetMs of [300, 100, 200]) lock.wait(budgetMs, leaving.signal);
  assertEquals(clock.pending, 1);
  leaving.abort();
  assertEquals(clock.pending, 0);
});

Deno.test("a reader with the shorter budget that comes later still leaves first", async () => {
  const clock = new ManualClock();
  const locks = new CacheLock(clock, AGE_MS);
  writer(locks.lock("a"));
  const lock = reader(locks.lock("a"));
  const ended: string[] = [];
  lock.wait(300).then((status) => ended.push(`300 ${status}`));
  lock.wait(100.1).then((status) => ended.push(`100.1 ${status}`));
  await clock.advance(150);
  assertEquals(ended, ["100.1 WaitTimeout"]);
  await clock.advance(150);
  assertEquals(ended, ["100.1 WaitTimeout", "300 WaitTimeout"]);
});

Deno.test("whatever happens, every wait ends, and no timer is left", async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("lock" as const) }),
    fc.record({ do: fc.constant("release" as const), pick: fc.nat(9) }),
    fc.record({ do: fc.constant("drop" as const), pick: fc.nat(9) }),
    fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 700 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const clock = new ManualClock();
      const locks = new CacheLock(clock, AGE_MS);
      const permits: WritePermit[] = [];
      const statuses: Promise<string | undefined>[] = [];
      for (const one of steps) {
        if (one.do === "advance") await clock.advance(one.ms);
        else if (one.do === "lock") {
          const locked = locks.lock("a");
          if ("write" in locked) permits.push(locked.write);
          else statuses.push(locked.read.wait(5 * AGE_MS));
        } else {
          const permit = permits[one.pick % Math.max(1, permits.length)];
          if (one.do === "release") permit?.release("Done");
          else permit?.drop();
        }
      }
      await clock.advance(6 * AGE_MS);
      await Promise.all(statuses);
      assertEquals(clock.pending, 0);
      assert(locks.size <= 1);
    }),
    { numRuns: 60 },
  );
});
