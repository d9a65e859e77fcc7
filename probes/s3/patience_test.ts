// Tests that waiting ends when nothing happens, begins anew with progress, and leaves nothing behind.

import { assertEquals } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { Patience } from "./patience.ts";

const aborted = (signal: AbortSignal) =>
  new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));

Deno.test("patience ends when nothing happens, and later when something did", async () => {
  using renewed = new Patience(40);
  using plain = new Patience(20);
  assertEquals([plain.over, plain.limitMs], [false, 20]);
  await aborted(plain.signal);
  assertEquals(plain.over, true);
  // The first wait would have ended before this one, and the second ends after it.
  renewed.renew();
  using between = new Patience(30);
  await aborted(between.signal);
  assertEquals(renewed.over, false);
  await aborted(renewed.signal);
});

Deno.test("patience that is disposed of waits no more", async () => {
  let signal: AbortSignal;
  {
    using patience = new Patience(10);
    signal = patience.signal;
  }
  await realClock.sleep(20);
  assertEquals(signal.aborted, false);
});
