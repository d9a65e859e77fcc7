// Tests of what a conditional or range request selects.

import { assertEquals } from "@std/assert";
import { isNotModified, selectRange } from "./selection.ts";

const JANUARY = "Thu, 01 Jan 2026 00:00:00 GMT";
const FEBRUARY = "Sun, 01 Feb 2026 00:00:00 GMT";
const none = { etag: undefined, lastModified: undefined };

const CONDITIONS: [
  string,
  Record<string, string>,
  { etag?: string; lastModified?: string },
  boolean,
][] = [
  ["no condition", {}, { etag: '"a"', lastModified: JANUARY }, false],
  ["a matching tag", { "if-none-match": '"a"' }, { etag: '"a"' }, true],
  ["a tag in a list", { "if-none-match": '"x", W/"a"' }, { etag: '"a"' }, true],
  ["a weak tag", { "if-none-match": '"a"' }, { etag: 'W/"a"' }, true],
  ["another tag", { "if-none-match": '"b"' }, { etag: '"a"' }, false],
  ["a star", { "if-none-match": "*" }, { etag: '"a"' }, true],
  ["a tag where none is sent", { "if-none-match": '"a"' }, {}, false],
  ["the same date", { "if-modified-since": JANUARY }, { lastModified: JANUARY }, true],
  ["a later date", { "if-modified-since": FEBRUARY }, { lastModified: JANUARY }, true],
  ["an earlier date", { "if-modified-since": JANUARY }, { lastModified: FEBRUARY }, false],
  ["nonsense for a date", { "if-modified-since": "soon" }, { lastModified: JANUARY }, false],
  [
    "another tag beside a matching date",
    { "if-none-match": '"b"', "if-modified-since": JANUARY },
    { etag: '"a"', lastModified: JANUARY },
    false,
  ],
];

for (const [name, headers, validators, expected] of CONDITIONS) {
  Deno.test(`conditions: ${name} is ${expected ? "" : "not "}a 304`, () => {
    assertEquals(isNotModified(new Headers(headers), { ...none, ...validators }), expected);
  });
}

const RANGES: [string, ReturnType<typeof selectRange>][] = [
  ["bytes=0-9", { from: 0, length: 10 }],
  ["bytes=90-", { from: 90, length: 10 }],
  ["bytes=90-1000", { from: 90, length: 10 }],
  ["bytes=-5", { from: 95, length: 5 }],
  ["bytes=-500", { from: 0, length: 100 }],
  ["bytes=100-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=9-1", undefined],
  ["bytes=0-1,5-6", undefined],
  ["bytes=-", undefined],
  ["lines=0-1", undefined],
];

for (const [range, expected] of RANGES) {
  Deno.test(`ranges: '${range}' of 100 bytes`, () => {
    assertEquals(selectRange(new Headers({ range }), 100, none), expected);
  });
}

Deno.test("ranges: If-Range lets one through only with a strong validator that is the current one", () => {
  const ask = (ifRange: string, validators: { etag?: string; lastModified?: string }) =>
    selectRange(new Headers({ "range": "bytes=0-0", "if-range": ifRange }), 9, {
      ...none,
      ...validators,
    }) !== undefined;
  assertEquals(ask('"a"', { etag: '"a"' }), true);
  assertEquals(ask('"b"', { etag: '"a"' }), false);
  assertEquals(ask('W/"a"', { etag: 'W/"a"' }), false);
  assertEquals(ask(JANUARY, { lastModified: JANUARY }), true);
  assertEquals(ask(FEBRUARY, { lastModified: JANUARY }), false);
});
