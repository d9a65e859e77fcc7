import { assertEquals } from "@std/assert";
import { Meter } from "./meter.ts";

Deno.test("a meter knows what is held, the most that was, and whether it is too much", () => {
  const meter = new Meter(10);
  const [first, second] = [meter.hold(6), meter.hold(4)];
  assertEquals([meter.heldBytes, meter.peakBytes, meter.over], [10, 10, false]);
  const third = meter.hold(1);
  assertEquals([meter.heldBytes, meter.peakBytes, meter.over], [11, 11, true]);
  first();
  first();
  assertEquals([meter.heldBytes, meter.peakBytes, meter.over], [5, 11, false]);
  second();
  third();
  meter.hold(1);
  assertEquals([meter.heldBytes, meter.peakBytes], [1, 11]);
});
