// Which bytes a read selects: ranges as RFC 9110 §14 has them, and the parts of an object.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { S3Error } from "../../s3/error.ts";
import type { ObjectRecord } from "../storage.ts";
import { select } from "./objects_range.ts";

function object(sizeBytes: number, partSizes?: number[]): ObjectRecord {
  const rest = { segments: [], etag: "abc", lastModifiedMs: 0, headers: {} };
  return { ...rest, sizeBytes, ...(partSizes && { partSizes }) };
}

function selected(range: string | null, of: ObjectRecord, query = ""): string {
  const headers = new Headers(range === null ? {} : { range });
  const { start, end, partial } = select({ headers, query: new URLSearchParams(query) }, of);
  return `${start}-${end}${partial ? "" : " whole"}`;
}

const cases: readonly [range: string | null, selection: string][] = [
  [null, "0-100 whole"],
  ["bytes=0-0", "0-1"],
  ["bytes=0-99", "0-100"],
  ["bytes=10-", "10-100"],
  ["bytes=90-1000", "90-100"],
  ["bytes=-5", "95-100"],
  ["bytes=-1000", "0-100"],
  ["Bytes=1-2", "1-3"],
  ["bytes=0-99999999999999999999", "0-100"],
  // Not understood, so not heeded.
  ["bytes=-", "0-100 whole"],
  ["bytes=5-4", "0-100 whole"],
  ["bytes=a-b", "0-100 whole"],
  ["bytes=0-1,5-6", "0-100 whole"],
  ["lines=0-1", "0-100 whole"],
  ["bytes 0-1", "0-100 whole"],
];

for (const [range, selection] of cases) {
  Deno.test(`select: ${range ?? "no range"} of 100 bytes is ${selection}`, () => {
    assertEquals(selected(range, object(100)), selection);
  });
}

for (
  const [range, size] of [["bytes=100-", 100], ["bytes=100-200", 100], ["bytes=-0", 100], [
    "bytes=0-",
    0,
  ], ["bytes=-1", 0]] as const
) {
  Deno.test(`select: ${range} of ${size} bytes is InvalidRange`, () => {
    const error = assertThrows(() => selected(range, object(size)), S3Error);
    assertEquals([error.code, error.status], ["InvalidRange", 416]);
    assertEquals(error.details, { RangeRequested: range, ActualObjectSize: String(size) });
  });
}

Deno.test("select: a part is the run of bytes that was uploaded as it", () => {
  const parted = object(25, [10, 10, 5]);
  assertEquals(selected(null, parted, "partNumber=1"), "0-10");
  assertEquals(selected(null, parted, "partNumber=3"), "20-25");
  assertEquals(selected(null, object(100), "partNumber=1"), "0-100");
  assertEquals(selected(null, object(0), "partNumber=1"), "0-0 whole");
});

Deno.test("select: a part that is none is refused with S3's codes", () => {
  const parted = object(25, [10, 10, 5]);
  const refused: readonly [query: string, range: string | null, code: string][] = [
    ["partNumber=4", null, "InvalidPartNumber"],
    ["partNumber=0", null, "InvalidArgument"],
    ["partNumber=10001", null, "InvalidArgument"],
    ["partNumber=x", null, "InvalidArgument"],
    ["partNumber=", null, "InvalidArgument"],
    ["partNumber=1", "bytes=0-1", "InvalidRequest"],
  ];
  for (const [query, range, code] of refused) {
    const error = assertThrows(() => selected(range, parted, query), S3Error);
    assertEquals(error.code, code, query);
  }
});

Deno.test("select: whatever the range says, what is selected lies within the object", () => {
  const piece = fc.oneof(fc.constant(""), fc.nat(300).map(String));
  fc.assert(fc.property(piece, piece, fc.nat(200), (from, to, size) => {
    const range = `bytes=${from}-${to}`;
    const call = { headers: new Headers({ range }), query: new URLSearchParams() };
    try {
      const { start, end, partial } = select(call, object(size));
      if (!partial) return start === 0 && end === size;
      if (from === "") return end === size && end - start === Math.min(Number(to), size);
      return start === Number(from) && start < end && end <= size;
    } catch (error) {
      return error instanceof S3Error && error.code === "InvalidRange" &&
        (from === "" ? Number(to) === 0 || size === 0 : Number(from) >= size);
    }
  }));
});
