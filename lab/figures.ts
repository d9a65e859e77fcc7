// What a target tells of itself at a stats URL, schema `edge-repro/stats@1`.

import { z } from "zod";

/** The name and version of the figures' format. */
export const STATS_SCHEMA = "edge-repro/stats@1";

const count = z.int().nonnegative();

/** The zod schema of figures; what a server adds beside these is kept. */
export const figuresSchema: z.ZodType<Figures> = z.looseObject({
  schema: z.literal(STATS_SCHEMA),
  waiting: count.describe("Requests inside their handler's wait at this moment"),
  locks: count.describe("Locks that are held"),
  upstreams: count.describe("Requests to an origin whose answer is not over"),
  open: count.optional().describe("Requests whose answer has not begun"),
});

/** What a target tells of itself at one moment. A server may add more. */
export interface Figures {
  /** `edge-repro/stats@1`. */
  schema: typeof STATS_SCHEMA;
  /** Requests inside their handler's wait. */
  waiting: number;
  /** Locks that are held. */
  locks: number;
  /** Requests to an origin whose answer is not over. */
  upstreams: number;
  /** Requests whose answer has not begun. */
  open?: number | undefined;
  /** Whatever else a server tells. */
  [extra: string]: unknown;
}
