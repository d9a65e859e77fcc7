// What a Worker keeps from one request to the next, in a module: caches, signals, contexts; one row each.

import { answer, request, timer, type Touch, wait } from "./touch.ts";

/** Fetches what is never answered, until it is aborted; else says so. */
function aborted(origin: string, signal: AbortSignal): Promise<unknown> {
  const outcome = fetch(`${origin}/held?key=never`, { signal }).then(
    () => "answered",
    ({ name }) => name,
  );
  return Promise.race([outcome, wait(500).then(() => "not settled")]);
}

const some = async (origin: string, signal: AbortSignal) =>
  await (await fetch(`${origin}/some`, { signal })).text();
const name = ({ name }: Error) => name;

/** All of them, by what they show. */
export const kept: Readonly<Record<string, Touch>> = {
  "text() of the answer to another's fetch": {
    make: ({ origin }) => ({ promise: fetch(`${origin}/some`) }),
    touch: async ({ promise }) => await (await promise).text(),
  },
  "text() of a clone of the answer to another's fetch": {
    make: ({ origin }) => ({ promise: fetch(`${origin}/some`) }),
    touch: async ({ promise }) => await (await promise).clone().text(),
  },
  "answering with a response made of the body of a fetch response": {
    make: answer,
    touch: ({ response }) => new Response(response.body),
  },
  "answering with a response made of another's": {
    make: () => new Response("a"),
    touch: (r) => new Response(r.body, r),
  },
  "clone() of a response made of text": { make: () => new Response("a"), touch: (r) => r.clone() },
  "text() of a clone that its own request made": {
    make: () => new Response("a").clone(),
    touch: (r) => r.text(),
  },
  "text() of a response made of a blob": {
    make: () => new Response(new Blob(["a"])),
    touch: (r) => r.text(),
  },
  "text() of a response made of a form": {
    make: () => new Response(new URLSearchParams({ a: "b" })),
    touch: (r) => r.text(),
  },
  "text() of a request that its own has read": {
    make: async ({ request }) => (await request.text(), request),
    touch: (r) => r.text(),
  },
  "text() of a response that its own has read": {
    make: async () => {
      const response = new Response("a");
      await response.text();
      return response;
    },
    touch: (r) => r.text(),
  },
  "clone() of a request that its own has read": {
    make: async ({ request }) => (await request.text(), request),
    touch: (r) => r.clone(),
  },
  "text() of a request that its own holds by a reader": {
    make: ({ request }) => (request.body?.getReader(), request),
    touch: (r) => r.text(),
  },
  "clone() of a request that its own holds by a reader": {
    make: ({ request }) => (request.body?.getReader(), request),
    touch: (r) => r.clone(),
  },
  "text() of a request that its own has cloned": {
    make: ({ request }) => (request.clone(), request),
    touch: (r) => r.text(),
  },
  "bodyUsed and locked after a refused text()": {
    make: request,
    touch: async (r) => [await r.text().catch(name), r.bodyUsed, r.body.locked],
  },
  "text() of a form's file": {
    make: async () => {
      const form = new FormData();
      form.set("a", new File(["abc"], "a.txt"));
      return await new Response(form).formData();
    },
    touch: (form) => form.get("a").text(),
  },
  "waitUntil() of another's ctx": {
    make: ({ ctx }) => ctx,
    touch: (ctx) => (ctx.waitUntil(wait(1)), "kept"),
  },
  "fetch with another's signal": {
    make: () => new AbortController(),
    touch: ({ signal }, { origin }) => some(origin, signal),
  },
  "fetch with AbortSignal.any() of another's signal": {
    make: () => new AbortController(),
    touch: ({ signal }, { origin }) => some(origin, AbortSignal.any([signal])),
  },
  "fetch with another's AbortSignal.timeout()": {
    make: () => AbortSignal.timeout(5_000),
    touch: (signal, { origin }) => some(origin, signal),
  },
  "fetch with another's request.signal": {
    make: request,
    touch: ({ signal }, { origin }) => some(origin, signal),
  },
  "aborting another's fetch": {
    make: ({ origin }) => {
      const controller = new AbortController();
      return { controller, outcome: aborted(origin, controller.signal) };
    },
    touch: ({ controller, outcome }) => (controller.abort(), outcome),
  },
  "aborting a fetch of one's own by another's controller": {
    make: () => new AbortController(),
    touch: (controller, { origin }) => {
      const outcome = aborted(origin, controller.signal);
      controller.abort();
      return outcome;
    },
  },
  "waiting for another's AbortSignal.timeout()": {
    make: () => AbortSignal.timeout(50),
    touch: async (signal) => {
      const interval = setInterval(() => {}, 20);
      const abort = new Promise<void>((resolve) =>
        signal.addEventListener("abort", () => resolve())
      );
      await Promise.race([abort, wait(1_000)]);
      clearInterval(interval);
      return signal.aborted;
    },
  },
  "listeners of another's EventTarget": {
    make: () => new EventTarget(),
    touch: (target) => {
      const seen: string[] = [];
      target.addEventListener("x", ({ type }: Event) => seen.push(type));
      target.dispatchEvent(new Event("x"));
      return seen;
    },
  },
  "the promise of another's scheduler.wait()": {
    make: () => ({
      promise: Reflect.get(globalThis, "scheduler").wait(50).then(() => "waited"),
    }),
    touch: ({ promise }) => promise,
  },
  "clearTimeout with a timer's number": {
    make: timer((callback, ms) => setTimeout(callback, ms)),
    touch: async (made) => {
      clearTimeout(Number(made.timer));
      await wait(200);
      return made.fired;
    },
  },
  "a signature by another's key": {
    make: () => crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
    touch: async (key) => (await crypto.subtle.sign("HMAC", key, new Uint8Array(1))).byteLength,
  },
  "over: what its fetch has brought": {
    isOver: true,
    make: ({ origin, ctx }) => {
      const promise = fetch(`${origin}/some`).then((response) => response.text());
      ctx.waitUntil(promise);
      return { promise };
    },
    touch: ({ promise }) => promise,
  },
  "over: its promise, raced with a timer of one's own": {
    isOver: true,
    make: () => ({ promise: wait(100) }),
    touch: ({ promise }) => Promise.race([promise, wait(50).then(() => "too late")]),
  },
  "over: waitUntil() of its ctx": {
    isOver: true,
    make: ({ ctx }) => ctx,
    touch: (ctx) => (ctx.waitUntil(wait(1)), "kept"),
  },
  "over: fetch with its signal": {
    isOver: true,
    make: () => new AbortController(),
    touch: ({ signal }, { origin }) => some(origin, signal),
  },
  "over: its AbortSignal.timeout()": {
    isOver: true,
    make: () => AbortSignal.timeout(50),
    touch: async (signal) => (await wait(200), signal.aborted),
  },
  "over: its timer": {
    isOver: true,
    make: timer((callback, ms) => setTimeout(callback, ms)),
    touch: async (made) => (await wait(200), made.fired),
  },
};
