// Keys in the order of their UTF-8 bytes, and the range of them that a list selects.

import type { ListOptions } from "./api.ts";
import { MOST_LISTED } from "./limits.ts";

/** Where a list begins and ends. */
export interface KeyRange {
  /** The first key that belongs to it. */
  from: string;
  /** The first key after it; undefined for none. */
  until: string | undefined;
  /** From the last to the first. */
  reverse: boolean;
  /** How many keys at most; -1 for all. */
  limit: number;
}

/** Compares two keys by their UTF-8 bytes, which is by code points and not by UTF-16 units. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const one = a.charCodeAt(index);
    const other = b.charCodeAt(index);
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/**
 * The key after all that begin with a prefix; undefined where there is none.
 *
 * The last code point that can be raised is raised, and what follows it is cut off.
 */
function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point >= 0x10ffff) continue;
    // Between these two there are surrogates only, which no key has.
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    return points.join("") + String.fromCodePoint(next);
  }
  return undefined;
}

/**
 * What the options of a list select.
 *
 * @throws {TypeError} as workerd does: for a limit below one or over 2^31 - 1, and for `start` together
 * with `startAfter`.
 */
export function rangeOf(options: ListOptions | undefined): KeyRange {
  const { start, startAfter, end, prefix, reverse, limit } = options ?? {};
  if (start !== undefined && startAfter !== undefined) {
    throw new TypeError("list() cannot be called with both start and startAfter values.");
  }
  const range: KeyRange = {
    from: startAfter !== undefined ? `${wellFormed(startAfter)}\0` : wellFormed(start ?? ""),
    until: end === undefined ? undefined : wellFormed(end),
    reverse: Boolean(reverse),
    limit: limit === undefined ? -1 : checkedLimit(limit),
  };
  if (prefix !== undefined) clampTo(range, wellFormed(prefix));
  return range;
}

function clampTo(range: KeyRange, prefix: string): void {
  if (compareKeys(range.from, prefix) < 0) range.from = prefix;
  const after = afterPrefix(prefix);
  if (after === undefined) return;
  if (range.until === undefined || compareKeys(after, range.until) < 0) range.until = after;
}

function checkedLimit(limit: unknown): number {
  const whole = Math.trunc(Number(limit)) || 0;
  if (Math.abs(whole) > MOST_LISTED) {
    throw new TypeError(
      `Value out of range. Must be between ${-MOST_LISTED - 1} and ${MOST_LISTED} (inclusive).`,
    );
  }
  if (whole <= 0) throw new TypeError("List limit must be positive.");
  return whole;
}

/** A key as it is stored: lone surrogates have no UTF-8 bytes and become U+FFFD, as in workerd. */
export function wellFormed(key: unknown): string {
  return String(key).toWellFormed();
}
