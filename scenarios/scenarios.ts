// The one list of scenarios, in the order in which they are run and shown.

import type { Scenario } from "../lab/scenario.ts";
import { bodyIo } from "./body_io/scenario.ts";
import { cacheLock } from "./cache_lock/scenario.ts";
import { staleRead } from "./stale_read/scenario.ts";
import { wsHibernation } from "./ws_hibernation/scenario.ts";

/** All scenarios. */
export const scenarios: readonly Scenario[] = [cacheLock, staleRead, wsHibernation, bodyIo];
