// The time of an object, read and waited for as the host and not as the object: its clock may itself
// use the globals that are dispatched.

import type { Clock } from "../../../lab/clock.ts";
import { type ObjectContext, runOutside } from "../context.ts";

/** The object's time as its code sees it: whole milliseconds since the Unix epoch. */
export function objectNow(object: ObjectContext): number {
  return Math.floor(runOutside(() => object.clock.now()));
}

/**
 * The same clock, for code of the host that may run in an object's context: a clock that is made of
 * the globals (`realClock`, and one paced from it) would else get the object's time there, and count
 * the pace twice.
 */
export function outsideClock(clock: Clock): Clock {
  return {
    now: () => runOutside(() => clock.now()),
    sleep: (ms, options) => runOutside(() => clock.sleep(ms, options)),
    setTimeout: (callback, ms) => runOutside(() => clock.setTimeout(callback, ms)),
  };
}
