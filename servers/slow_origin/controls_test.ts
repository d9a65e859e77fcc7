// Tests of the slow origin's controls: what they accept, refuse and fall back to.

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { readControls, type SlowOriginLimits } from "./controls.ts";
import { Refusal } from "./refusal.ts";

function controlsOf(
  query: string,
  { headers = {}, n = 1, limits = {} }: {
    headers?: Record<string, string>;
    n?: number;
    limits?: SlowOriginLimits;
  } = {},
) {
  const url = new URL(`http://origin.test/x?${query}`);
  return readControls(url, new Headers(headers), n, { delayMs: 5_000 }, limits);
}

Deno.test("controls: a request that asks for nothing gets the defaults", () => {
  assertEquals(controlsOf("v=1&utm_source=y"), {
    sleepMs: 5_000,
    status: 200,
    sizeBytes: undefined,
    cacheControl: "max-age=60",
    vary: undefined,
    etag: undefined,
    lastModified: undefined,
    fault: "none",
    framing: "length",
    paceMs: 0,
    chunks: undefined,
  });
});

Deno.test("controls: every one is read from the query and from its header, and the header wins", () => {
  const asked = {
    "sleep": "0.25",
    "status": "503",
    "size": "1000",
    "cache-control": "no-store",
    "vary": "accept, accept-language",
    "etag": 'W/"a"',
    "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
    "fault": "stall-mid-body",
    "framing": "chunked",
    "pace": ".5",
    "chunks": "4",
  };
  const expected = {
    sleepMs: 250,
    status: 503,
    sizeBytes: 1000,
    cacheControl: "no-store",
    vary: "accept, accept-language",
    etag: 'W/"a"',
    lastModified: "Thu, 01 Jan 2026 00:00:00 GMT",
    fault: "stall-mid-body" as const,
    framing: "chunked" as const,
    paceMs: 500,
    chunks: 4,
  };
  const headers = Object.fromEntries(
    Object.entries(asked).map(([name, value]) => [`x-set-${name}`, value]),
  );
  assertEquals(controlsOf(String(new URLSearchParams(asked))), expected);
  assertEquals(controlsOf("", { headers }), expected);
  assertEquals(controlsOf("sleep=9&status=200&size=nonsense", { headers }), expected);
});

Deno.test("controls: the nth request takes the nth value of a sequence, and the last one repeats", () => {
  const query = "sleep=1|0.5&status=500|200&fault=reset|none&cache-control=no-store||max-age=9";
  const rows = [1, 2, 3, 4].map((n) => {
    const { sleepMs, status, fault, cacheControl } = controlsOf(query, { n });
    return [sleepMs, status, fault, cacheControl];
  });
  assertEquals(rows, [
    [1000, 500, "reset", "no-store"],
    [500, 200, "none", ""],
    [500, 200, "none", "max-age=9"],
    [500, 200, "none", "max-age=9"],
  ]);
});

const BAD: [query: string, says: string][] = [
  ["sleep=", "Cannot use sleep: received '', expected seconds from 0 to 86400"],
  ["sleep=-1", "received '-1'"],
  ["sleep=5s", "received '5s'"],
  ["sleep=Infinity", "received 'Infinity'"],
  ["sleep=86401", "received '86401'"],
  ["sleep=1|x", "received 'x'"],
  ["status=199", "Cannot use status: received '199', expected a whole number from 200 to 599"],
  ["status=600", "received '600'"],
  ["status=2e2", "received '2e2'"],
  ["size=-1", "Cannot use size"],
  ["size=1.5", "Cannot use size"],
  ["size=99999999999999999999", "Cannot use size"],
  ["cache-control=a%0d%0ab:c", "Cannot use cache-control"],
  ["vary=a%20b", "Cannot use vary"],
  ["etag=abc", "Cannot use etag"],
  ["last-modified=yesterday", "Cannot use last-modified"],
  ["fault=explode", "expected one of none, close, reset, close-mid-body, stall-mid-body, hang"],
  ["framing=none", "expected one of length, chunked"],
  ["pace=x", "Cannot use pace"],
  ["chunks=0", "Cannot use chunks"],
  ["size=1000000000&chunks=1", "Cannot use chunks: received 1, expected at least 60"],
  ["status=204&fault=close-mid-body", "an answer of status 204 has no body"],
  ["size=1&fault=stall-mid-body", "received size 1, expected at least 2"],
];

for (const [query, says] of BAD) {
  Deno.test(`controls: '${query}' is refused with its reason`, () => {
    const error = assertThrows(() => controlsOf(query), Refusal);
    assertEquals(error.status, 400);
    assertStringIncludes(error.message, says);
    assert(!error.message.includes("\n"));
  });
}

Deno.test("controls: a bad header is named as a header, and an unknown one is refused", () => {
  const bad = assertThrows(() => controlsOf("", { headers: { "x-set-sleep": "x" } }), Refusal);
  assertStringIncludes(bad.message, "Cannot use x-set-sleep: received 'x'");
  const unknown = assertThrows(() => controlsOf("", { headers: { "x-set-slep": "1" } }), Refusal);
  assertStringIncludes(unknown.message, "Cannot use x-set-slep");
});

Deno.test("controls: limits bound the size, and sleep and pauses together", () => {
  const limits = { maxDelayMs: 10_000, maxBodyBytes: 1_000_000 };
  const refusal = (query: string) =>
    assertThrows(() => controlsOf(query, { limits }), Refusal).message;
  assertStringIncludes(refusal("size=1000001"), "expected at most 1000000 bytes");
  assertStringIncludes(refusal("sleep=10.1"), "expected at most 10 s");
  assertStringIncludes(refusal("sleep=4&pace=2&chunks=5"), "received 12 s in all");
  assertStringIncludes(refusal("sleep=0&pace=1&size=1000000"), "received 15 s in all");
  controlsOf("sleep=10&size=1000000", { limits });
  controlsOf("sleep=2&pace=2&chunks=5", { limits });
});
