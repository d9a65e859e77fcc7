// Waits for something, but no longer than until a time.

import type { Clock } from "./clock.ts";

/**
 * What `work` gives, or undefined when `deadlineMs` of the clock comes first. What it waits for is not
 * ended by that. Rejects as `work` does, and with the signal's reason when that aborts.
 */
export async function until<T>(
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  work: Promise<T>,
  deadlineMs: number,
): Promise<T | undefined> {
  const late = new AbortController();
  try {
    return await Promise.race([
      work,
      clock.sleep(Math.max(0, deadlineMs - clock.now()), {
        signal: AbortSignal.any([signal, late.signal]),
      }).then(() => undefined),
    ]);
  } finally {
    late.abort();
  }
}
