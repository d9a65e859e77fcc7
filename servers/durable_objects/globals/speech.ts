// What an object's code says: `console` into its log, and errors that nothing caught.

import { currentEvent, type LogLevel, runOutside } from "../context.ts";
import type { Patches } from "./patches.ts";

const LEVELS: readonly LogLevel[] = ["debug", "log", "info", "warn", "error"];

/** Logs outside of the object, whose log may be shown by the same console. */
function logIn(level: LogLevel, args: readonly unknown[]): boolean {
  const event = currentEvent();
  if (event === undefined) return false;
  runOutside(() => event.object.log(level, args));
  return true;
}

/** Dispatches the methods of `console` that are levels of a log. */
export function patchConsole(patches: Patches): void {
  for (const level of LEVELS) {
    const original = console[level];
    patches.method(console, level, original, (...args: unknown[]) => {
      if (!logIn(level, args)) original.apply(console, args);
    });
  }
}

/**
 * Takes the errors that nothing in an object's code caught to its log: those of a rejected promise,
 * of a microtask, of a listener of an `EventTarget`. They would end the process, and with it every
 * other object; the Workers runtime logs them and goes on.
 */
export function patchUncaught(patches: Patches): void {
  const onError = (event: ErrorEvent) => {
    if (logIn("error", ["Uncaught", event.error])) event.preventDefault();
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    if (logIn("error", ["Uncaught (in promise)", event.reason])) event.preventDefault();
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  patches.onUndo(() => {
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  });
}

/** `navigator.userAgent` in an object. */
const USER_AGENT = "Cloudflare-Workers";

/** Dispatches `navigator.userAgent`. */
export function patchNavigator(patches: Patches): void {
  const prototype: object = Object.getPrototypeOf(navigator);
  const original = Object.getOwnPropertyDescriptor(prototype, "userAgent")?.get;
  if (original === undefined) return;
  patches.getter(prototype, "userAgent", function () {
    return currentEvent() === undefined ? original.call(this) : USER_AGENT;
  });
}
