// What came to the backend, for a case that needs to know, and for one that judges by it where it is known.

import type { BackendRequest } from "../../lab/backend_log.ts";
import { UnmetError } from "../../lab/errors.ts";
import { BackendLogClient } from "../../probes/backend_log.ts";
import type { Context } from "./stage.ts";

/** A client of the log of this run's backend. */
export function backendOf(context: Context): BackendLogClient {
  const backend = knownBackendOf(context);
  if (backend !== null) return backend;
  throw new UnmetError(["backend-log"], "how requests come to the backend is not known");
}

/** The same; null where there is no log. */
export function knownBackendOf(
  { access: { backendLogUrl: url }, clock, signal }: Context,
): BackendLogClient | null {
  return url === undefined ? null : new BackendLogClient({ url, clock, signal });
}

/**
 * The uploads whose path has `text` in it, once they are as wanted or the time is over; null where there
 * is no log.
 */
export async function uploadsAtBackend(
  context: Context,
  text: string,
  wanted: (uploads: BackendRequest[]) => boolean,
  timeoutMs: number,
): Promise<BackendRequest[] | null> {
  const puts = (all: BackendRequest[]) => all.filter(({ method }) => method === "PUT");
  const found = await knownBackendOf(context)?.waitFor(
    text,
    (all) => wanted(puts(all)),
    timeoutMs,
  );
  return found === undefined ? null : puts(found);
}

/** Whether one of them has come to its end. */
export const someHasEnded = (uploads: BackendRequest[]): boolean =>
  uploads.some(({ ended }) => ended !== null);
