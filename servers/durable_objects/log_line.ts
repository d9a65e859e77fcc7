// A line of an object's log, from what its code gave to `console`.

import { format } from "node:util";

/** The longest line that is kept, in characters. */
const LONGEST = 2_000;

/** The arguments as `console.log` shows them, in one line. */
export function logLine(args: readonly unknown[]): string {
  const line = format(...args).replaceAll(/\s*\n\s*/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
