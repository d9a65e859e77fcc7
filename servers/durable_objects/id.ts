// The ids of objects: 64 hexadecimal digits, from a name or at random, each belonging to one class.

import { createHash, randomBytes } from "node:crypto";
import type { DurableObjectId } from "./api.ts";

/** How many bytes of an id tell which class it belongs to. */
const CLASS_BYTES = 8;

function digestOf(...parts: string[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest();
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether something is an id. */
export function isId(value: unknown): value is DurableObjectId {
  return value instanceof ObjectId;
}

/** An id. */
class ObjectId implements DurableObjectId {
  /** Where its object may be: anywhere. */
  readonly jurisdiction: undefined;
  readonly name?: string;
  readonly #hex: string;

  constructor(hex: string, name: string | undefined) {
    this.#hex = hex;
    if (name !== undefined) this.name = name;
  }

  /** Its class's name in the runtime. */
  get [Symbol.toStringTag](): string {
    return "DurableObjectId";
  }

  toString(): string {
    return this.#hex;
  }

  equals(other: DurableObjectId): boolean {
    return other.toString() === this.#hex;
  }
}

/** Makes the ids of one class. */
export class IdMaker {
  readonly #className: string;
  readonly #mark: string;

  /** For the class of that name. */
  constructor(className: string) {
    this.#className = className;
    this.#mark = hexOf(digestOf("class", className).subarray(0, CLASS_BYTES));
  }

  /** The id that belongs to a name, the same in every process. */
  fromName(name: string): DurableObjectId {
    if (name === undefined) {
      throw new TypeError(
        "Failed to execute 'idFromName' on 'DurableObjectNamespace': parameter 1 is not of type 'string'.",
      );
    }
    const own = digestOf("name", this.#className, String(name)).subarray(0, 32 - CLASS_BYTES);
    return new ObjectId(hexOf(own) + this.#mark, String(name));
  }

  /** One that nobody has. */
  unique(): DurableObjectId {
    return new ObjectId(hexOf(randomBytes(32 - CLASS_BYTES)) + this.#mark, undefined);
  }

  /**
   * One that was turned into a string.
   *
   * @param name The name that it was made from, where that is known.
   * @throws {TypeError} when it is none, or one of another class.
   */
  fromString(text: string, name?: string): DurableObjectId {
    if (!/^[\da-f]{64}$/i.test(text)) {
      throw new TypeError("Invalid Durable Object ID: must be 64 hex digits");
    }
    const hex = text.toLowerCase();
    if (!hex.endsWith(this.#mark)) {
      throw new TypeError("Durable Object ID is not valid for this namespace.");
    }
    return new ObjectId(hex, name);
  }
}
