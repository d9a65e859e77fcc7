// The list of measurements.

import { closeTimes } from "./close_times.ts";
import { commands } from "./commands.ts";
import { crowd } from "./crowd.ts";
import type { Measurement } from "./measurement.ts";

/** All of them, in the order in which they run and are shown. */
export const measurements: readonly Measurement[] = [crowd, commands, closeTimes];
