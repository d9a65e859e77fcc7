// The result as events, one JSON object a line, written live or afterwards and read back.

import { UsageError } from "../lab/errors.ts";
import { type LabEvent, labEventSchema } from "../lab/events.ts";
import { type Result, RESULT_SCHEMA, resultSchema, type Run } from "../lab/result.ts";
import type { TimelineEvent } from "../lab/timeline.ts";
import type { Format, ResultStream } from "./format.ts";

type WithoutSeq<E> = E extends LabEvent ? Omit<E, "seq"> : never;

/** Writes a command's events, numbered from 0 without gaps, each as one line. */
export class NdjsonWriter implements ResultStream {
  readonly #write: (line: string) => void;
  #seq: number = 0;

  /**
   * A writer whose next line is the first of a stream.
   *
   * @param write Takes each line, its newline included, at the moment of the event.
   */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** {@inheritDoc ResultStream.start} */
  start(about: Parameters<ResultStream["start"]>[0]): void {
    const { tool, startedAt, speed, ids } = about;
    this.#put({ type: "start", schema: RESULT_SCHEMA, tool, startedAt, speed, runs: [...ids] });
  }

  /** {@inheritDoc ResultStream.runStart} */
  runStart(id: string): void {
    this.#put({ type: "run-start", id });
  }

  /** {@inheritDoc ResultStream.event} */
  event(id: string, event: TimelineEvent): void {
    this.#put({ type: "event", id, ...event });
  }

  /** {@inheritDoc ResultStream.runEnd} */
  runEnd(run: Run): void {
    const { timeline: _, ...rest } = run;
    this.#put({ type: "run-end", id: run.id, run: rest });
  }

  /** {@inheritDoc ResultStream.end} */
  end({ summary, durationMs }: Pick<Result, "summary" | "durationMs">): void {
    this.#put({ type: "end", summary, durationMs });
  }

  #put(event: WithoutSeq<LabEvent>): void {
    this.#write(JSON.stringify({ seq: this.#seq++, ...event }) + "\n");
  }
}

/** Writes a finished result to a stream, run after run. */
export function replay(result: Result, stream: ResultStream): void {
  const { tool, startedAt, speed, runs } = result;
  stream.start({ tool, startedAt, speed, ids: runs.map((run) => run.id) });
  for (const run of runs) {
    stream.runStart(run.id);
    for (const event of run.timeline) stream.event(run.id, event);
    stream.runEnd(run);
  }
  stream.end(result);
}

/** Events as they happen, one JSON object a line. */
export const ndjson: Format = {
  name: "ndjson",
  description: "events as they happen, one JSON object a line",
  stream: (write) => new NdjsonWriter(write),
  render(result) {
    const lines: string[] = [];
    replay(result, new NdjsonWriter((line) => lines.push(line)));
    return lines.join("");
  },
};

/**
 * Reads events back into the result that they tell of. Runs stand in the order that the first line
 * announced, the events of a run in the order of their times.
 *
 * @param text The lines, from `start` to `end`.
 * @param source Where they came from, for the message.
 * @throws {UsageError} naming the first line that is not as it should be, or saying that the lines
 * break off before the `end` event.
 */
export function resultFromNdjson(text: string, source: string): Result {
  const events = text.split("\n").filter((line) => line.trim() !== "")
    .map((line, index) => parseLine(line, index, source));
  const [first, ...rest] = events;
  const last = events.at(-1);
  if (first?.type !== "start") {
    throw new UsageError(`Cannot read ${source}: line 1 is not a start event`);
  }
  if (last?.type !== "end") {
    throw new UsageError(`Cannot read ${source}: it breaks off before the end event`);
  }
  const { schema, tool, startedAt, speed } = first;
  const { durationMs, summary } = last;
  const runs = inOrder(runsOf(rest), first.runs);
  return resultSchema.parse({ schema, tool, startedAt, durationMs, speed, runs, summary });
}

function parseLine(line: string, index: number, source: string): LabEvent {
  const where = `Cannot read ${source}: line ${index + 1}`;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UsageError(`${where} is not JSON`);
  }
  const parsed = labEventSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UsageError(`${where}: ${issue?.path.join(".") || "the event"}: ${issue?.message}`);
  }
  if (parsed.data.seq !== index) {
    throw new UsageError(`${where}: received seq ${parsed.data.seq}, expected ${index}`);
  }
  return parsed.data;
}

/** The runs of the `run-end` events, each with the timeline that came before it. */
function runsOf(events: readonly LabEvent[]): Run[] {
  const timelines = new Map<string, TimelineEvent[]>();
  const runs: Run[] = [];
  for (const event of events) {
    if (event.type === "run-start") timelines.set(event.id, []);
    if (event.type === "event") {
      const { atMs, lane, event: name, detail } = event;
      const timeline = timelines.get(event.id) ?? [];
      timeline.push({ atMs, lane, event: name, detail });
      timelines.set(event.id, timeline);
    }
    if (event.type === "run-end") {
      const timeline = timelines.get(event.id) ?? [];
      runs.push({ ...event.run, timeline: timeline.toSorted((a, b) => a.atMs - b.atMs) });
    }
  }
  return runs;
}

/** Sorts runs, which end in any order, as `ids` announced them; what was not announced comes last. */
function inOrder(runs: readonly Run[], ids: readonly string[]): Run[] {
  const place = (run: Run) => {
    const index = ids.indexOf(run.id);
    return index < 0 ? ids.length : index;
  };
  return runs.toSorted((a, b) => place(a) - place(b));
}
