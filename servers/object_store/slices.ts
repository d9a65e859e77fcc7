// Which part of which blob a range of an object is.

import type { Segment } from "./storage.ts";

/** A range of one blob. */
export interface Slice {
  /** The whole blob. */
  segment: Segment;
  /** Its first byte that is wanted. */
  start: number;
  /** The first that no longer is. */
  end: number;
}

/** The slices that the bytes from `start` up to but not including `end` consist of, none empty. */
export function slicesOf(segments: readonly Segment[], start: number, end: number): Slice[] {
  const slices: Slice[] = [];
  let offset = 0;
  for (const segment of segments) {
    const from = Math.max(0, start - offset);
    const to = Math.min(segment.sizeBytes, end - offset);
    if (from < to) slices.push({ segment, start: from, end: to });
    offset += segment.sizeBytes;
  }
  return slices;
}
