// How long requests are waited for that are made at once, and sent one after the other.

import { assertEquals } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import type { Attempt } from "./attempt.ts";
import { haveTheirTime } from "./beside.ts";
import type { Reading } from "./reading.ts";

const signal = new AbortController().signal;

/** A request that is sent at a time, and answered at another or never. */
function attempt(clock: ManualClock, sentAtMs: number, answeredAtMs = Infinity): Attempt {
  const now = (): Reading => {
    if (clock.now() >= answeredAtMs) return { kind: "answered", sentAtMs, answeredAtMs };
    return { kind: "open", sentAtMs: Math.min(sentAtMs, clock.now()), atMs: clock.now() };
  };
  const reading = answeredAtMs === Infinity
    ? new Promise<Reading>(() => {})
    : clock.sleep(answeredAtMs - clock.now()).then(now);
  return { reading, now };
}

/** When the wait for these ends that begins at 0, where each may take 100 ms. */
async function endOf(clock: ManualClock, attempts: readonly Attempt[]): Promise<number> {
  let endMs = NaN;
  const waited = haveTheirTime({ clock, signal }, attempts, 100).then(() => endMs = clock.now());
  while (Number.isNaN(endMs) && clock.now() < 1_000) await clock.advance(10);
  await waited;
  return endMs;
}

Deno.test("haveTheirTime: one that is sent late has its time from then on", async () => {
  const clock = new ManualClock();
  assertEquals(await endOf(clock, [attempt(clock, 0), attempt(clock, 40)]), 140);
});

Deno.test("haveTheirTime: the wait is over when all have come out", async () => {
  const clock = new ManualClock();
  assertEquals(await endOf(clock, [attempt(clock, 0, 30), attempt(clock, 40, 60)]), 60);
});

Deno.test("haveTheirTime: what has come out late does not lengthen it", async () => {
  const clock = new ManualClock();
  assertEquals(await endOf(clock, [attempt(clock, 0), attempt(clock, 50, 80)]), 100);
});
