// The one list of engines.

import type { Engine } from "./engine.ts";
import { nginx } from "./nginx.ts";

/** All engines, in the order in which they are listed and compared. */
export const engines: readonly Engine[] = [nginx];
