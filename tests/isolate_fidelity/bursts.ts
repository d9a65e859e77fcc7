// Bursts: three requests that wait for one exchange, which the first of them makes; one row each.

import { type Task, wait } from "../../servers/isolate/task_queue.ts";
import { leftover } from "./bursts_leftover.ts";
import { resumed } from "./bursts_resumed.ts";
import { shared } from "./bursts_shared.ts";
import { type BurstBench, exchange, parked, type Row } from "./meeting.ts";

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
  ...shared,
  ...leftover,
  ...resumed,
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
  Object.keys(bursts).filter((name) => name.includes("with nothing")),
);
