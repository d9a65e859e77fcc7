// `setTimeout` and its like: in an object by its clock, attributed, and run as events of the object.

import type { ActivityKind } from "../activity.ts";
import { currentEvent, runAs } from "../context.ts";
import { CallPlace } from "../place.ts";
import type { Patches } from "./patches.ts";
import { clearObjectTimer, Timeout } from "./timeout.ts";

type Callback = (...args: unknown[]) => unknown;

function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") return `an instance of ${value.constructor?.name ?? "Object"}`;
  return `type ${typeof value} (${typeof value === "string" ? `'${value}'` : String(value)})`;
}

function checked(callback: unknown): Callback {
  if (typeof callback === "function") return callback as Callback;
  // The message is the vendor's.
  throw new TypeError(
    `The "callback" argument must be of type function. Received ${received(callback)}`,
  );
}

/** Whole milliseconds, at least 0: anything that is no number counts as 0, as in Workers. */
function delayOf(delay: unknown): number {
  // As Workers do it: a symbol and a bigint throw.
  const ms = (delay as number) * 1;
  return ms > 0 ? Math.trunc(ms) : 0;
}

/**
 * @param leastMs The shortest delay that is kept: an interval of 0 would, with a clock that is moved
 *   by hand, fire for ever without any time going by. Workers let it.
 */
function patchSet(patches: Patches, name: "setTimeout" | "setInterval", leastMs: number): void {
  const original = globalThis[name] as (...args: unknown[]) => unknown;
  const kind: ActivityKind = name;
  const made = (callback: unknown, delay?: unknown, ...args: unknown[]): unknown => {
    const event = currentEvent();
    if (event === undefined) return original(callback, delay, ...args);
    const run = checked(callback);
    return new Timeout(event, {
      kind,
      place: new CallPlace(made),
      ms: Math.max(delayOf(delay), leastMs),
      repeat: name === "setInterval",
      fire: () => run.apply(globalThis, args),
    });
  };
  patches.method(globalThis, name, original, made);
}

function patchClear(patches: Patches, name: "clearTimeout" | "clearInterval"): void {
  const original = globalThis[name] as (handle: unknown) => void;
  patches.method(globalThis, name, original, (handle?: unknown) => {
    if (!clearObjectTimer(handle)) original(handle);
  });
}

/** An immediate callback takes no time: it is the runtime's, run as an event of the object. */
function patchImmediate(patches: Patches): void {
  const original = globalThis.setImmediate as (...args: unknown[]) => unknown;
  patches.method(globalThis, "setImmediate", original, (callback: unknown, ...args: unknown[]) => {
    const event = currentEvent();
    if (event === undefined) return original(callback, ...args);
    const run = checked(callback);
    return original(() => runAs(event, () => event.object.enter(() => run(...args))));
  });
}

/** Dispatches the timer functions. What they give can be cleared from anywhere. */
export function patchTimers(patches: Patches): void {
  patchSet(patches, "setTimeout", 0);
  patchSet(patches, "setInterval", 1);
  patchClear(patches, "clearTimeout");
  patchClear(patches, "clearInterval");
  patchImmediate(patches);
}
