// Streams around another's body, and what else is made of one: one row each.

import { answer, around, type Bench, reader, stream, through, type Touch, wait } from "./touch.ts";

const pulling = ({ request }: Bench) => around(request.body);
const put = (body: ReadableStream) => ({ method: "PUT", body });
const failing = () =>
  new ReadableStream({
    pull() {
      throw new Error("mine");
    },
  });
/** Two bytes, each after a while. */
const slow = () => {
  let left = 2;
  return new ReadableStream({
    async pull(controller) {
      await wait(1);
      if (left-- > 0) controller.enqueue(new TextEncoder().encode("x"));
      else controller.close();
    },
  });
};
const length = async (stream: ReadableStream) => (await stream.getReader().read()).value.length;

/** All of them, by what they show. */
export const piped: Readonly<Record<string, Touch>> = {
  "read() behind another's TransformStream": { make: through, touch: length },
  "two reads behind another's TransformStream": {
    make: through,
    touch: async (s) => {
      const reader = s.getReader();
      return [(await reader.read()).value.length, (await reader.read()).done];
    },
  },
  "text() behind another's TransformStream": {
    make: through,
    touch: (s) => new Response(s).text(),
  },
  "fetch with another's TransformStream": {
    make: through,
    touch: async (s, { origin }) => await (await fetch(`${origin}/some`, put(s))).text(),
  },
  "answering with another's TransformStream": { make: through, touch: (s) => new Response(s) },
  "read() behind another's TextDecoderStream": {
    make: ({ request }) => request.body?.pipeThrough(new TextDecoderStream()),
    touch: length,
  },
  "write() to and read() of another's TransformStream": {
    make: () => new TransformStream(),
    touch: async (s) => {
      s.writable.getWriter().write(1).catch(() => {});
      return (await s.readable.getReader().read()).value;
    },
  },
  "piping one's body into another's WritableStream": {
    make: () => {
      const lengths: number[] = [];
      const write = (chunk: Uint8Array) => void lengths.push(chunk.length);
      return { lengths, writable: new WritableStream({ write }) };
    },
    touch: async ({ lengths, writable }, { request }) => {
      await request.body?.pipeTo(writable);
      return lengths;
    },
  },
  "read() of a stream around the body": { make: pulling, touch: length },
  "text() of a stream around the body": { make: pulling, touch: (s) => new Response(s).text() },
  "fetch with a stream around the body": {
    make: pulling,
    touch: async (s, { origin }) => await (await fetch(`${origin}/some`, put(s))).text(),
  },
  "fetch with a request made of a stream around the body": {
    make: pulling,
    touch: async (s, { origin }) =>
      await (await fetch(new Request(`${origin}/some`, put(s)))).text(),
  },
  "answering with a stream around the body": { make: pulling, touch: (s) => new Response(s) },
  "tee() of a stream around the body": { make: pulling, touch: (s) => length(s.tee()[0]) },
  "pipeTo() of a stream around the body": {
    make: pulling,
    touch: (s) => s.pipeTo(new WritableStream()),
  },
  "for await of a stream around the body": {
    make: pulling,
    touch: async (s) => {
      for await (const chunk of s) return chunk.length;
    },
  },
  "fetch with a stream of one's own that fails": {
    make: () => undefined,
    touch: async (_, { origin }) => await (await fetch(`${origin}/some`, put(failing()))).text(),
  },
  "answering with a stream of one's own that fails": {
    make: () => undefined,
    touch: () => new Response(failing()),
  },
  "read() of a blob's stream": { make: () => new Blob(["abc"]).stream(), touch: length },
  "text() of a blob's stream": {
    make: () => new Blob(["abc"]).stream(),
    touch: (s) => new Response(s).text(),
  },
  "stream() of a blob": {
    make: () => new Blob(["abc"]),
    touch: (b) => new Response(b.stream()).text(),
  },
  "over: read()": { isOver: true, make: reader, touch: (r) => r.read() },
  "over: text()": { isOver: true, make: ({ request }) => request, touch: (r) => r.text() },
  "over: text() of a fetch response": {
    isOver: true,
    make: answer,
    touch: ({ response }) => response.text(),
  },
  "over: text() of a response made of text": {
    isOver: true,
    make: () => new Response("a"),
    touch: (r) => r.text(),
  },
  "over: answering with a response made of a stream": {
    isOver: true,
    make: () => new Response(stream()),
    touch: (r) => r,
  },
  "over: text() of a stream": { isOver: true, make: stream, touch: (s) => new Response(s).text() },
  "over: text() of a stream whose pull waits": {
    isOver: true,
    make: slow,
    touch: (s) => new Response(s).text(),
  },
  "over: text() of a stream around the body": {
    isOver: true,
    make: pulling,
    touch: (s) => new Response(s).text(),
  },
  "over: read() behind its TransformStream": { isOver: true, make: through, touch: length },
  "over: text() behind its TransformStream": {
    isOver: true,
    make: through,
    touch: (s) => new Response(s).text(),
  },
  "over: text() of a stream behind its TransformStream": {
    isOver: true,
    make: () => stream().pipeThrough(new TransformStream()),
    touch: (s) => new Response(s).text(),
  },
};
