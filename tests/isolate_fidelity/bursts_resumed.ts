// What code does that goes on after the queue, told by the first, since the others' own answers may be
// lost; one row each.

import { type BurstBench, parked, type Row } from "./meeting.ts";
import { around, outcomeOf } from "./touch.ts";

/** Begins in the request's own context; what it returns runs after the queue. */
type Begin = (bench: BurstBench) => (() => unknown) | Promise<() => unknown>;

function row(begin: Begin): Row {
  return async (bench) => {
    const { meeting: { outcomes }, id } = bench;
    const goOn = await begin(bench);
    await parked(bench, "interval");
    const outcome = await outcomeOf(goOn);
    outcomes.set(id, outcome);
    if (id > 0) return outcome;
    for (let turns = 0; turns < 50 && outcomes.size < 3; turns++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return [...outcomes].sort().map(([, one]) => one);
  };
}

async function put(some: string, body: ReadableStream | null | undefined): Promise<string> {
  return await (await fetch(some, { method: "PUT", body: body ?? null })).text();
}

const through = ({ body }: Request) => body?.pipeThrough(new TransformStream());

const BEGINS: Readonly<Record<string, Begin>> = {
  "arrayBuffer()": ({ request }) => async () => (await request.arrayBuffer()).byteLength,
  "fetch with the body": ({ request, some }) => () => put(some, request.body),
  "fetch with a stream around the body": ({ request, some }) => () =>
    put(some, around(request.body)),
  "fetch with a stream that was put around the body before": ({ request, some }) => {
    const stream = around(request.body);
    return () => put(some, stream);
  },
  "fetch with a request made of a stream around the body": ({ request, some }) => async () => {
    const init = { method: "PUT", body: around(request.body) };
    return await (await fetch(new Request(some, init))).text();
  },
  "text() of a stream around the body": ({ request }) => () =>
    new Response(around(request.body)).text(),
  "fetch with a TransformStream": ({ request, some }) => () => put(some, through(request)),
  "fetch with a TransformStream that was begun before": ({ request, some }) => {
    const stream = through(request);
    return () => put(some, stream);
  },
  "text() of a TransformStream that was begun before": ({ request }) => {
    const stream = through(request);
    return () => new Response(stream).text();
  },
  "text() of a fetch response from before": async ({ some }) => {
    const response = await fetch(some);
    return () => response.text();
  },
  "text() of a response made before": () => {
    const response = new Response("abc");
    return () => response.text();
  },
  "fetch without a body": ({ some }) => () => put(some, null),
};

/** All of them, by what they show. */
export const resumed: Readonly<Record<string, Row>> = Object.fromEntries(
  Object.entries(BEGINS).map(([name, begin]) => [`after the queue: ${name}`, row(begin)]),
);
