// What the slow origin tells of the requests it has seen, schema `edge-repro/origin-log@1`.

import { z } from "zod";

/** The name and version of the log's format. */
export const ORIGIN_LOG_SCHEMA = "edge-repro/origin-log@1";

/** The pathname under which the slow origin gives its log. */
export const ORIGIN_LOG_PATH = "/_edge-repro/log";

const epochMs = z.number().nonnegative();

/** The zod schema of one request in the log. */
export const originRequestSchema = z.object({
  n: z.int().positive().describe("The request's number among those of its pathname, from 1"),
  method: z.string(),
  url: z.string().describe("Path and query"),
  arrivedAtMs: epochMs,
  headersAtMs: epochMs.nullable(),
  endedAtMs: epochMs.nullable(),
  outcome: z.enum(["open", "answered", "aborted", "fault"])
    .describe("aborted: the client left before the answer was out"),
  headers: z.record(z.string(), z.string()),
});

/** The zod schema of the log of one pathname. */
export const originLogSchema = z.object({
  schema: z.literal(ORIGIN_LOG_SCHEMA),
  path: z.string(),
  nowMs: epochMs.describe("The origin's own time when it answered"),
  requests: z.array(originRequestSchema),
});

/** One request as the origin saw it; times are milliseconds since the epoch by its clock. */
export type OriginRequest = z.infer<typeof originRequestSchema>;

/** The requests of one pathname, in order of arrival. */
export type OriginLog = z.infer<typeof originLogSchema>;

/** How many requests each pathname has had, when no pathname is asked for. */
export interface OriginPaths {
  schema: typeof ORIGIN_LOG_SCHEMA;
  nowMs: number;
  paths: Record<string, number>;
}
