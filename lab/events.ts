// The events that a running command writes one a line (`ndjson`): the one source of their types and
// of the checks on reading them back.

import { z } from "zod";
import { RESULT_SCHEMA, resultSchema } from "./result.ts";

const { tool, startedAt, durationMs, speed, runs, summary } = resultSchema.shape;
const run = runs.element;
const { id } = run.shape;
const moment = run.shape.timeline.element.shape;

/** A line's place in the stream: 0 for the first, then one more each, without gaps. */
const seq = z.int().nonnegative();

const eventSchema = z.discriminatedUnion("type", [
  z.strictObject({
    seq,
    type: z.literal("start"),
    schema: z.literal(RESULT_SCHEMA),
    tool,
    startedAt,
    speed,
    runs: z.array(id).describe("The runs to come, in the order in which the result lists them"),
  }),
  z.strictObject({ seq, type: z.literal("run-start"), id }),
  z.strictObject({ seq, type: z.literal("event"), id, ...moment }),
  z.strictObject({ seq, type: z.literal("run-end"), id, run: run.omit({ timeline: true }) }),
  z.strictObject({ seq, type: z.literal("end"), summary, durationMs }),
]);

/**
 * One event of a running command:
 * - `start`: what runs, how fast, and the ids of the runs to come;
 * - `run-start`: a run begins;
 * - `event`: one event of a run's timeline, as it happens (times in milliseconds since that run began);
 * - `run-end`: the run as in the result, without its timeline;
 * - `end`: how many runs came out how.
 */
export type LabEvent = z.infer<typeof eventSchema>;

/** The zod schema of one event. */
export const labEventSchema: z.ZodType<LabEvent> = eventSchema;
