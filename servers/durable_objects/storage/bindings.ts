// What an object's code binds to a statement, as SQLite takes it, and what comes back, as the object gets it.

import type { SqlValue } from "./api.ts";

/** What SQLite takes. */
export type Bound = null | number | string | Uint8Array;

/**
 * A bound value as SQLite takes it: `undefined` is NULL, a boolean its text, any other object its
 * `String()`, as in workerd (measured).
 *
 * @throws {TypeError} for a BigInt or a symbol.
 */
export function toBound(value: unknown): Bound {
  switch (typeof value) {
    case "number":
      return value;
    case "string":
      return value;
    case "undefined":
      return null;
    case "bigint":
      throw new TypeError("Cannot convert a BigInt value to a number");
    case "symbol":
      throw new TypeError("Cannot convert a Symbol value to a string");
    default:
      return objectToBound(value);
  }
}

function objectToBound(value: unknown): Bound {
  if (value === null) return null;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return new Uint8Array(value);
  }
  return String(value);
}

/** What SQLite gave as the object gets it: integers as numbers, blobs as `ArrayBuffer`. */
export function fromColumn(value: unknown): SqlValue {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint8Array) return new Uint8Array(value).buffer;
  if (typeof value === "number" || typeof value === "string") return value;
  return null;
}
