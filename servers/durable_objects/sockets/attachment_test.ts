import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { packAttachment, unpackAttachment } from "./attachment.ts";

const cycle: Record<string, unknown> = { name: "cycle" };
cycle["self"] = cycle;

for (
  const [name, value] of Object.entries({
    undefined,
    null: null,
    text: "Ж",
    flat: { id: "a", at: 1.5, flag: true, none: null },
    nested: { tags: ["a", ["b"]], more: { n: -3 } },
    "minus zero": -0,
    "not a number": { n: NaN },
    hole: [1, , 3],
    "undefined inside": { a: undefined },
    "key __proto__": JSON.parse('{"__proto__": 1}'),
    date: new Date(5),
    map: new Map([[1, new Set(["x"])]]),
    bigint: 5n,
    bytes: new Uint8Array([1, 2, 3]),
    error: new RangeError("x"),
  })
) {
  Deno.test(`an attachment keeps its value: ${name}`, () => {
    assertEquals(unpackAttachment(packAttachment(value)), structuredClone(value));
  });
}

Deno.test("an attachment is a copy, each time another", () => {
  const value = { list: [1] };
  const packed = packAttachment(value);
  value.list.push(2);
  const one = unpackAttachment(packed);
  assertEquals(one, { list: [1] });
  assert(one !== unpackAttachment(packed));
});

Deno.test("cycles and what stands twice keep their shape", () => {
  const clone = unpackAttachment(packAttachment(cycle)) as typeof cycle;
  assertStrictEquals(clone["self"], clone);
  const shared = { a: 1 };
  const twice = unpackAttachment(packAttachment({ one: shared, two: shared })) as {
    one: object;
    two: object;
  };
  assertStrictEquals(twice.one, twice.two);
});

for (
  const [name, fits, over, bytes] of [
    ["text", "a".repeat(16_379), "a".repeat(16_380), 16_385],
    ["two-byte text", "Б".repeat(8189), "Б".repeat(8190), 16_386],
    ["bytes", new Uint8Array(16_373), new Uint8Array(16_375), 16_386],
  ] as const
) {
  Deno.test(`an attachment may have 16,384 bytes: ${name}`, () => {
    packAttachment(fits);
    const error = assertThrows(() => packAttachment(over), Error);
    assertEquals(
      error.message,
      `A WebSocket 'attachment' cannot be larger than 16384 bytes.'attachment' was ${bytes} bytes.`,
    );
  });
}

Deno.test("the short way never lets through what the limit forbids", () => {
  // The densest simple values: those whose serialization is longest for a character of JSON.
  for (const item of ["Ж", "", 0.5, 0, true]) {
    let largest: unknown[] = [];
    for (let length = 50;; length += 50) {
      const list = Array(length).fill(item);
      if (typeof packAttachment(list) !== "string") break;
      largest = list;
    }
    assert(largest.length > 0);
    // The same inside of a Map goes the other way, which measures it.
    packAttachment(new Map([[0, largest]]));
  }
});

for (
  const [name, value, message] of [
    ["function", Math.max, "function max() { [native code] } could not be cloned."],
    ["symbol", Symbol("x"), "Symbol(x) could not be cloned."],
    ["inside", { f: Promise.resolve() }, "#<Promise> could not be cloned."],
  ] as const
) {
  Deno.test(`what cannot be cloned is a DataCloneError: ${name}`, () => {
    const error = assertThrows(() => packAttachment(value), DOMException);
    assertEquals([error.name, error.code, error.message], ["DataCloneError", 25, message]);
  });
}
