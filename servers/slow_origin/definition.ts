// The slow origin as `serve` offers it, with the seed's flags.

import { z } from "zod";
import { durationParam } from "../../lab/params.ts";
import type { ServerDefinition } from "../definition.ts";
import { createSlowOrigin } from "./slow_origin.ts";

const params = z.object({
  delayMs: durationParam({
    flag: "delay",
    description: "How long an answer takes when the request does not say (x-set-sleep)",
    defaultMs: 5_000,
    bareUnit: "s",
  }),
});

/** The slow origin. */
export const slowOriginDefinition: ServerDefinition = {
  name: "slow-origin",
  summary: "An origin whose delay, status, size and faults each request chooses for itself",
  port: 8000,
  params,
  wiring: {},
  connectionControl: true,
  create: (given, { clock }) => createSlowOrigin({ ...params.parse(given), clock }),
};
