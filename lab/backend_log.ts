// What a tap in front of a gateway's backend tells of the requests it saw, schema `edge-repro/backend-log@1`.

import { z } from "zod";

/** The name and version of the log's format. */
export const BACKEND_LOG_SCHEMA = "edge-repro/backend-log@1";

const count = z.int().nonnegative();

/** The zod schema of one request in the log. */
export const backendRequestSchema = z.object({
  connection: count.describe("Which connection it came on, from 1"),
  method: z.string(),
  path: z.string().describe("Path and query; signatures and tokens of a query are left out"),
  framing: z.enum(["content-length", "chunked", "none", "both", "invalid"])
    .describe("How its content was delimited on the wire"),
  contentLength: count.nullable().describe("Its Content-Length, where that is how it was told"),
  fields: z.record(z.string(), z.string())
    .describe("Header fields that hold no secret, names in lower case"),
  signedFields: z.array(z.string()).describe("The names of the fields that are signed"),
  bodyBytes: count.describe("How much of its content has come, without chunked framing"),
  sha256: z.string().nullable().describe("Of its content in hex, once it is complete"),
  ended: z.enum(["complete", "cut"]).nullable().describe("Null while it is under way"),
});

/** The zod schema of the log. */
export const backendLogSchema = z.object({
  schema: z.literal(BACKEND_LOG_SCHEMA),
  requests: z.array(backendRequestSchema),
  stalled: z.boolean().nullable()
    .describe("Whether the backend has been told to stop; null where it cannot be"),
});

/** One request as it came to the backend. */
export type BackendRequest = z.infer<typeof backendRequestSchema>;

/** The requests that came to the backend, in the order in which their heads were complete. */
export type BackendLog = z.infer<typeof backendLogSchema>;
