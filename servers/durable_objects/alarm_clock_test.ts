import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ManualClock } from "../../lab/clock.ts";
import { AlarmClock } from "./alarm_clock.ts";
import type { ObjectStorage, StoredAlarm } from "./storage/storage.ts";

interface Run {
  atMs: number;
  retryCount: number;
  isRetry: boolean;
  scheduledTime: number;
}

/** An alarm on a clock that is moved by hand, with storage that keeps nothing else. */
function alarmed(
  handler: (run: Run) => void | Promise<void>,
  options: { random?: number; stored?: StoredAlarm } = {},
) {
  const clock = new ManualClock(1_000);
  const runs: Run[] = [];
  const ended: boolean[] = [];
  const storage = {
    alarm: options.stored,
    keepAlarm(alarm: StoredAlarm | undefined) {
      this.alarm = alarm;
    },
  };
  const alarm = new AlarmClock({
    clock,
    storage: storage as unknown as ObjectStorage,
    random: () => options.random ?? 0,
    async run(info) {
      const run = { ...info, atMs: clock.now() };
      runs.push(run);
      await handler(run);
    },
    ran: (_, ok) => ended.push(ok),
  });
  const set = (atMs: number) => {
    storage.alarm = { atMs, retryCount: 0, running: false };
    alarm.set(atMs);
  };
  return { alarm, clock, runs, ended, storage, set };
}

Deno.test("an alarm runs at its time, once, and is gone then", async () => {
  const one = alarmed(() => {});
  one.set(6_000);
  await one.clock.advance(4_999);
  assertEquals(one.runs, []);
  await one.clock.advance(60_000);
  assertEquals(one.runs, [{ atMs: 6_000, retryCount: 0, isRetry: false, scheduledTime: 6_000 }]);
  assertEquals(one.storage.alarm, undefined);
  assertEquals(one.clock.pending, 0);
});

Deno.test("one that is set anew runs at the new time only, one that is taken back never", async () => {
  const one = alarmed(() => {});
  one.set(6_000);
  one.set(9_000);
  await one.clock.advance(20_000);
  assertEquals(one.runs.map(({ atMs }) => atMs), [9_000]);
  one.set(30_000);
  one.storage.alarm = undefined;
  one.alarm.set(null);
  await one.clock.advance(60_000);
  assertEquals(one.runs.length, 1);
});

Deno.test("a handler that throws for ever is run seven times, each wait twice the one before", async () => {
  const one = alarmed(() => {
    throw new Error("no");
  });
  one.set(1_000);
  await one.clock.advance(600_000);
  const waits = one.runs.slice(1).map(({ atMs }, index) => atMs - (one.runs[index]?.atMs ?? 0));
  assertEquals(waits, [2_000, 4_000, 8_000, 16_000, 32_000, 64_000]);
  assertEquals(one.runs.map(({ retryCount }) => retryCount), [0, 1, 2, 3, 4, 5, 6]);
  assertEquals(one.runs.map(({ isRetry }) => isRetry), [false, true, true, true, true, true, true]);
  assert(one.runs.every(({ scheduledTime }) => scheduledTime === 1_000));
  assertEquals(one.ended, Array(7).fill(false));
  assertEquals(one.storage.alarm, undefined);
});

Deno.test("whatever chance says, a wait is at most a quarter longer", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      async (random) => {
        const one = alarmed(() => {
          throw new Error("no");
        }, { random });
        one.set(1_000);
        await one.clock.advance(600_000);
        one.runs.slice(1).forEach(({ atMs }, index) => {
          const wait = atMs - (one.runs[index]?.atMs ?? 0);
          assert(wait >= 2_000 * 2 ** index - 1e-6 && wait <= 2_500 * 2 ** index + 1e-6);
        });
      },
    ),
    { numRuns: 10 },
  );
});

Deno.test("a retry that succeeds is the last", async () => {
  const one = alarmed(({ retryCount }) => {
    if (retryCount < 2) throw new Error("not yet");
  });
  one.set(1_000);
  await one.clock.advance(600_000);
  assertEquals(one.ended, [false, false, true]);
});

Deno.test("a new alarm that the handler sets comes instead of a retry", async () => {
  const one = alarmed(({ atMs }) => {
    if (atMs > 5_000) return;
    one.set(50_000);
    throw new Error("after it was set");
  });
  one.set(1_000);
  await one.clock.advance(600_000);
  assertEquals(one.runs.map(({ atMs, retryCount }) => [atMs, retryCount]), [[1_000, 0], [
    50_000,
    0,
  ]]);
});

Deno.test("an alarm that is set while one runs comes after it, never beside it", async () => {
  const gate = Promise.withResolvers<void>();
  let running = 0;
  const one = alarmed(async () => {
    assertEquals(++running, 1);
    if (one.runs.length === 1) await gate.promise;
    running--;
  });
  one.set(1_000);
  await one.clock.advance(1);
  one.set(2_000);
  await one.clock.advance(5_000);
  assertEquals(one.runs.length, 1);
  gate.resolve();
  await one.clock.advance(1);
  assertEquals(one.runs.length, 2);
});

Deno.test("what a former process left is run: at its time, or at once when that is past", async () => {
  const later = alarmed(() => {}, { stored: { atMs: 5_000, retryCount: 0, running: false } });
  await later.clock.advance(10_000);
  assertEquals(later.runs.map(({ atMs }) => atMs), [5_000]);
  // Its handler had begun when the process ended.
  const begun = alarmed(() => {}, { stored: { atMs: 500, retryCount: 1, running: true } });
  await begun.clock.advance(0);
  assertEquals(begun.runs, [{ atMs: 1_000, retryCount: 1, isRetry: true, scheduledTime: 500 }]);
});

Deno.test("after close() nothing fires and nothing is armed; what is stored stays", async () => {
  const one = alarmed(() => {});
  one.set(2_000);
  one.alarm.close();
  await one.clock.advance(10_000);
  assertEquals([one.runs.length, one.clock.pending], [0, 0]);
  assertEquals(one.storage.alarm?.atMs, 2_000);
});
