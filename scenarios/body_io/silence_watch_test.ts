// Silence is noticed when nothing ends any more, and not while requests go on ending.

import { assertEquals } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import { SilenceWatch } from "./silence_watch.ts";

Deno.test("requests that go on ending are not stuck, however long all of them take", async () => {
  const clock = new ManualClock();
  using watch = new SilenceWatch(clock, 100);
  for (let open = 0; open < 5; open++) watch.begin(0);
  for (let ended = 0; ended < 4; ended++) {
    await clock.advance(90);
    watch.end();
  }
  assertEquals(watch.controller.signal.aborted, false);
  await clock.advance(99);
  assertEquals(watch.controller.signal.aborted, false);
  await clock.advance(1);
  assertEquals(watch.controller.signal.aborted, true);
});

Deno.test("parts have the time that they take on a slow line, and nobody waits when nothing is open", async () => {
  const clock = new ManualClock();
  using watch = new SilenceWatch(clock, 100);
  watch.begin(5_000_000);
  await clock.advance(1_000);
  assertEquals(watch.controller.signal.aborted, false);
  watch.end();
  await clock.advance(100_000);
  assertEquals(watch.controller.signal.aborted, false);
  watch.begin(0);
  await clock.advance(100);
  assertEquals(watch.controller.signal.aborted, true);
});
