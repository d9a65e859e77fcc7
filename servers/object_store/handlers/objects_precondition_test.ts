// Preconditions of reads: which field decides, and when an If-Range lets a range stand.

import { assertEquals } from "@std/assert";
import { parseHttpDate, precondition, rangeHolds } from "./objects_precondition.ts";

const object = { etag: "abc", lastModifiedMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678) };
const MODIFIED = "Fri, 02 Jan 2026 03:04:05 GMT";
const BEFORE = "Fri, 02 Jan 2026 03:04:04 GMT";
const AFTER = "Fri, 02 Jan 2026 03:04:06 GMT";

const cases: readonly [headers: Record<string, string>, result: string][] = [
  [{}, "proceed"],
  [{ "if-match": '"abc"' }, "proceed"],
  [{ "if-match": "abc" }, "proceed"],
  [{ "if-match": '"x", "abc"' }, "proceed"],
  [{ "if-match": "*" }, "proceed"],
  [{ "if-match": '"x"' }, "failed"],
  [{ "if-match": 'W/"abc"' }, "failed"],
  [{ "if-none-match": '"abc"' }, "not-modified"],
  [{ "if-none-match": 'W/"abc"' }, "not-modified"],
  [{ "if-none-match": "*" }, "not-modified"],
  [{ "if-none-match": '"x"' }, "proceed"],
  [{ "if-modified-since": MODIFIED }, "not-modified"],
  [{ "if-modified-since": AFTER }, "not-modified"],
  [{ "if-modified-since": BEFORE }, "proceed"],
  [{ "if-modified-since": "2026-01-03" }, "proceed"],
  [{ "if-unmodified-since": MODIFIED }, "proceed"],
  [{ "if-unmodified-since": BEFORE }, "failed"],
  [{ "if-unmodified-since": "yesterday" }, "proceed"],
  // The tag decides, the date of the same kind is not looked at.
  [{ "if-match": '"abc"', "if-unmodified-since": BEFORE }, "proceed"],
  [{ "if-none-match": '"x"', "if-modified-since": AFTER }, "proceed"],
  [{ "if-none-match": '"abc"', "if-modified-since": BEFORE }, "not-modified"],
  // What fails comes before what is not modified.
  [{ "if-match": '"x"', "if-none-match": '"abc"' }, "failed"],
  [{ "if-unmodified-since": BEFORE, "if-modified-since": AFTER }, "failed"],
];

for (const [headers, result] of cases) {
  Deno.test(`precondition: ${JSON.stringify(headers)} comes to ${result}`, () => {
    assertEquals(precondition(new Headers(headers), object), result);
    const prefixed = Object.entries(headers).map(([name, value]): [string, string] => [
      `x-amz-copy-source-${name}`,
      value,
    ]);
    assertEquals(precondition(new Headers(prefixed), object, "x-amz-copy-source-"), result);
    assertEquals(precondition(new Headers(prefixed), object), "proceed");
  });
}

Deno.test("HTTP dates are read in their three formats and no other", () => {
  const seconds = Date.UTC(1994, 10, 6, 8, 49, 37) / 1_000;
  assertEquals(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), seconds);
  assertEquals(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT"), seconds);
  assertEquals(parseHttpDate("Sun Nov  6 08:49:37 1994"), seconds);
  for (const text of ["", "1994", "Sun, 06 Nov 1994 08:49:37 +0100", "1994-11-06T08:49:37Z"]) {
    assertEquals(parseHttpDate(text), undefined, text);
  }
});

Deno.test("If-Range lets a range stand for the same tag or the same date alone", () => {
  const holds = (value: string) => rangeHolds(new Headers({ "if-range": value }), object);
  assertEquals(rangeHolds(new Headers(), object), true);
  assertEquals([holds('"abc"'), holds(MODIFIED)], [true, true]);
  for (const other of ['W/"abc"', '"x"', '"x", "abc"', "*", BEFORE, AFTER]) {
    assertEquals(holds(other), false, other);
  }
});
