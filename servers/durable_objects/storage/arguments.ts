// What an object's code passes to the asynchronous interface, checked as the Workers runtime checks it.

import { wellFormed } from "./keys.ts";
import { toBytes } from "./values.ts";

/** The method that was called, for messages. */
export interface Called {
  /** The vendor's name of the class. */
  label: string;
  /** The method's name. */
  method: string;
}

function failed({ label, method }: Called, parameter: number, expected: string): TypeError {
  return new TypeError(
    `Failed to execute '${method}' on '${label}': parameter ${parameter} is not of type '${expected}'.`,
  );
}

/** One key or several, as `get()` and `delete()` take them. */
export function keysOf(keys: unknown, called: Called): string | string[] {
  if (keys === undefined) throw failed(called, 1, "string or Array");
  return Array.isArray(keys) ? keys.map(wellFormed) : wellFormed(keys);
}

/** Refuses options that are no object; `null` passes, as in workerd. */
export function checkOptions(options: unknown, parameter: number, called: Called): void {
  if (options === undefined || typeof options === "object" || typeof options === "function") return;
  const name = `${called.method.charAt(0).toUpperCase()}${called.method.slice(1)}Options`;
  throw failed(called, parameter, name);
}

/** What `put()` is to keep: one key with its value, or the entries of an object. */
export function entriesOf(
  [first, second, third]: readonly unknown[],
  called: Called,
): [string, Uint8Array][] {
  if (first === undefined) throw failed(called, 1, "string or object");
  if (typeof first === "object" && first !== null) {
    checkOptions(second, 2, called);
    return Object.entries(first)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [wellFormed(key), toBytes(value)]);
  }
  if (second === undefined) throw new TypeError("put() called with undefined value.");
  checkOptions(third, 3, called);
  return [[wellFormed(first), toBytes(second)]];
}

/** A function that a method takes. */
export function functionOf<T extends (...given: never[]) => unknown>(
  closure: T,
  called: Called,
): T {
  if (typeof closure === "function") return closure;
  throw failed(called, 1, "function");
}
