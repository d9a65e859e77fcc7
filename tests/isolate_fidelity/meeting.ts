// What the requests of one burst share, and how each comes to wait for the first.

import { Shared, type Task, TaskQueue, wait } from "../../servers/isolate/task_queue.ts";

/** What the requests of one burst share. */
export class Meeting {
  readonly queue: TaskQueue = new TaskQueue();
  /** The exchange, once somebody makes it. */
  flight: Shared<string> | undefined;
  /** The same as a promise. */
  promise: Promise<string> | undefined;
  /** Settles what a follower waits for, by its number. */
  readonly wakes: Map<number, (value: string) => void> = new Map();
  /** How many of them have come to where they wait. */
  began = 0;
  /** What the first one's fetch brings, before it is read. */
  response: Promise<Response> | undefined;
  /** The first one. */
  first: Request | undefined;
  /** What the code of each came to after the queue, by its number. */
  readonly outcomes: Map<number, unknown> = new Map();
}

/** What a row has at hand. */
export interface BurstBench {
  meeting: Meeting;
  /** Which of the burst it is; 0 makes the exchange. */
  id: number;
  request: Request;
  ctx: { waitUntil(promise: Promise<unknown>): void };
  /** A server that answers when it is told to, and at once under another path. */
  held: string;
  some: string;
}

/** One row. */
export type Row = (bench: BurstBench) => unknown;
/** What a row does in the queue, when the exchange is over. */
export type InTask = (bench: BurstBench) => Task<unknown>;

/** The exchange, made by the first and waited for by the others. */
export function* exchange({ meeting, held }: BurstBench): Task<string> {
  if (meeting.flight !== undefined) return yield* meeting.flight.wait();
  const flight = meeting.flight = new Shared();
  const response = yield* wait(fetch(held));
  flight.resolve(yield* wait(response.text()));
  return yield* flight.wait();
}

/** Runs a task with a timer of its own pending, or an interval, or with nothing. */
export async function parked(
  bench: BurstBench,
  own: "timer" | "interval" | "nothing",
  task?: InTask,
): Promise<unknown> {
  const timer = own === "timer" ? setTimeout(() => {}, 60_000) : undefined;
  const interval = own === "interval" ? setInterval(() => {}, 20) : undefined;
  bench.meeting.began++;
  try {
    return await bench.meeting.queue.run(function* () {
      const exchanged = yield* exchange(bench);
      return task === undefined ? exchanged : yield* task(bench);
    });
  } finally {
    clearTimeout(timer);
    clearInterval(interval);
  }
}
