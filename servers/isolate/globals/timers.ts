// Timers: another request's is not cleared, and nothing says so.

import type { Patches } from "../../durable_objects/globals/patches.ts";
import { CallPlace } from "../../durable_objects/place.ts";
import { own, touch } from "../foreign_touch.ts";
import { currentRequest } from "../request_context.ts";

type Set = (...args: unknown[]) => unknown;
type Clear = (handle?: unknown) => void;

/** Timers by their number, for as long as somebody has them. */
const numbered = new Map<number, WeakRef<object>>();
const gone = new FinalizationRegistry<number>((number) => void numbered.delete(number));

function timerOf(handle: unknown): object | undefined {
  if (typeof handle === "object" && handle !== null) return handle;
  return numbered.get(Number(handle))?.deref();
}

function patchSet(patches: Patches, name: "setTimeout" | "setInterval"): void {
  const original = globalThis[name] as unknown as Set;
  const made = (...args: unknown[]): unknown => {
    const request = currentRequest();
    if (request === undefined) return original(...args);
    // It is that of the context in which the code runs, which may be another's.
    const timer = request.run(() => original(...args));
    if (typeof timer === "object" && timer !== null) {
      own(timer, { request, place: new CallPlace(made) });
      numbered.set(Number(timer), new WeakRef(timer));
      gone.register(timer, Number(timer));
    }
    return timer;
  };
  patches.method(globalThis, name, original, made);
}

function patchClear(patches: Patches, name: "clearTimeout" | "clearInterval"): void {
  const original = globalThis[name] as Clear;
  const made = (handle?: unknown): void => {
    if (touch(timerOf(handle), "Timeout", name, made) === undefined) original(handle);
  };
  patches.method(globalThis, name, original, made);
}

/** Dispatches the functions that set and clear timers, by their handle or its number. */
export function patchOwnTimers(patches: Patches): void {
  patchSet(patches, "setTimeout");
  patchSet(patches, "setInterval");
  patchClear(patches, "clearTimeout");
  patchClear(patches, "clearInterval");
}
