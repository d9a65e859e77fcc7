// What came of something, as one line of text that two runtimes can be compared by.

/** How much of a text is shown, in characters. */
const SHOWN = 1_000;

function textOf(text: string): string {
  return text.length <= SHOWN ? JSON.stringify(text) : `text of ${text.length}`;
}

/** What an error has of its own besides its message; ids differ from one runtime to the other. */
function marksOf(error: Error): string {
  const hidden = ["stack", "message", "name"];
  if (error instanceof DOMException) hidden.push("code");
  const marks = Object.keys(error).filter((key) => !hidden.includes(key)).toSorted()
    .map((key) => {
      const value: unknown = Reflect.get(error, key);
      return key === "durableObjectId" ? key : `${key}: ${shown(value)}`;
    });
  return marks.length === 0 ? "" : ` {${marks.join(", ")}}`;
}

function errorOf(error: Error): string {
  // Its code is a property of its own in one runtime and inherited in the other.
  const kind = error instanceof DOMException
    ? `DOMException ${error.name} (${error.code})`
    : error.name;
  return `${kind}: ${error.message}${marksOf(error)}`;
}

/** A value as text: what it is, and what is in it. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return textOf(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return "function";
    case "object":
      break;
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
  if (value === null) return "null";
  if (value instanceof Error || value instanceof DOMException) return errorOf(value);
  if (Array.isArray(value)) return `[${Array.from(value, shown).join(", ")}]`;
  if (value instanceof Date) return `Date ${value.getTime()}`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${shown(key)} => ${shown(item)}`);
    return `Map {${entries.join(", ")}}`;
  }
  if (value instanceof Set) return `Set {${[...value].map(shown).join(", ")}}`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer [${new Uint8Array(value).join(" ")}]`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return `${value.constructor.name} [${(value as Uint8Array).join(" ")}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return "an object of a class";
  const entries = Object.keys(value).map((key) => `${key}: ${shown(Reflect.get(value, key))}`);
  return `{${entries.join(", ")}}`;
}

/** What a call gave, or what it threw or rejected with. */
export async function outcomeOf(call: () => unknown): Promise<string> {
  let given: unknown;
  try {
    given = call();
  } catch (error) {
    return `throws ${shown(error)}`;
  }
  // A call over RPC returns what looks like a promise and is none.
  if (typeof (given as { then?: unknown } | null | undefined)?.then !== "function") {
    return shown(given);
  }
  try {
    return `resolves ${shown(await given)}`;
  } catch (error) {
    return `rejects ${shown(error)}`;
  }
}

/** What several calls gave, one after the other. */
export async function outcomesOf(...calls: (() => unknown)[]): Promise<string[]> {
  const all: string[] = [];
  for (const call of calls) all.push(await outcomeOf(call));
  return all;
}
