// Durations as people write them (`250ms`, `5s`, `1m`) and as the lab counts them: milliseconds.

import { UsageError } from "./errors.ts";

const MS_PER: Readonly<Record<DurationUnit, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A unit that a written duration can carry. */
export type DurationUnit = "ms" | "s" | "m" | "h";

/** The longest duration that is accepted, in milliseconds: one day. */
export const LONGEST_DURATION_MS = 24 * MS_PER.h;

/**
 * Reads a duration.
 *
 * @param text A number with `ms`, `s`, `m` or `h`; a bare number is in `bareUnit`.
 * @returns Milliseconds, at least 0 and at most a day.
 * @throws {UsageError} naming what was received and what is expected.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseDuration } from "./duration.ts";
 *
 * assertEquals(parseDuration("250ms", "s"), 250);
 * assertEquals(parseDuration("1.5", "s"), 1500);
 * ```
 */
export function parseDuration(text: string, bareUnit: DurationUnit): number {
  const match = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)?$/.exec(text.trim());
  if (match === null) {
    throw new UsageError(
      `Cannot parse duration: received '${text}', expected a number with ms, s, m or h ` +
        `(a bare number is in ${bareUnit})`,
    );
  }
  const ms = Number(match[1]) * MS_PER[(match[2] ?? bareUnit) as DurationUnit];
  if (ms > LONGEST_DURATION_MS) {
    throw new UsageError(`Cannot parse duration: received '${text}', expected at most 24h`);
  }
  return ms;
}

/**
 * Writes a duration of `ms` milliseconds the short way: `37 ms`, `4.44 s`, `60 s`, `3 min`, `24 h`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatDuration } from "./duration.ts";
 *
 * assertEquals(formatDuration(222.4), "222 ms");
 * assertEquals(formatDuration(4440), "4.44 s");
 * ```
 */
export function formatDuration(ms: number): string {
  const short = (value: number, digits: number) => String(Number(value.toFixed(digits)));
  if (ms < 10) return `${short(ms, 1)} ms`;
  if (ms < 999.5) return `${short(ms, 0)} ms`;
  if (ms < 9_995) return `${short(ms / 1_000, 2)} s`;
  if (ms < 180_000) return `${short(ms / 1_000, 1)} s`;
  if (ms < 180 * 60_000) return `${short(ms / 60_000, 1)} min`;
  return `${short(ms / 3_600_000, 1)} h`;
}
