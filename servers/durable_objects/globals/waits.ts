// `scheduler.wait()` and `AbortSignal.timeout()`: in an object by its clock, and attributed.

import { currentEvent } from "../context.ts";
import { CallPlace } from "../place.ts";
import { ObjectTimer } from "./object_timer.ts";
import type { Patches } from "./patches.ts";

/** How `scheduler.wait()` can be given up. */
interface WaitOptions {
  signal?: AbortSignal;
}

/** What Workers have as `scheduler`. */
export interface WorkersScheduler {
  /** Resolves after that many milliseconds; rejects with the signal's reason when that aborts. */
  wait(ms: number, options?: WaitOptions): Promise<void>;
}

function wait(ms?: unknown, options?: WaitOptions): Promise<void> {
  const event = currentEvent();
  if (event === undefined) {
    return Promise.reject(new TypeError("Cannot wait: received a call from outside of an object"));
  }
  const place = new CallPlace(wait);
  return new Promise((resolve, reject) => {
    if (ms === undefined) {
      // The message is the vendor's.
      throw new TypeError(
        "Failed to execute 'wait' on 'Scheduler': parameter 1 is not of type 'number'.",
      );
    }
    const signal = options?.signal;
    signal?.throwIfAborted();
    const onAbort = () => {
      timer.stop();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = new ObjectTimer(event, {
      kind: "scheduler.wait",
      place,
      ms: Math.max(Number(ms) || 0, 0),
      repeat: false,
      fire: () => resolve(),
      onStop: () => signal?.removeEventListener("abort", onAbort),
    });
  });
}

/** Adds `scheduler`, which is undefined outside of objects, as it was. */
export function patchScheduler(patches: Patches): void {
  const before: unknown = Reflect.get(globalThis, "scheduler");
  const scheduler: WorkersScheduler = Object.freeze({ wait });
  patches.getter(
    globalThis,
    "scheduler",
    () => currentEvent() === undefined ? before : scheduler,
  );
}

/** Dispatches `AbortSignal.timeout()`. */
export function patchAbortSignal(patches: Patches): void {
  const original = AbortSignal.timeout;
  const timeout = (ms: number): AbortSignal => {
    const event = currentEvent();
    if (event === undefined) return original.call(AbortSignal, ms);
    const controller = new AbortController();
    new ObjectTimer(event, {
      kind: "AbortSignal.timeout",
      place: new CallPlace(timeout),
      ms: Math.max(Number(ms) || 0, 0),
      repeat: false,
      fire: () =>
        controller.abort(
          new DOMException("The operation was aborted due to timeout", "TimeoutError"),
        ),
    });
    return controller.signal;
  };
  patches.method(AbortSignal, "timeout", original, timeout);
}
