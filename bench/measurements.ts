// The list of measurements.

import { closeTimes } from "./close_times.ts";
import { commands } from "./commands.ts";
import { crowd } from "./crowd.ts";
import type { Measurement } from "./measurement.ts";
import { objectStores } from "./s3.ts";
import { s3Gateways } from "./s3_gateway.ts";
import { sdkStalledBody } from "./sdk_stalled_body.ts";
import { webSockets } from "./ws.ts";

/**
 * All of them, in the order in which they run and are shown. A crowd leaves thousands of sockets in
 * TIME_WAIT, which would slow every look at the table of sockets down: it comes last.
 */
export const measurements: readonly Measurement[] = [
  commands,
  closeTimes,
  objectStores,
  s3Gateways,
  sdkStalledBody,
  webSockets,
  crowd,
];
