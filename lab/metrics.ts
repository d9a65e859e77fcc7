// What a run measured, in the shapes of the result: a single value, or a distribution.

import { build } from "hdr-histogram-js";

/** One measured number with its unit. */
export interface Value {
  /** What is counted: `ms`, `count`, `bytes`. */
  unit: string;
  /** The number, with at most one decimal. */
  value: number;
}

/** How several measured numbers are spread; all but `count` are in `unit`. */
export interface Distribution {
  /** What is counted: `ms`. */
  unit: string;
  /** How many were measured. */
  count: number;
  /** The least. */
  min: number;
  /** The median. */
  p50: number;
  /** What nine of ten are at most. */
  p90: number;
  /** What 99 of 100 are at most. */
  p99: number;
  /** The most. */
  max: number;
  /** The arithmetic mean. */
  mean: number;
}

/** A run's measurements by name. */
export type Metrics = Record<string, Value | Distribution>;

/** The histogram counts microseconds when it is given milliseconds: three decimals survive. */
const STEPS_PER_UNIT = 1_000;

/**
 * Sums samples up. Percentiles come from an HDR histogram with three significant digits; `min`,
 * `max` and `mean` are exact.
 *
 * @param samples Finite numbers of 0 or more; none gives `undefined`.
 */
export function distribution(samples: readonly number[], unit: string): Distribution | undefined {
  if (samples.length === 0) return undefined;
  const histogram = build({ bitBucketSize: 64, numberOfSignificantValueDigits: 3 });
  let min = Infinity, max = 0, sum = 0;
  for (const sample of samples) {
    if (!Number.isFinite(sample) || sample < 0) {
      throw new RangeError(`Cannot sum up: received ${sample}, expected a finite number from 0 up`);
    }
    histogram.recordValue(Math.round(sample * STEPS_PER_UNIT));
    min = Math.min(min, sample);
    max = Math.max(max, sample);
    sum += sample;
  }
  const at = (percentile: number) => {
    const value = histogram.getValueAtPercentile(percentile) / STEPS_PER_UNIT;
    return tenths(Math.min(Math.max(value, min), max));
  };
  return {
    unit,
    count: samples.length,
    min: tenths(min),
    p50: at(50),
    p90: at(90),
    p99: at(99),
    max: tenths(max),
    mean: tenths(sum / samples.length),
  };
}

/** One measured number. */
export function value(number: number, unit: string): Value {
  return { unit, value: tenths(number) };
}

/** Rounds to one decimal: finer than a tenth of a millisecond a user-space clock does not see. */
function tenths(number: number): number {
  return Math.round(number * 10) / 10;
}
