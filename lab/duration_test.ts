// Tests of reading and writing durations.

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type DurationUnit,
  formatDuration,
  LONGEST_DURATION_MS,
  parseDuration,
} from "./duration.ts";
import { UsageError } from "./errors.ts";

const READ: [text: string, bareUnit: DurationUnit, ms: number][] = [
  ["250ms", "s", 250],
  ["5s", "ms", 5_000],
  ["1m", "ms", 60_000],
  ["1h", "ms", 3_600_000],
  ["24h", "ms", LONGEST_DURATION_MS],
  ["1.5s", "ms", 1_500],
  [".5s", "ms", 500],
  ["0", "s", 0],
  ["5", "s", 5_000],
  ["500", "ms", 500],
  [" 5s ", "ms", 5_000],
];

for (const [text, bareUnit, ms] of READ) {
  Deno.test(`'${text}' with a bare unit of ${bareUnit} is ${ms} ms`, () => {
    assertEquals(parseDuration(text, bareUnit), ms);
  });
}

for (const text of ["5x", "", "-5s", "s", "5 s", "1e3", "1.2.3s", "5S", "NaN", "Infinity", "5."]) {
  Deno.test(`'${text}' is refused with what was received and what is expected`, () => {
    const error = assertThrows(() => parseDuration(text, "s"), UsageError, `received '${text}'`);
    assertStringIncludes(error.message, "expected a number with ms, s, m or h");
  });
}

for (const text of ["25h", "86400001ms", "999999999999999999999s"]) {
  Deno.test(`'${text}' is refused as too long`, () => {
    assertThrows(() => parseDuration(text, "s"), UsageError, "expected at most 24h");
  });
}

Deno.test("every written duration up to a day is read in its unit", () => {
  const units = { ms: 1, s: 1_000, m: 60_000 } as const;
  const unit = fc.constantFrom<keyof typeof units>("ms", "s", "m");
  fc.assert(fc.property(fc.nat(1_440), unit, (number, written) => {
    assertEquals(parseDuration(`${number}${written}`, "h"), number * units[written]);
  }));
});

const WRITTEN: [ms: number, text: string][] = [
  [0, "0 ms"],
  [0.04, "0 ms"],
  [2.34, "2.3 ms"],
  [222.4, "222 ms"],
  [999.4, "999 ms"],
  [999.6, "1 s"],
  [4_440, "4.44 s"],
  [9_996, "10 s"],
  [60_000, "60 s"],
  [180_000, "3 min"],
];

for (const [ms, text] of WRITTEN) {
  Deno.test(`${ms} ms is written '${text}'`, () => assertEquals(formatDuration(ms), text));
}

Deno.test("what is written reads back as nearly the same", () => {
  fc.assert(fc.property(fc.double({ min: 1, max: LONGEST_DURATION_MS, noNaN: true }), (ms) => {
    const text = formatDuration(ms).replace(" ", "").replace("min", "m");
    assert(Math.abs(parseDuration(text, "ms") - ms) <= ms * 0.05, `${ms}: ${text}`);
  }));
});
