// Keys and values against a Map, and keys against the order of their bytes, for whatever comes.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ListOptions } from "./api.ts";
import { compareKeys } from "./keys.ts";
import { withObject } from "./testing_storage.ts";
import { fromBytes, toBytes } from "./values.ts";

const encoder = new TextEncoder();

/** The order of bytes, found the long way. */
function compareBytes(a: string, b: string): number {
  const [one, other] = [encoder.encode(a), encoder.encode(b)];
  for (const [index, byte] of one.entries()) {
    const difference = byte - (other[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

// Few letters, so that keys meet: both ends of UTF-16's surrogates, NUL, and the last code point.
const key = fc.array(
  fc.constantFrom("a", "b", "\0", "é", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"),
  {
    maxLength: 4,
  },
).map((letters) => letters.join(""));

const options: fc.Arbitrary<ListOptions> = fc.record({
  start: key,
  startAfter: key,
  end: key,
  prefix: key,
  reverse: fc.boolean(),
  limit: fc.integer({ min: 1, max: 5 }),
}, { requiredKeys: [] }).map(({ start, ...others }) =>
  start === undefined || others.startAfter !== undefined ? others : { start, ...others }
);

/** What a list gives, by the words of the interface. */
function listed(model: Map<string, unknown>, given: ListOptions): [string, unknown][] {
  const { start, startAfter, end, prefix = "", reverse, limit } = given;
  const found = [...model].filter(([key]) =>
    key.startsWith(prefix) && (start === undefined || compareBytes(key, start) >= 0) &&
    (startAfter === undefined || compareBytes(key, startAfter) > 0) &&
    (end === undefined || compareBytes(key, end) < 0)
  ).toSorted(([a], [b]) => compareBytes(a, b));
  return (reverse ? found.reverse() : found).slice(0, limit);
}

const step = fc.oneof(
  fc.record({ put: fc.array(fc.tuple(key, fc.jsonValue()), { minLength: 1, maxLength: 4 }) }),
  fc.record({ delete: fc.array(key, { maxLength: 3 }) }),
  fc.record({ get: fc.array(key, { maxLength: 3 }) }),
  fc.record({ list: options }),
  fc.record({ undone: fc.array(fc.tuple(key, fc.integer()), { minLength: 1, maxLength: 3 }) }),
);

Deno.test("keys are ordered by their UTF-8 bytes, whatever they hold", () => {
  fc.assert(fc.property(key, key, (a, b) => {
    assertEquals(Math.sign(compareKeys(a, b)), Math.sign(compareBytes(a, b)));
  }));
});

Deno.test("storage does what a Map does, in any order of operations", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      (steps) =>
        withObject(async ({ storage }) => {
          const model = new Map<string, unknown>();
          for (const one of steps) {
            if ("put" in one) {
              const entries = Object.fromEntries(one.put);
              await storage.put(entries);
              for (const [key, value] of Object.entries(entries)) model.set(key, value);
            } else if ("delete" in one) {
              const there = new Set(one.delete).intersection(model);
              assertEquals(await storage.delete(one.delete), there.size);
              for (const key of there) model.delete(key);
            } else if ("get" in one) {
              const found = one.get.filter((key) => model.has(key)).map((key) =>
                [key, model.get(key)] as const
              );
              assertEquals(await storage.get(one.get), new Map(found));
            } else if ("list" in one) {
              assertEquals([...await storage.list(one.list)], listed(model, one.list));
              assertEquals([...storage.kv.list(one.list)], listed(model, one.list));
            } else {
              await storage.transaction(async (transaction) => {
                await transaction.put(Object.fromEntries(one.undone));
                transaction.rollback();
              });
            }
          }
          assertEquals([...await storage.list()], listed(model, {}));
        }),
    ),
    { numRuns: 60 },
  );
});

Deno.test("any value comes back as it was", () => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: false,
    withNullPrototype: false,
  });
  fc.assert(fc.property(value, (given) => assertEquals(fromBytes(toBytes(given)), given)));
});
