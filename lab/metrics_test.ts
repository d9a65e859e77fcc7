// Tests of how samples are summed up.

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { distribution, value } from "./metrics.ts";

const samples = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), {
  minLength: 1,
  maxLength: 200,
});

Deno.test("no samples have no distribution", () => {
  assertEquals(distribution([], "ms"), undefined);
});

Deno.test("one sample is its own minimum, maximum, mean and percentiles", () => {
  assertEquals(distribution([12.34], "ms"), {
    unit: "ms",
    count: 1,
    min: 12.3,
    p50: 12.3,
    p90: 12.3,
    p99: 12.3,
    max: 12.3,
    mean: 12.3,
  });
});

Deno.test("a hundred even samples have the percentiles that one reads off", () => {
  const even = Array.from({ length: 100 }, (_, index) => index + 1);
  const { p50, p90, p99, mean } = distribution(even, "ms") ?? {};
  assertEquals({ p50, p90, p99, mean }, { p50: 50, p90: 90, p99: 99, mean: 50.5 });
});

Deno.test("a distribution is in order and within its samples", () => {
  fc.assert(fc.property(samples, (numbers) => {
    const found = distribution(numbers, "ms");
    assert(found);
    const { min, p50, p90, p99, max, mean, count } = found;
    assert(min <= p50 && p50 <= p90 && p90 <= p99 && p99 <= max);
    assert(min <= mean && mean <= max);
    assertEquals(count, numbers.length);
    assert(Math.abs(min - Math.min(...numbers)) <= 0.051);
    assert(Math.abs(max - Math.max(...numbers)) <= 0.051);
  }));
});

Deno.test("a percentile is off its nearest-rank sample by at most three significant digits", () => {
  fc.assert(fc.property(samples, (numbers) => {
    const sorted = numbers.toSorted((a, b) => a - b);
    const exact = sorted[Math.ceil(sorted.length * 0.9) - 1] ?? 0;
    const { p90 = 0 } = distribution(numbers, "ms") ?? {};
    assert(Math.abs(p90 - exact) <= 0.06 + exact * 0.002, `${p90} for ${exact}`);
  }));
});

Deno.test("the order of samples does not matter beyond rounding", () => {
  fc.assert(fc.property(samples, (numbers) => {
    const [a, b] = [distribution(numbers, "ms"), distribution(numbers.toReversed(), "ms")];
    assertEquals({ ...a, mean: 0 }, { ...b, mean: 0 });
    assert(Math.abs((a?.mean ?? 0) - (b?.mean ?? 0)) <= 0.11);
  }));
});

for (const bad of [-1, NaN, Infinity]) {
  Deno.test(`a sample of ${bad} is refused by name`, () => {
    assertThrows(() => distribution([1, bad], "ms"), RangeError, `received ${bad}`);
  });
}

Deno.test("a value keeps its unit and a tenth", () => {
  assertEquals(value(1.26, "ms"), { unit: "ms", value: 1.3 });
  assertEquals(value(3, "count"), { unit: "count", value: 3 });
});
