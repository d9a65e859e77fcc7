// The reading of flag values that no scenario declares: numbers, words, durations.

import {
  type DurationUnit,
  formatDuration,
  LONGEST_DURATION_MS,
  parseDuration,
} from "../lab/duration.ts";
import { messageOf, UsageError } from "../lab/errors.ts";
import { didYouMean } from "../lab/nearest.ts";
import type { Args } from "./flags.ts";

/**
 * A number from a flag, or `otherwise` when the flag was not given.
 *
 * @throws {UsageError} when it is no number, not whole where it must be, or out of range.
 */
export function numberOf(
  args: Args,
  name: string,
  range: { min: number; max: number; whole: boolean; otherwise: number },
): number {
  const text = args.value(name);
  if (text === undefined) return range.otherwise;
  const { min, max, whole } = range;
  const number = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max && (!whole || Number.isInteger(number))) return number;
  throw new UsageError(
    `--${name}: received '${text}', expected a ${
      whole ? "whole " : ""
    }number from ${min} to ${max}`,
  );
}

/**
 * One of several words from a flag, or undefined when the flag was not given.
 *
 * @throws {UsageError} naming what is allowed and the nearest.
 */
export function wordOf<const T extends string>(
  args: Args,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const text = args.value(name);
  if (text === undefined) return undefined;
  const found = allowed.find((word) => word === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `--${name}: received '${text}', expected ${allowed.join(", ")}${didYouMean(text, allowed)}`,
  );
}

/**
 * A duration of at least a millisecond from a flag, in milliseconds, or undefined.
 *
 * @throws {UsageError} when it is no duration or out of range.
 */
export function durationOf(args: Args, name: string, bareUnit: DurationUnit): number | undefined {
  const text = args.value(name);
  if (text === undefined) return undefined;
  let ms: number;
  try {
    ms = parseDuration(text, bareUnit);
  } catch (error) {
    throw new UsageError(`--${name}: ${messageOf(error)}`);
  }
  if (ms >= 1) return ms;
  throw new UsageError(
    `--${name}: received '${text}', expected a duration from 1 ms to ` +
      formatDuration(LONGEST_DURATION_MS),
  );
}
