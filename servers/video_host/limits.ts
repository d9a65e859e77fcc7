// What strangers may make a public video host do, at most.

import type { Clock } from "../../lab/clock.ts";

/** The limits of a video host. One step at a time is always one of them. */
export interface VideoHostLimits {
  /** How many uploads it begins within any minute. */
  uploadsPerMinute: number;
  /** After how long it deletes a clip by itself, in milliseconds. */
  deleteAfterMs: number;
  /** How many pages may watch it at one time. */
  watchers: number;
}

/** The limits for a host that anyone can reach. */
export const PUBLIC_LIMITS: Readonly<VideoHostLimits> = {
  uploadsPerMinute: 6,
  deleteAfterMs: 120_000,
  watchers: 100,
};

const MINUTE_MS = 60_000;

/** Counts how often something was begun within the last minute. */
export class PerMinute {
  readonly #clock: Clock;
  readonly #most: number;
  #begun: number[] = [];

  /** Begins with nothing counted; `most` may be Infinity. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /**
   * Counts one more.
   *
   * @returns 0 when it may begin; otherwise, uncounted, in how many milliseconds the next may.
   */
  take(): number {
    const now = this.#clock.now();
    this.#begun = this.#begun.filter((at) => now - at < MINUTE_MS);
    const [oldest = now] = this.#begun;
    if (this.#begun.length >= this.#most) return oldest + MINUTE_MS - now;
    this.#begun.push(now);
    return 0;
  }
}
