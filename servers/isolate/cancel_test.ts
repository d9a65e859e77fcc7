// Requests that an isolate cancels: hung, or touched; and what is left of their tasks.

import { assert, assertEquals } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import { HUNG_MESSAGE } from "./cross_request.ts";
import { MEMORY_LIMIT_BYTES } from "./meter.ts";
import { holdBytes } from "./native_io.ts";
import { Shared, TaskQueue, wait } from "./task_queue.ts";
import { request, shown, start, turn } from "./testing_isolate.ts";

Deno.test("with cancel-503 it is the request whose I/O is touched that is cancelled", async () => {
  let stash: Request | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const seen: string[] = [];
  await using all = start({
    crossRequest: "cancel-503",
    handler: async (request) => {
      if (stash === undefined) {
        stash = request;
        timer = setTimeout(() => {}, 60_000);
        await new Promise(() => {});
      }
      // A timer that is not cleared is nothing that the runtime speaks of.
      if (request.url.endsWith("/b")) clearTimeout(timer);
      else stash.text().then(() => seen.push("read"), () => seen.push("refused"));
      return new Response("answered");
    },
  });
  const first = shown(all.isolate.fetch(request("/a", "1")));
  assertEquals(await shown(all.isolate.fetch(request("/b", "2"))), "200 answered");
  assertEquals([all.touches.length, all.cancelled], [1, []]);
  assertEquals(await shown(all.isolate.fetch(request("/c", "3"))), "200 answered");
  assertEquals(await first, "503 Service Unavailable");
  await turn();
  assertEquals(seen, []);
  assertEquals(all.cancelled, [{ request: "POST /a (request 1)", reason: "touched" }]);
});

Deno.test("a request that reads its own body, however slowly, is not hung", async () => {
  const ways: ((request: Request) => Promise<unknown>)[] = [
    (request) => request.text(),
    async ({ body }) => await body?.getReader().read(),
    async ({ body }) => await body?.pipeTo(new WritableStream()),
    async ({ body }) => await new Response(body?.pipeThrough(new TransformStream())).text(),
    async ({ body }) => {
      for await (const _ of body ?? []) return;
    },
  ];
  for (const read of ways) {
    await using all = start({
      hungAfterMs: 1,
      handler: async (request) => {
        await read(request);
        return new Response("read");
      },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    const body = new ReadableStream({
      async pull(controller) {
        await promise;
        controller.enqueue(new Uint8Array(1));
        controller.close();
      },
    });
    const answer = shown(all.isolate.fetch(new Request("https://a.test", { method: "PUT", body })));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(all.cancelled, [], String(read));
    resolve();
    assertEquals(await answer, "200 read");
  }
});

Deno.test("when nothing at all is under way the unanswered are cancelled as hung, and not before", async () => {
  const clock = new ManualClock();
  await using all = start({
    clock,
    hungAfterMs: 100,
    handler: (request) =>
      new Promise((resolve) => {
        if (request.url.endsWith("/timer")) {
          setTimeout(() => resolve(new Response("in time")), 500);
        }
      }),
  });
  const hung = shown(all.isolate.fetch(request("/hung")));
  const timer = shown(all.isolate.fetch(request("/timer")));
  await clock.advance(499);
  assertEquals(all.cancelled, []);
  await clock.advance(1);
  assertEquals(await timer, "200 in time");
  await clock.advance(99);
  assertEquals(all.cancelled, []);
  await clock.advance(1);
  assertEquals(await hung, "500 Internal Server Error");
  assertEquals(all.cancelled, [{ request: "GET /hung (request 1)", reason: "hung" }]);
  assertEquals(all.lines, [`error GET /hung (request 1): ${HUNG_MESSAGE}`]);
  assertEquals(clock.pending, 0);
});

Deno.test("requests that another wakes are counted as parked; with nothing of their own they are hung", async () => {
  const wakes: (() => void)[] = [];
  await using all = start({
    handler: async ({ url }) => {
      if (url.endsWith("/wake")) wakes.forEach((wake) => wake());
      else {
        const timer = url.endsWith("/timer") ? setTimeout(() => {}, 60_000) : undefined;
        const { promise, resolve } = Promise.withResolvers<void>();
        wakes.push(resolve);
        // Woken twice, it is one request.
        if (timer !== undefined) await new Promise<void>((resolve) => void wakes.push(resolve));
        await promise;
        clearTimeout(timer);
      }
      return new Response("answered");
    },
  });
  const timer = shown(all.isolate.fetch(request("/timer")));
  const nothing = shown(all.isolate.fetch(request("/nothing")));
  assertEquals(await shown(all.isolate.fetch(request("/wake"))), "200 answered");
  assertEquals(await timer, "200 answered");
  assertEquals(await nothing, "500 Internal Server Error");
  const { parked, cancelled } = all.isolate.stats();
  assertEquals([parked, cancelled.hung], [2, 1]);
  assert(all.lines.some((line) => line.startsWith("warn Warning: A promise was resolved")));
});

Deno.test("with resume-in-settler a request that went on elsewhere is hung when its own I/O is over", async () => {
  let wake: (() => void) | undefined;
  const clock = new ManualClock();
  await using all = start({
    clock,
    crossRequest: "resume-in-settler",
    handler: async ({ url }) => {
      setTimeout(() => {}, url.endsWith("/first") ? 100 : 500);
      if (url.endsWith("/first")) {
        await new Promise<void>((resolve) => wake = resolve);
        // In the other's context, which has not ended.
        await new Promise(() => {});
      }
      wake?.();
      return await new Promise<Response>((resolve) =>
        setTimeout(() => resolve(new Response("answered")), 400)
      );
    },
  });
  const first = shown(all.isolate.fetch(request("/first")));
  const second = shown(all.isolate.fetch(request("/second")));
  await clock.advance(99);
  assertEquals(all.cancelled, []);
  await clock.advance(1);
  assertEquals(await first, "500 Internal Server Error");
  assertEquals(all.cancelled, [{ request: "GET /first (request 1)", reason: "hung" }]);
  await clock.advance(400);
  assertEquals(await second, "200 answered");
});

Deno.test("with resume-in-settler what a request begins elsewhere ends with the other", async () => {
  let wake: (() => void) | undefined;
  const seen: string[] = [];
  const clock = new ManualClock();
  await using all = start({
    clock,
    crossRequest: "resume-in-settler",
    outbound: (_input, init) =>
      new Promise((_, reject) =>
        init?.signal?.addEventListener("abort", () => {
          seen.push("aborted");
          reject(init.signal?.reason);
        })
      ),
    handler: async ({ url }) => {
      if (url.endsWith("/first")) {
        setTimeout(() => {}, 500);
        await new Promise<void>((resolve) => wake = resolve);
        setTimeout(() => seen.push("fired"), 50);
        await fetch("https://b.test");
      } else {
        wake?.();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return new Response("answered");
    },
  });
  const first = shown(all.isolate.fetch(request("/first")));
  const second = shown(all.isolate.fetch(request("/second")));
  await clock.advance(19);
  assertEquals(seen, []);
  await clock.advance(1);
  assertEquals(await second, "200 answered");
  await clock.advance(100);
  assertEquals([seen, all.cancelled], [["aborted"], []]);
  await clock.advance(380);
  assertEquals(await first, "500 Internal Server Error");
});

Deno.test("a task of a request that was cancelled is not counted as parked, nor as waiting", async () => {
  const queue = new TaskQueue();
  const flight = new Shared<string>();
  const seen: unknown[] = [];
  const counted = () => [queue.parked, flight.waiting];
  const { promise: go, resolve: goOn } = Promise.withResolvers<void>();
  await using all = start({
    handler: async ({ url }) => {
      setTimeout(() => {}, 60_000);
      const task = queue.run(function* () {
        seen.push(yield* flight.wait());
        // Waits once more, when its request is over.
        yield* wait(new Promise(() => {}));
      });
      if (url.endsWith("/over")) {
        go.then(() => {
          holdBytes(MEMORY_LIMIT_BYTES + 1);
          // Code that still runs begins nothing that counts.
          queue.run(() => flight.wait());
        });
      }
      return new Response(String(await task));
    },
  });
  const [over, closed] = ["/over", "/closed"].map((path) =>
    shown(all.isolate.fetch(request(path)))
  );
  await turn();
  assertEquals(counted(), [2, 2]);
  goOn();
  assertEquals(await over, "503 Service Unavailable");
  await turn();
  assertEquals(counted(), [1, 1]);
  await all.isolate.close();
  assertEquals(await closed, "503 Service Unavailable");
  assertEquals(counted(), [0, 0]);
  // What comes to wait for it later is counted again, and what is gone is woken with the others.
  const later = queue.run(() => flight.wait());
  await turn();
  assertEquals(counted(), [1, 1]);
  flight.resolve("late");
  assertEquals(await later, "late");
  await turn();
  assertEquals([seen, ...counted()], [["late", "late"], 0, 0]);
});
