// What one request makes and another touches, while the first still runs: one row each.

import { answer, body, reader, request, stream, timer, type Touch, wait } from "./touch.ts";
import { kept } from "./touches_kept.ts";
import { piped } from "./touches_piped.ts";

/** All of them, by what they show. */
export const touches: Readonly<Record<string, Touch>> = {
  "method, path and a header of a request": {
    make: request,
    touch: (r) => [r.method, new URL(r.url).pathname, r.headers.get("x-of")],
  },
  "bodyUsed and locked": { make: request, touch: (r) => [r.bodyUsed, r.body.locked] },
  "text()": { make: request, touch: (r) => r.text() },
  "arrayBuffer()": { make: request, touch: async (r) => (await r.arrayBuffer()).byteLength },
  "bytes()": { make: request, touch: async (r) => (await r.bytes()).length },
  "json()": { make: request, touch: (r) => r.json() },
  "blob()": { make: request, touch: async (r) => (await r.blob()).size },
  "formData()": { make: request, touch: async (r) => [...(await r.formData()).keys()] },
  "clone()": { make: request, touch: (r) => r.clone() },
  "text() of a clone": { make: ({ request }) => request.clone(), touch: (r) => r.text() },
  "new Request(request)": { make: request, touch: (r) => new Request(r) },
  "text() of new Request(request)": {
    make: ({ request }) => new Request(request),
    touch: (r) => r.text(),
  },
  "new Response(request.body)": { make: request, touch: (r) => typeof new Response(r.body) },
  "text() of new Response(request.body)": {
    make: request,
    touch: (r) => new Response(r.body).text(),
  },
  "answering with request.body": { make: request, touch: (r) => new Response(r.body) },
  "fetch(url, request)": { make: request, touch: (r, { origin }) => fetch(`${origin}/some`, r) },
  "fetch with request.body": {
    make: request,
    touch: (r, { origin }) => fetch(`${origin}/some`, { method: "PUT", body: r.body }),
  },
  "getReader()": { make: body, touch: (b) => typeof b.getReader() },
  "read() of a reader of one's own": { make: body, touch: (b) => b.getReader().read() },
  "cancel() of a reader of one's own": { make: body, touch: (b) => b.getReader().cancel() },
  "releaseLock() of a reader of one's own": {
    make: body,
    touch: (b) => (b.getReader().releaseLock(), "released"),
  },
  "read()": { make: reader, touch: (r) => r.read() },
  "cancel() of a reader": { make: reader, touch: (r) => r.cancel() },
  "releaseLock()": { make: reader, touch: (r) => r.releaseLock() },
  "read() of a BYOB reader": {
    make: ({ request }) => request.body?.getReader({ mode: "byob" }),
    touch: (r) => r.read(new Uint8Array(4)),
  },
  "cancel() of a body": { make: body, touch: (b) => b.cancel() },
  "tee()": { make: body, touch: (b) => b.tee() },
  "read() of a branch": {
    make: ({ request }) => request.body?.tee()[0],
    touch: (b) => b.getReader().read(),
  },
  "pipeTo()": { make: body, touch: (b) => b.pipeTo(new WritableStream()) },
  "pipeThrough()": { make: body, touch: (b) => typeof b.pipeThrough(new TransformStream()) },
  "read() behind pipeThrough()": {
    make: body,
    touch: (b) => b.pipeThrough(new TransformStream()).getReader().read(),
  },
  "for await": {
    make: body,
    touch: async (b) => {
      for await (const chunk of b) return chunk.length;
    },
  },
  "status and headers of a fetch response": {
    make: answer,
    touch: ({ response }) => [response.status, response.headers.get("x-some")],
  },
  "text() of a fetch response": { make: answer, touch: ({ response }) => response.text() },
  "read() of a fetch response": {
    make: answer,
    touch: ({ response }) => response.body.getReader().read(),
  },
  "clone() of a fetch response": { make: answer, touch: ({ response }) => response.clone() },
  "answering with a fetch response": { make: answer, touch: ({ response }) => response },
  "text() of a response made of text": { make: () => new Response("a"), touch: (r) => r.text() },
  "bytes() of a response made of bytes": {
    make: () => new Response(new Uint8Array(4)),
    touch: (r) => r.bytes(),
  },
  "text() of Response.json()": { make: () => Response.json(1), touch: (r) => r.text() },
  "text() of a request made of text": {
    make: () => new Request("http://a.test", { method: "POST", body: "a" }),
    touch: (r) => r.text(),
  },
  "text() of a request without a body": {
    make: () => new Request("http://a.test"),
    touch: (r) => [r.clone().method, new Request(r).method],
  },
  "answering with a response made of text": { make: () => new Response("a"), touch: (r) => r },
  "answering with a response without a body": {
    make: () => new Response(null, { status: 204 }),
    touch: (r) => r,
  },
  "answering with a response made of a stream": {
    make: () => new Response(stream()),
    touch: (r) => r,
  },
  "text() of a response made of a stream": {
    make: () => new Response(stream()),
    touch: (r) => r.text(),
  },
  "read() of a stream": {
    make: stream,
    touch: async (s) => (await s.getReader().read()).value.length,
  },
  "text() of a blob": { make: ({ request }) => request.blob(), touch: (b) => b.text() },
  "the promise of another's fetch": {
    make: ({ origin }) => ({ promise: fetch(`${origin}/some`).then((r) => r.text()) }),
    touch: ({ promise }) => promise,
  },
  "the promise of another's timer": {
    make: () => ({ promise: wait(50).then(() => "waited") }),
    touch: ({ promise }) => promise,
  },
  "clearTimeout": {
    make: timer((callback, ms) => setTimeout(callback, ms)),
    touch: async (made) => {
      clearTimeout(made.timer);
      await wait(200);
      return made.fired;
    },
  },
  "clearInterval": {
    make: timer((callback, ms) => setInterval(callback, ms)),
    touch: async (made) => {
      clearInterval(made.timer);
      await wait(200);
      return made.fired;
    },
  },
  "a compression stream": {
    make: () => new CompressionStream("gzip"),
    touch: async (stream) => {
      const writer = stream.writable.getWriter();
      writer.write(new Uint8Array(1)).catch(() => {});
      writer.close().catch(() => {});
      return (await stream.readable.getReader().read()).value.length > 0;
    },
  },
  "text() and clone() of a GET": {
    method: "GET",
    make: request,
    touch: async (r) => [r.clone().method, await r.text()],
  },
  "answering with the answer to a HEAD": {
    make: async ({ origin }) => ({
      response: await fetch(`${origin}/some`, { method: "HEAD" }),
    }),
    touch: ({ response }) => response,
  },
  "abort() of another's controller": {
    make: () => new AbortController(),
    touch: (controller) => (controller.abort(), controller.signal.aborted),
  },
  ...piped,
  ...kept,
};
