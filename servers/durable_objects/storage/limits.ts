// What storage refuses as too large, each with where the figure comes from.

import type { Sqlite } from "./sqlite.ts";

/**
 * What SQLite is told to refuse. Measured of workerd 1.20261117.1 (the largest value that it takes),
 * which also takes keys of any length and any number of keys a call. The vendor's service takes less:
 * 2 MB for a key with its value, and 128 keys a call
 * (https://developers.cloudflare.com/durable-objects/platform/limits/).
 */
export const SQLITE_LIMITS = {
  /** Bytes of one value, one row and one bound parameter. */
  length: 8_388_642,
  /** Bytes of a statement. */
  sqlLength: 100_000,
  /** Columns of a table or a result. */
  column: 100,
  /** How deep an expression is nested. */
  exprDepth: 100,
  /** Parts of a `UNION`. */
  compoundSelect: 5,
  /** Arguments of a function. */
  functionArg: 127,
  /** Attached databases. */
  attach: 0,
  /** Bytes of the pattern of a `LIKE`. */
  likePatternLength: 50,
  /** Bound parameters of a statement. */
  variableNumber: 100,
  /** How deep triggers set off one another; from workerd's source. */
  triggerDepth: 10,
} as const;

/** The latest alarm, in milliseconds since the Unix epoch: 2^63 nanoseconds (measured of workerd). */
export const LATEST_ALARM_MS = 9_223_372_036_854;

/** The largest `limit` of a list; above it workerd throws (measured). */
export const MOST_LISTED = 2_147_483_647;

/** Sets all of them on a database. */
export function setLimits(database: Sqlite): void {
  Object.assign(database.limits, SQLITE_LIMITS);
}
