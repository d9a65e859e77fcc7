// What a refused touch of the first one's body leaves of it, for the first one too; one row each.

import type { Row } from "./meeting.ts";

/** What the others do with it. */
const USES: Readonly<Record<string, (request: Request, some: string) => unknown>> = {
  "text()": (r) => r.text(),
  "clone()": (r) => r.clone(),
  "new Request(request)": (r) => new Request(r),
  "text() of new Response(request.body)": (r) => new Response(r.body).text(),
  "answering with request.body": (r) => new Response(r.body),
  "fetch(url, request)": (r, some) => fetch(some, r),
  "fetch with request.body": (r, some) => fetch(some, { method: "PUT", body: r.body }),
  "read()": (r) => r.body?.getReader().read(),
  "cancel() of a reader": (r) => r.body?.getReader().cancel(),
  "cancel()": (r) => r.body?.cancel(),
  "tee()": (r) => r.body?.tee(),
  "pipeTo()": (r) => r.body?.pipeTo(new WritableStream()),
  "pipeThrough()": (r) => typeof r.body?.pipeThrough(new TransformStream()),
  "for await": async ({ body }) => {
    for await (const chunk of body ?? []) return chunk.length;
  },
  "bodyUsed and locked": ({ bodyUsed, body }) => [bodyUsed, body?.locked],
};

function row(use: (request: Request, some: string) => unknown): Row {
  return async ({ meeting, id, held, request, some }) => {
    meeting.first ??= request;
    meeting.began++;
    if (id > 0) return await use(meeting.first, some);
    await (await fetch(held)).text();
    return [request.bodyUsed, request.body?.locked, await request.text()];
  };
}

/** All of them, by what they show. */
export const leftover: Readonly<Record<string, Row>> = Object.fromEntries(
  Object.entries(USES).map((
    [name, use],
  ) => [`the body of one's own after another's ${name}`, row(use)]),
);
