import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import type { Isolate } from "./isolate.ts";
import { holdBytes, nativeIo } from "./native_io.ts";
import { currentRequest } from "./request_context.ts";
import { request, shown, start, turn } from "./testing_isolate.ts";

Deno.test("a touch is told with both requests, what was called, and where", async () => {
  let stash: Response | undefined;
  await using all = start({
    handler: async ({ url }) => {
      if (url.endsWith("/a")) stash = new Response("made by a");
      else await stash?.text();
      return new Response();
    },
  });
  await all.isolate.fetch(request("/a"));
  assertEquals(await shown(all.isolate.fetch(request("/b"))), "500 Internal Server Error");
  const [{ touchedAt = "", madeAt = "", ...touch } = {}] = all.touches;
  assertEquals(touch, {
    ioType: "ReadableStreamSource",
    action: "text",
    by: "GET /b (request 2)",
    of: "GET /a (request 1)",
  });
  for (const place of [touchedAt, madeAt]) assertMatch(place, /^isolate_test\.ts:\d+$/);
  assertEquals(Number(touchedAt.split(":")[1]) - Number(madeAt.split(":")[1]), 1);
  assertEquals(all.isolate.stats().foreignTouches, 1);
  assertMatch(all.lines.join("\n"), /^error Uncaught Error: Cannot perform I\/O on behalf of/);
});

Deno.test("requests that keep to their own touch nothing, and are over when answered", async () => {
  await using all = start({ handler: async (request) => new Response(await request.text()) });
  const answers = ["a", "b"].map((body) => shown(all.isolate.fetch(request("/", body))));
  assertEquals(all.isolate.stats().waiting, 2);
  assertEquals(await Promise.all(answers), ["200 a", "200 b"]);
  assertEquals(all.isolate.stats(), {
    requests: 2,
    waiting: 0,
    foreignTouches: 0,
    parked: 0,
    cancelled: { hung: 0, touched: 0, memory: 0 },
    bufferedBytes: 0,
    peakBufferedBytes: 2,
  });
});

Deno.test("a request is over when its streamed answer has gone out, or when nobody wants the rest", async () => {
  const over: string[] = [];
  const readers: (number | undefined)[] = [];
  await using all = start({
    handler: ({ url }) => {
      let left = 3;
      const body = new ReadableStream({
        pull(controller) {
          readers.push(currentRequest()?.number);
          if (left-- > 0) controller.enqueue(new Uint8Array(1));
          else controller.close();
        },
        cancel: () => void over.push("cancelled"),
      });
      holdBytes(1);
      const answer = new Response(url.endsWith("/plain") ? "plain" : body);
      return url.endsWith("/clone") ? answer.clone() : answer;
    },
  });
  for (const [path, number] of [["/whole", 1], ["/clone", 2]] as const) {
    const answer = await all.isolate.fetch(request(path));
    assertEquals(all.isolate.stats().bufferedBytes, 1, path);
    assertEquals((await answer.arrayBuffer()).byteLength, 3);
    await turn();
    assertEquals(all.isolate.stats().bufferedBytes, 0, path);
    // The stream is the request's code, whoever reads it.
    assertEquals(readers.splice(0), Array(4).fill(number));
  }
  await (await all.isolate.fetch(request("/cut"))).body?.cancel();
  await turn();
  assertEquals([over, all.isolate.stats().bufferedBytes], [["cancelled"], 0]);
  await all.isolate.fetch(request("/plain"));
  await all.isolate.fetch(new Request("https://a.test/head", { method: "HEAD" }));
  await turn();
  assertEquals(all.isolate.stats().bufferedBytes, 0);
});

Deno.test("waitUntil keeps a request, its timers and what it holds until it has settled", async () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  await using all = start({
    clock,
    handler: (_request, _env, ctx) => {
      holdBytes(5);
      setTimeout(() => seen.push("kept"), 100);
      setTimeout(() => seen.push("too late"), 200);
      ctx.passThroughOnException();
      ctx.waitUntil(new Promise<void>((resolve) => setTimeout(resolve, 150)));
      return new Response("answered");
    },
  });
  assertEquals(await shown(all.isolate.fetch(request())), "200 answered");
  await clock.advance(149);
  assertEquals([seen, all.isolate.stats().bufferedBytes], [["kept"], 5]);
  await clock.advance(100);
  assertEquals([seen, all.isolate.stats().bufferedBytes, clock.pending], [["kept"], 0, 0]);
});

Deno.test("I/O of the runtime is the request's own, and others may not send what is not theirs", async () => {
  let stash: Request | undefined;
  const from: { isolate?: Isolate } = {};
  await using all = start({
    hungAfterMs: 1,
    handler: (asked) => {
      const body = (stash ??= asked).body;
      return nativeIo(async () => {
        // Outside of the request.
        holdBytes(100);
        await new Promise((resolve) => setTimeout(resolve, 30));
        return new Response(`answered while ${from.isolate?.stats().cancelled.hung} hung`);
      }, [body]);
    },
  });
  from.isolate = all.isolate;
  assertEquals(await shown(all.isolate.fetch(request("/a", "1"))), "200 answered while 0 hung");
  assertEquals(await shown(all.isolate.fetch(request("/b", "2"))), "500 Internal Server Error");
  assertEquals(all.isolate.stats().peakBufferedBytes, 0);
  assertEquals(all.touches.map(({ action, of }) => [action, of]), [[
    "fetch",
    "POST /a (request 1)",
  ]]);
  await assertRejects(() => nativeIo(() => Promise.reject(new Error("mine"))), Error, "mine");
});

Deno.test("closing answers what is unanswered, stops its timers and aborts its I/O", async () => {
  const seen: string[] = [];
  const all = start({
    handler: () => {
      setTimeout(() => seen.push("fired"), 5);
      return nativeIo((signal) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            seen.push("aborted");
            reject(signal.reason);
          })
        )
      );
    },
  });
  const answer = shown(all.isolate.fetch(request()));
  await all.isolate.close();
  assertEquals(await answer, "503 Service Unavailable");
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(seen, ["aborted"]);
  assertEquals(await shown(all.isolate.fetch(request())), "503 Service Unavailable");
});

Deno.test("an answer that comes for a request that is over is closed, and its body read by nobody", async () => {
  const came = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<string>();
  await using all = start({
    // It does not hear that it was aborted.
    outbound: async () => {
      await came.promise;
      return new Response(new ReadableStream({ cancel: () => cancelled.resolve("cancelled") }));
    },
    handler: () => {
      void fetch("https://b.test");
      return new Response("answered");
    },
  });
  assertEquals(await shown(all.isolate.fetch(request())), "200 answered");
  came.resolve();
  assertEquals(await cancelled.promise, "cancelled");
});
