// What came to the backend, for a case that needs to know.

import { UnmetError } from "../../lab/errors.ts";
import { BackendLogClient } from "../../probes/backend_log.ts";
import type { Context } from "./stage.ts";

/** A client of the log of this run's backend. */
export function backendOf(
  { access: { backendLogUrl: url }, clock, signal }: Context,
): BackendLogClient {
  if (url !== undefined) return new BackendLogClient({ url, clock, signal });
  throw new UnmetError(["backend-log"], "how requests come to the backend is not known");
}
