// The proxy's lock, seen from its clients: who fetches, who waits, who is let go and when.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import type { Variant } from "../../lab/verdict.ts";
import { listen } from "../listen.ts";
import type { Server } from "../server.ts";
import { createCachingProxy } from "./caching_proxy.ts";
import { fresh, get, status, turn, waiting, withProxy } from "./testing_proxy.ts";

Deno.test("one origin request serves the writer and everyone behind it", () =>
  withProxy({}, async (proxy, origin, clock) => {
    const writer = proxy.fetch(get("/a"));
    const asked = await origin.next();
    const readers = [1, 2, 3].map(() => proxy.fetch(get("/a")));
    await waiting(proxy, 3);
    asked.answer(fresh("hello"));
    const answers = await Promise.all([writer, ...readers]);
    assertEquals(await Promise.all(answers.map((one) => one.text())), Array(4).fill("hello"));
    assertEquals(
      await status(answers[0] as Response),
      "edge-repro; fwd=uri-miss; fwd-status=200; stored; ttl=60",
    );
    assertEquals(
      await status(answers[1] as Response),
      "edge-repro; fwd=uri-miss; collapsed; ttl=60",
    );
    await clock.advance(10_000);
    const later = await proxy.fetch(get("/a"));
    assertEquals(await status(later), "edge-repro; hit; ttl=50");
    assertEquals(later.headers.get("age"), "10");
    await later.body?.cancel();
    assertEquals(origin.count, 1);
    assertEquals(proxy.stats().locks, 0);
  }));

for (const variant of ["bug", "fix"] as Variant[]) {
  Deno.test(`a reader that leaves while it waits is ${variant === "bug" ? "held until the answer" : "let go"} (${variant})`, () =>
    withProxy({ variant }, async (proxy, origin) => {
      const writer = proxy.fetch(get("/a"));
      const asked = await origin.next();
      const client = new AbortController();
      let over = false;
      const reader = Promise.resolve(proxy.fetch(get("/a", { signal: client.signal })));
      reader.then(() => over = true);
      await waiting(proxy, 1);
      client.abort();
      await turn();
      assertEquals(over, variant === "fix");
      assertEquals(proxy.stats().waiting, variant === "fix" ? 0 : 1);
      asked.answer(fresh("hello"));
      // Held, it goes on as if its client were there to take the answer.
      assertEquals((await reader).status, variant === "fix" ? 499 : 200);
      await (await reader).body?.cancel();
      assertEquals(await (await writer).text(), "hello");
    }));
}

Deno.test("a held reader without a client goes to the origin at its wait timeout, and is noticed then (bug)", () =>
  withProxy(
    { variant: "bug", lockWaitTimeoutMs: 1_000, lockAgeTimeoutMs: 9_000 },
    async (proxy, origin, clock) => {
      const writer = proxy.fetch(get("/a"));
      const first = await origin.next();
      const client = new AbortController();
      const reader = Promise.resolve(proxy.fetch(get("/a", { signal: client.signal })));
      await waiting(proxy, 1);
      client.abort();
      await clock.advance(1_000);
      const ghost = await origin.next();
      const left = new Promise((resolve) =>
        ghost.request.signal.addEventListener("abort", resolve)
      );
      await clock.advance(100);
      assertEquals((await reader).status, 499);
      await left;
      first.answer(fresh("hello"));
      assertEquals(await (await writer).text(), "hello");
      assertEquals(origin.count, 2);
    },
  ));

Deno.test("a held reader without a client takes the place of a writer that is over age (bug)", () =>
  withProxy(
    { variant: "bug", lockWaitTimeoutMs: 9_000, lockAgeTimeoutMs: 1_000 },
    async (proxy, origin, clock) => {
      const writer = proxy.fetch(get("/a"));
      await origin.next();
      const client = new AbortController();
      const left = Promise.resolve(proxy.fetch(get("/a", { signal: client.signal })));
      await waiting(proxy, 1);
      client.abort();
      await clock.advance(1_000);
      const second = await origin.next();
      assertEquals((await left).status, 499);
      // What it fetches for nobody is there for the next client.
      const newcomer = proxy.fetch(get("/a"));
      await waiting(proxy, 1);
      second.answer(fresh("second"));
      assertEquals(await (await newcomer).text(), "second");
      assertEquals(origin.count, 2);
      await proxy.close();
      assertEquals((await writer).status, 502);
    },
  ));

Deno.test("readers are fed while the writer fills", () =>
  withProxy({}, async (proxy, origin) => {
    const writer = proxy.fetch(get("/a"));
    const asked = await origin.next();
    const reader = proxy.fetch(get("/a"));
    await waiting(proxy, 1);
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
    const body = writable.getWriter();
    asked.answer(fresh(readable));
    body.write(new TextEncoder().encode("one"));
    const stream = ((await reader).body as ReadableStream<Uint8Array>).getReader();
    assertEquals(new TextDecoder().decode((await stream.read()).value), "one");
    body.close();
    assertEquals((await stream.read()).done, true);
    assertEquals(await (await writer).text(), "one");
  }));

for (const variant of ["bug", "fix"] as Variant[]) {
  Deno.test(`when the writer's client leaves, the fill goes on for the readers (${variant})`, () =>
    withProxy({ variant }, async (proxy, origin) => {
      const client = new AbortController();
      const writer = proxy.fetch(get("/a", { signal: client.signal }));
      const asked = await origin.next();
      const reader = proxy.fetch(get("/a"));
      await waiting(proxy, 1);
      client.abort();
      assertEquals((await writer).status, 499);
      asked.answer(fresh("hello"));
      assertEquals(await (await reader).text(), "hello");
      assertEquals(origin.count, 1);
    }));
}

Deno.test("with --fill-on-abandon end, the fetch ends when the last client has left, and the key is free", () =>
  withProxy({ fillOnAbandon: "end" }, async (proxy, origin) => {
    const clients = [new AbortController(), new AbortController()];
    const [writer, reader] = [clients[0], clients[1]].map((client) =>
      Promise.resolve(proxy.fetch(get("/a", client ? { signal: client.signal } : {})))
    );
    const asked = await origin.next();
    await waiting(proxy, 1);
    clients[0]?.abort();
    await writer;
    assertEquals(proxy.stats().upstreams, 1);
    clients[1]?.abort();
    await reader;
    await new Promise((resolve) => asked.request.signal.addEventListener("abort", resolve));
    asked.answer(fresh("late"));
    while (proxy.stats().locks > 0) await turn();
    const next = proxy.fetch(get("/a"));
    (await origin.next()).answer(fresh("new"));
    assertEquals(await (await next).text(), "new");
  }));

Deno.test("when the origin breaks off, one reader at a time takes the writer's place", () =>
  withProxy({}, async (proxy, origin) => {
    const writer = proxy.fetch(get("/a"));
    const first = await origin.next();
    const readers = [1, 2].map(() => proxy.fetch(get("/a")));
    await waiting(proxy, 2);
    first.abort();
    assertEquals((await writer).status, 502);
    const second = await origin.next();
    await waiting(proxy, 1);
    assertEquals(origin.count, 2);
    second.answer(fresh("hello"));
    const texts = await Promise.all(readers.map(async (one) => await (await one).text()));
    assertEquals(texts, ["hello", "hello"]);
    assertEquals(origin.count, 2);
  }));

Deno.test("an uncacheable answer sends every reader to the origin at once", () =>
  withProxy({}, async (proxy, origin) => {
    const writer = proxy.fetch(get("/a"));
    const first = await origin.next();
    const readers = [1, 2, 3].map(() => proxy.fetch(get("/a")));
    await waiting(proxy, 3);
    const noStore = () => new Response("x", { headers: { "cache-control": "no-store" } });
    first.answer(noStore());
    await (await writer).text();
    // All three are there before any is answered.
    const own = [await origin.next(), await origin.next(), await origin.next()];
    for (const asked of own) asked.answer(noStore());
    for (const reader of readers) {
      assertStringIncludes(await status(reader), "detail=GiveUp");
      await (await reader).text();
    }
    assertEquals(proxy.stats().entries, 0);
  }));

Deno.test("a reader's wait timeout sends it to the origin alone; the age timeout one writer for all", () =>
  withProxy(
    { lockWaitTimeoutMs: 3_000, lockAgeTimeoutMs: 2_000 },
    async (proxy, origin, clock) => {
      const writer = proxy.fetch(get("/a"));
      await origin.next();
      const readers = [1, 2, 3].map(() => proxy.fetch(get("/a")));
      await waiting(proxy, 3);
      await clock.advance(2_000);
      const second = await origin.next();
      await waiting(proxy, 2);
      assertEquals(origin.count, 2);
      // What is left of the budget is one second, not three.
      await clock.advance(1_000);
      const own = [await origin.next(), await origin.next()];
      assertEquals(origin.count, 4);
      for (const asked of own) asked.answer(fresh("alone"));
      second.answer(fresh("second"));
      const texts = await Promise.all(readers.map(async (one) => await (await one).text()));
      assertEquals(texts.sort(), ["alone", "alone", "second"]);
      await proxy.close();
      assertEquals((await writer).status, 502);
    },
  ));

Deno.test("over --max-waiting a newcomer is refused; a reader that left has given its place back (fix)", () =>
  withProxy({ maxWaiting: 2 }, async (proxy, origin) => {
    const writer = proxy.fetch(get("/a"));
    const asked = await origin.next();
    const client = new AbortController();
    const reader = proxy.fetch(get("/a", { signal: client.signal }));
    await waiting(proxy, 1);
    const refused = await proxy.fetch(get("/b"));
    assertEquals(refused.status, 503);
    assertEquals(refused.headers.get("retry-after"), "1");
    client.abort();
    await reader;
    const served = proxy.fetch(get("/b"));
    (await origin.next()).answer(fresh("b"));
    assertEquals(await (await served).text(), "b");
    asked.answer(fresh("a"));
    assert((await writer).ok);
  }));

Deno.test("a proxy that is its own origin says so", async () => {
  const self: { proxy?: Server } = {};
  await using listening = await listen({
    fetch: (request) => self.proxy?.fetch(request) ?? new Response(),
  });
  const clock = new ManualClock();
  self.proxy = createCachingProxy({ origin: listening.url, variant: "fix", clock });
  assertEquals((await self.proxy.fetch(get("/a"))).status, 508);
  await self.proxy.close();
});

Deno.test("closing ends what waits, and leaves no timer", () =>
  withProxy({ variant: "bug" }, async (proxy, origin, clock) => {
    const writer = proxy.fetch(get("/a"));
    await origin.next();
    const reader = proxy.fetch(get("/a"));
    await waiting(proxy, 1);
    await proxy.close();
    assertEquals((await writer).status, 502);
    assertEquals((await reader).status, 502);
    assertEquals(clock.pending, 0);
  }));
