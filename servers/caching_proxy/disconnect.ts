// Work for a client, and the client's leaving, whichever comes first.

import type { Clock } from "../../lab/clock.ts";

/** Settles with `work`, or with undefined when the client leaves first. */
export async function orDisconnect<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  const left = Promise.withResolvers<undefined>();
  const onAbort = () => left.resolve(undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** How long a request is on its way before a client that had left already is noticed. */
const NOTICED_AFTER_MS = 10;

/**
 * The signal of a client for a request to the origin. One that has left already is noticed only when
 * the request has been sent, as in Pingora 0.8, which first looks at the client while it waits for
 * the origin (pingora-proxy/src/proxy_h1.rs).
 */
export function noticedLate(
  signal: AbortSignal,
  clock: Clock,
): Disposable & { signal: AbortSignal } {
  if (!signal.aborted) return { signal, [Symbol.dispose]: () => {} };
  const late = new AbortController();
  const cancel = clock.setTimeout(() => late.abort(signal.reason), NOTICED_AFTER_MS);
  return { signal: late.signal, [Symbol.dispose]: cancel };
}
