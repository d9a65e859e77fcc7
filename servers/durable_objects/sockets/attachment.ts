// What a socket keeps for its object past eviction: a structured clone, held as compact data.

import { fromBytes, toBytes } from "../storage/values.ts";

/** The largest attachment, in bytes of V8's serialization, as workerd 2026-11-17 enforces it. */
export const MAX_ATTACHMENT_BYTES = 16_384;

/** An attachment at rest: JSON for simple data, V8's serialization for the rest. */
export type PackedAttachment = string | Uint8Array;

// V8's serializer costs 20 µs a call in Deno 2.9.6, JSON less than 1: it is used where it is certain
// that both give the same value back, and that the limit is far. A number takes up to 9 bytes there and
// a character of text 2, so 5 bytes a character of JSON is more than any simple value needs.
const MAX_JSON_LENGTH = (MAX_ATTACHMENT_BYTES - 16) / 5;

/**
 * Clones a value into its form at rest.
 *
 * @throws {DOMException} `DataCloneError` when it cannot be cloned.
 * @throws {Error} when it is over {@linkcode MAX_ATTACHMENT_BYTES}.
 */
export function packAttachment(value: unknown): PackedAttachment {
  if (isSimple(value, [])) {
    const json = JSON.stringify(value);
    if (json.length <= MAX_JSON_LENGTH) return json;
  }
  const bytes = toBytes(value);
  if (bytes.length > MAX_ATTACHMENT_BYTES) {
    // The vendor's text, without the space.
    throw new Error(
      `A WebSocket 'attachment' cannot be larger than ${MAX_ATTACHMENT_BYTES} bytes.` +
        `'attachment' was ${bytes.length} bytes.`,
    );
  }
  return new Uint8Array(bytes);
}

/** The value again, a new one each time. */
export function unpackAttachment(packed: PackedAttachment): unknown {
  if (typeof packed === "string") return JSON.parse(packed);
  return fromBytes(packed);
}

/** Whether JSON gives the same value back: no cycles, nothing twice, plain objects and arrays only. */
function isSimple(value: unknown, seen: object[]): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      break;
    default:
      return false;
  }
  if (value === null) return true;
  // A long list of what was seen would be searched slowly; such values go the other way.
  if (seen.length > 16 || seen.includes(value)) return false;
  seen.push(value);
  if (Array.isArray(value)) {
    // Only a list without holes and without further properties has as many keys as it is long.
    return Object.keys(value).length === value.length &&
      value.every((item) => isSimple(item, seen));
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) {
    if (!isSimple((value as Record<string, unknown>)[key], seen)) return false;
  }
  return true;
}
