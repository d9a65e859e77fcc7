// Bursts: three requests that wait for one exchange, which the first of them makes; one row each.

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

type Row = (bench: BurstBench) => unknown;
type InTask = (bench: BurstBench) => Task<unknown>;

/** The exchange, made by the first and waited for by the others. */
function* exchange({ meeting, held }: BurstBench): Task<string> {
  if (meeting.flight !== undefined) return yield* meeting.flight.wait();
  const flight = meeting.flight = new Shared();
  const response = yield* wait(fetch(held));
  flight.resolve(yield* wait(response.text()));
  return yield* flight.wait();
}

/** Runs a task with a timer of its own pending, or an interval, or with nothing. */
async function parked(
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

function* late({ request }: BurstBench): Task<number> {
  return (yield* wait(request.arrayBuffer())).byteLength;
}

function* lateByReader({ request }: BurstBench): Task<number> {
  const reader = request.body?.getReader();
  let length = 0;
  while (reader !== undefined) {
    const { done, value } = yield* wait(reader.read());
    if (done) break;
    length += value.byteLength;
  }
  return length;
}

function* forward({ request, some }: BurstBench): Task<unknown> {
  const response = yield* wait(fetch(some, { method: "PUT", body: request.body }));
  return yield* wait(response.text());
}

const never = () => new Promise(() => {});

/** All of them, by what they show. */
export const bursts: Readonly<Record<string, Row>> = {
  "parked with nothing of its own pending": (bench) => parked(bench, "nothing"),
  "parked with nothing pending, body read late": (bench) => parked(bench, "nothing", late),
  "parked with nothing pending, body read early": async (bench) => {
    const { byteLength } = await bench.request.arrayBuffer();
    return [byteLength, await parked(bench, "nothing")];
  },
  "parked with an interval": (bench) => parked(bench, "interval"),
  "body read late": (bench) => parked(bench, "interval", late),
  "body read late, by a reader": (bench) => parked(bench, "interval", lateByReader),
  "body read late by text()": (bench) =>
    parked(bench, "interval", function* ({ request }) {
      return yield* wait(request.text());
    }),
  "body read early": async (bench) => {
    const { byteLength } = await bench.request.arrayBuffer();
    return [byteLength, await parked(bench, "interval")];
  },
  "body read after the queue": async (bench) => {
    await parked(bench, "interval");
    return (await bench.request.arrayBuffer()).byteLength;
  },
  "body forwarded after the queue": async (bench) => {
    await parked(bench, "interval");
    return await (await fetch(bench.some, { method: "PUT", body: bench.request.body })).text();
  },
  "body forwarded in the queue": (bench) => parked(bench, "interval", forward),
  "a promise of the first one's": async ({ meeting, held }) => {
    const promise = meeting.promise ??= fetch(held).then((response) => response.text());
    meeting.began++;
    return await promise;
  },
  "a promise of the first one's, then the own body": async ({ meeting, held, request }) => {
    const promise = meeting.promise ??= fetch(held).then((response) => response.text());
    meeting.began++;
    return [await promise, await request.text()];
  },
  "a promise of its own that the first resolves": async ({ meeting, id, held, request }) => {
    meeting.began++;
    if (id === 0) {
      await (await fetch(held)).text();
      for (const wake of meeting.wakes.values()) wake("woken");
      return "woke them";
    }
    const interval = setInterval(() => {}, 20);
    const woken = await new Promise((resolve) => meeting.wakes.set(id, resolve));
    clearInterval(interval);
    return [woken, await request.text()];
  },
  "nothing is ever going to answer": ({ meeting, id, held }) => {
    meeting.began++;
    return id === 0 ? fetch(held) : never();
  },
  "waitUntil() of what never ends": ({ meeting, id, held, ctx }) => {
    meeting.began++;
    if (id === 0) return fetch(held);
    ctx.waitUntil(never());
    return never();
  },
  "an error of its own": ({ meeting, id, held }) => {
    meeting.began++;
    if (id === 0) return fetch(held);
    throw new Error("mine");
  },
  "a promise of the first one's that was not settled when that was over": async (bench) => {
    const { meeting, id, held } = bench;
    if (id === 0) {
      meeting.promise = new Promise(() => {});
      meeting.began++;
      return await (await fetch(held)).text();
    }
    meeting.began++;
    return await meeting.promise;
  },
  "fetch in the queue, when the first has answered": async (bench) => {
    setTimeout(() => {}, 300);
    bench.meeting.began++;
    return await bench.meeting.queue.run(function* () {
      const isFirst = bench.meeting.flight === undefined;
      const exchanged = yield* exchange(bench);
      if (isFirst) return exchanged;
      const response = yield* wait(fetch(bench.some));
      return yield* wait(response.text());
    });
  },
  // The last: with `resume-in-settler` it leaves requests behind that are never over.
  "own timer cleared in the queue": async (bench) => {
    const fired = { it: false };
    const timer = setTimeout(() => fired.it = true, 300);
    await parked(bench, "interval", function* () {
      yield (wake) => wake();
      clearTimeout(timer);
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    return fired.it;
  },
};

/** Rows whose followers are hung as soon as they wait: workerd cancels them before they are woken. */
export const hungFollowers: ReadonlySet<string> = new Set(
  Object.keys(bursts).filter((name) => name.startsWith("parked with nothing")),
);
