// What requests share in a module to save work: a flight, a batch, a lock; one row each.

import { outcomeOf } from "./touch.ts";
import type { BurstBench, Row } from "./meeting.ts";

/** The first one's fetch, for all. */
function flight({ meeting, held }: BurstBench): Promise<Response> {
  const response = meeting.response ??= fetch(held);
  meeting.began++;
  return response;
}

/** The same, read by the first. */
function textFlight({ meeting, held }: BurstBench): Promise<string> {
  const text = meeting.promise ??= fetch(held).then((response) => response.text());
  meeting.began++;
  return text;
}

/** Waits for the lock, which the one before hands on. */
async function locked({ meeting, id, held, some }: BurstBench): Promise<unknown> {
  const before = meeting.promise ?? Promise.resolve("");
  const { promise, resolve } = Promise.withResolvers<string>();
  meeting.promise = promise;
  meeting.began++;
  await before;
  try {
    return await (await fetch(id === 0 ? held : some)).text();
  } finally {
    resolve("handed on");
  }
}

/** All of them, by what they show. */
export const shared: Readonly<Record<string, Row>> = {
  "one fetch for all, each reads the response": async (bench) => await (await flight(bench)).text(),
  "one fetch for all, each reads a clone": async (bench) =>
    await (await flight(bench)).clone().text(),
  "one fetch for all, each answers with a clone": async (bench) => (await flight(bench)).clone(),
  "one text for all, each answers with a response of its own": async (bench) =>
    new Response(await textFlight(bench)),
  "one text for all, each with a time limit of its own": async (bench) => {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("too late")), 5_000);
    try {
      return await Promise.race([textFlight(bench), promise]);
    } finally {
      clearTimeout(timer);
    }
  },
  "one text for all, then the own body is forwarded": async (bench) => {
    await textFlight(bench);
    return await (await fetch(bench.some, { method: "PUT", body: bench.request.body })).text();
  },
  "one text for all, kept by waitUntil() of each": async (bench) => {
    const text = textFlight(bench);
    bench.ctx.waitUntil(text);
    return [await text, await bench.request.text()];
  },
  "a batch that the first answers, with nothing of their own pending": async (bench) => {
    const { meeting, id, held } = bench;
    if (id > 0) {
      return await new Promise((resolve) => {
        meeting.wakes.set(id, resolve);
        meeting.began++;
      });
    }
    meeting.began++;
    await (await fetch(held)).text();
    for (const wake of meeting.wakes.values()) wake("woken");
    return "woke them";
  },
  "a callback that the first calls": async ({ meeting, id, held, request }) => {
    const interval = setInterval(() => {}, 20);
    try {
      if (id > 0) {
        return await new Promise((resolve) => {
          meeting.wakes.set(id, () => resolve(outcomeOf(() => request.text())));
          meeting.began++;
        });
      }
      meeting.began++;
      await (await fetch(held)).text();
      for (const wake of meeting.wakes.values()) wake("called");
      await new Promise((resolve) => setTimeout(resolve, 200));
      return "called them";
    } finally {
      clearInterval(interval);
    }
  },
  "a lock that each hands on": locked,
  "a lock that each hands on, with an interval": async (bench) => {
    const interval = setInterval(() => {}, 20);
    try {
      return await locked(bench);
    } finally {
      clearInterval(interval);
    }
  },
  "a chain of then()": ({ meeting, id, held, some }) => {
    const before = meeting.promise ?? Promise.resolve("");
    meeting.promise = before.then(() => fetch(id === 0 ? held : some)).then((r) => r.text());
    meeting.began++;
    return meeting.promise;
  },
};
