// `Date` and `performance`: in an object they tell the time of its clock.

import { currentEvent } from "../context.ts";
import { objectNow } from "./object_time.ts";
import { type AnyConstructor, type Patches, standIn } from "./patches.ts";

/** Dispatches `Date.now()`, `new Date()` and `Date()`. */
export function patchDate(patches: Patches): void {
  const Original = globalThis.Date;
  const originalNow = Original.now;
  // In place, for code that took the class before it was replaced.
  patches.method(Original, "now", originalNow, () => {
    const event = currentEvent();
    return event === undefined ? originalNow() : objectNow(event.object);
  });
  standIn(patches, Original as unknown as AnyConstructor, (args, newTarget) => {
    const event = currentEvent();
    const values = args.length === 0 && event !== undefined ? [objectNow(event.object)] : args;
    return Reflect.construct(Original, values, newTarget);
  }, () => {
    const event = currentEvent();
    return event === undefined ? Original() : new Original(objectNow(event.object)).toString();
  });
}

/**
 * Dispatches `performance.now()` and `performance.timeOrigin`, which is 0 in Workers: `now()` is the
 * same as that of `Date` (workerd 2026-11-17).
 */
export function patchPerformance(patches: Patches): void {
  const { prototype } = Performance;
  const originalNow = prototype.now;
  patches.method(prototype, "now", originalNow, function (this: Performance) {
    const event = currentEvent();
    return event === undefined ? originalNow.call(this) : objectNow(event.object);
  });
  const origin = Object.getOwnPropertyDescriptor(prototype, "timeOrigin")?.get;
  if (origin === undefined) return;
  patches.getter(prototype, "timeOrigin", function () {
    return currentEvent() === undefined ? origin.call(this) : 0;
  });
}
