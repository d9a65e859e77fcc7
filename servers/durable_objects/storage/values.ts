// Values as bytes and back: a structured clone in the format that V8 has for it.

import { Deserializer, Serializer } from "node:v8";
import { isStub } from "../stub_identity.ts";

/**
 * Turns a value into bytes: Map, Set, Date, RegExp, BigInt, typed arrays, errors and cyclic references
 * are kept; an instance of a class becomes a plain object.
 *
 * The plain `Serializer` writes what workerd writes, to the byte (measured); `serialize()` of the same
 * module has a form of its own for typed arrays.
 *
 * @throws {DOMException} `DataCloneError` for functions, symbols and objects of the runtime, naming
 * what could not be cloned.
 */
export function toBytes(value: unknown): Uint8Array {
  refuseRuntimeObjects(value);
  const serializer = new Serializer();
  serializer.writeHeader();
  try {
    serializer.writeValue(value);
  } catch (error) {
    const told = error instanceof Error && error.message.endsWith("could not be cloned.");
    throw told ? new DOMException(error.message, "DataCloneError") : error;
  }
  return serializer.releaseBuffer();
}

/** The value that {@linkcode toBytes} was given, new with each call. */
export function fromBytes<T>(bytes: Uint8Array): T {
  const deserializer = new Deserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}

const PLAIN: ReadonlySet<unknown> = new Set([null, Object.prototype]);

/**
 * Refuses what the runtime implements in JavaScript (URL, Response, WebSocket, …): V8 does not know
 * these for what they are, and would keep an empty object.
 */
function refuseRuntimeObjects(value: unknown, seen?: Set<object>): void {
  if (typeof value !== "object" || value === null) return;
  const prototype = Object.getPrototypeOf(value);
  const isPlain = PLAIN.has(prototype);
  if (!isPlain && prototype !== Array.prototype) {
    if (value instanceof Map || value instanceof Set) {
      if (seen?.has(value)) return;
      const known = (seen ?? new Set()).add(value);
      value.forEach((item: unknown, key: unknown) => {
        refuseRuntimeObjects(item, known);
        if (item !== key) refuseRuntimeObjects(key, known);
      });
      return;
    }
    refuseRuntimeObject(value);
    if (value instanceof Error || ArrayBuffer.isView(value)) return;
  }
  let known = seen;
  for (const key in value) {
    const item = Reflect.get(value, key);
    if (typeof item !== "object" || item === null) continue;
    if (known?.has(value)) return;
    known = (known ?? new Set()).add(value);
    refuseRuntimeObjects(item, known);
  }
}

/** What the runtime implements in JavaScript and V8 keeps well all the same. */
const KEPT: ReadonlySet<string> = new Set(["DOMException"]);

/** Objects of the Workers runtime that are no globals. */
const OWN_TYPES: ReadonlySet<string> = new Set([
  "DurableObjectId",
  "DurableObjectNamespace",
  "DurableObjectState",
  "DurableObjectStorage",
]);

function refuseRuntimeObject(value: object): void {
  const tag = Reflect.get(value, Symbol.toStringTag);
  if (typeof tag !== "string" || KEPT.has(tag)) return;
  if (isStub(value)) {
    throw new DOMException("ServiceStub cannot be serialized in this context.", "DataCloneError");
  }
  if (OWN_TYPES.has(tag)) throw notSerializable(tag);
  const type = Reflect.get(globalThis, tag);
  if (typeof type !== "function" || !(value instanceof type)) return;
  // What V8 implements it also keeps, or refuses by itself.
  if (!/\[native code\]\s*\}$/.test(String(type))) throw notSerializable(tag);
}

function notSerializable(type: string): DOMException {
  return new DOMException(
    `Could not serialize object of type "${type}". This type does not support serialization.`,
    "DataCloneError",
  );
}
