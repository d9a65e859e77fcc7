// Waits for a task of the shared queue, for no longer than the client does, and with a timer of its own.

import type { Clock } from "../../lab/clock.ts";

/** How long, and for whom, is waited. */
export interface ParkedOptions {
  /** The time. */
  clock: Pick<Clock, "setTimeout">;
  /** For how long, in milliseconds. */
  limitMs: number;
  /** Aborts when the client leaves. */
  signal: AbortSignal | undefined;
  /** What is thrown when the time is over. */
  tooLate: () => Error;
}

/**
 * Waits for what another request may bring about. Meanwhile this one has I/O of its own pending, the timer:
 * workerd cancels a request that waits for nothing of its own ("your Worker's code had hung").
 *
 * Rejects with the signal's reason when the client leaves.
 */
export async function parked<T>(task: Promise<T>, options: ParkedOptions): Promise<T> {
  const { clock, limitMs, signal, tooLate } = options;
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal?.reason);
  const cancel = clock.setTimeout(() => reject(tooLate()), limitMs);
  signal?.addEventListener("abort", leave, { once: true });
  if (signal?.aborted) leave();
  try {
    return await Promise.race([task, promise]);
  } finally {
    cancel();
    signal?.removeEventListener("abort", leave);
  }
}
