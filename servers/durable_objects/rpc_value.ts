// A value as it arrives on the other side of a call over RPC: most things as copies, some as themselves.

import { isStub } from "./stub_identity.ts";
import { RpcTarget } from "./workers.ts";

/** Kinds that are the same object on both sides. */
const BY_REFERENCE: readonly string[] = [
  "Headers",
  "ReadableStream",
  "Request",
  "Response",
  "WritableStream",
];

const PLAIN: ReadonlySet<unknown> = new Set([null, Object.prototype]);

/**
 * What the other side gets: functions, RPC targets, stubs and streams by reference, everything else
 * as a copy, however deep it stands.
 *
 * @throws {DOMException} `DataCloneError` for what can be neither, with workerd's text.
 */
export function passed(value: unknown, seen: Map<object, unknown> = new Map()): unknown {
  if (typeof value === "function") return value;
  if (typeof value !== "object" || value === null) return structuredClone(value);
  if (value instanceof RpcTarget || isStub(value)) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const keep = <T extends object>(copy: T): T => {
    seen.set(value, copy);
    return copy;
  };
  if (Array.isArray(value)) {
    const copy = keep<unknown[]>(new Array(value.length));
    for (const [index, item] of value.entries()) copy[index] = passed(item, seen);
    return copy;
  }
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, item] of value) copy.set(passed(key, seen), passed(item, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const item of value) copy.add(passed(item, seen));
    return copy;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (PLAIN.has(prototype)) {
    const copy = keep<Record<string, unknown>>({});
    for (const [key, item] of Object.entries(value)) copy[key] = passed(item, seen);
    return copy;
  }
  return ofClass(value);
}

/** An object of a class: the runtime's own are copied where they can be, a program's are refused. */
function ofClass(value: object): unknown {
  const { name = "Object" } = value.constructor ?? {};
  const isGlobal = Reflect.get(globalThis, name) === value.constructor;
  if (isGlobal && BY_REFERENCE.includes(name)) return value;
  if (isGlobal || value instanceof Error) return structuredClone(value);
  throw new DOMException(
    `Could not serialize object of type "${name}". This type does not support serialization.`,
    "DataCloneError",
  );
}
