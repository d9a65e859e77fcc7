// What requests hold in memory, and those that go over the isolate's limit.

import { assertEquals } from "@std/assert";
import { holdBytes } from "./native_io.ts";
import { request, shown, start, turn } from "./testing_isolate.ts";

Deno.test("what is read whole is held until its request is over; who goes over the limit is cancelled", async () => {
  const read: string[] = [];
  const go = Promise.withResolvers<void>();
  await using all = start({
    memoryLimitBytes: 10,
    handler: async (request) => {
      const { length } = await request.text();
      read.push(`${length}`);
      setTimeout(() => {}, 60_000);
      await go.promise;
      return new Response("answered");
    },
  });
  const first = shown(all.isolate.fetch(request("/a", "123456")));
  await turn();
  const second = shown(all.isolate.fetch(request("/b", "12345")));
  assertEquals(await second, "503 Service Unavailable");
  assertEquals([read, all.cancelled.map(({ reason }) => reason)], [["6"], ["memory"]]);
  assertEquals(all.isolate.stats().bufferedBytes, 6);
  go.resolve();
  assertEquals(await first, "200 answered");
  const { bufferedBytes, peakBufferedBytes } = all.isolate.stats();
  assertEquals([bufferedBytes, peakBufferedBytes], [0, 11]);
});

Deno.test("who has answered is cancelled by nothing any more", async () => {
  const done = Promise.withResolvers<void>();
  await using all = start({
    memoryLimitBytes: 10,
    handler: (_request, _env, ctx) => {
      ctx.waitUntil(done.promise.then(() => holdBytes(11)));
      return new Response("answered");
    },
  });
  assertEquals(await shown(all.isolate.fetch(request())), "200 answered");
  done.resolve();
  await turn();
  assertEquals([all.cancelled, all.isolate.stats().peakBufferedBytes], [[], 11]);
});

Deno.test("what a handler holds by itself is counted until it gives it back", async () => {
  await using all = start({
    handler: () => {
      const release = holdBytes(7);
      holdBytes(1);
      release();
      return Response.json(all.isolate.stats().bufferedBytes);
    },
  });
  assertEquals(await shown(all.isolate.fetch(request())), "200 1");
  assertEquals(all.isolate.stats().bufferedBytes, 0);
  holdBytes(100)();
  assertEquals(all.isolate.stats().peakBufferedBytes, 8);
});

Deno.test("who counts beside the isolate is told when bytes are given back, also by a request that was cancelled", async () => {
  const told: string[] = [];
  await using all = start({
    memoryLimitBytes: 10,
    handler: async (request) => {
      holdBytes(4, () => told.push("at the end"));
      holdBytes(2, () => told.push("given back"))();
      if (await request.text() === "more") holdBytes(8, () => told.push("over the limit"));
      return new Response("answered");
    },
  });
  assertEquals(await shown(all.isolate.fetch(request("/a", "less"))), "200 answered");
  assertEquals(told, ["given back", "at the end"]);
  told.length = 0;
  assertEquals(await shown(all.isolate.fetch(request("/b", "more"))), "503 Service Unavailable");
  assertEquals(told.toSorted(), ["at the end", "given back", "over the limit"]);
  holdBytes(1, () => told.push("outside"))();
  assertEquals(told.at(-1), "outside");
});
