// The proxy as an HTTP cache, seen from its clients: what is kept, and what answers what.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fresh, get, status, turn, waiting, withProxy } from "./testing_proxy.ts";

Deno.test("a body that breaks off is not kept", () =>
  withProxy({}, async (proxy, origin) => {
    const writer = proxy.fetch(get("/a"));
    const broken = new ReadableStream({ start: (body) => body.error(new Error("broken")) });
    (await origin.next()).answer(fresh(broken));
    await assertRejects(async () => await (await writer).text());
    assertEquals(proxy.stats().entries, 0);
    const again = proxy.fetch(get("/a"));
    (await origin.next()).answer(fresh("hello"));
    assertEquals(await (await again).text(), "hello");
  }));

Deno.test("a stale answer is served at once while one background request revalidates it", () =>
  withProxy({}, async (proxy, origin, clock) => {
    const cacheControl = { "cache-control": "max-age=1, stale-while-revalidate=60", etag: '"1"' };
    const first = proxy.fetch(get("/a"));
    (await origin.next()).answer(fresh("old", cacheControl));
    await (await first).text();
    await clock.advance(5_000);
    const stale = await Promise.all([1, 2].map(() => proxy.fetch(get("/a"))));
    assertEquals(await Promise.all(stale.map((one) => one.text())), ["old", "old"]);
    const asked = await origin.next();
    assertEquals(asked.request.headers.get("if-none-match"), '"1"');
    assertEquals(proxy.stats().locks, 1);
    assertEquals(proxy.stats().waiting, 0);
    asked.answer(new Response(null, { status: 304, headers: cacheControl }));
    while (proxy.stats().locks > 0) await turn();
    assertStringIncludes(await status(proxy.fetch(get("/a"))), "hit");
    assertEquals(origin.count, 2);
  }));

Deno.test("an expired answer is revalidated by one writer, and readers wait for it", () =>
  withProxy({}, async (proxy, origin, clock) => {
    const headers = { "cache-control": "max-age=1", etag: '"1"' };
    const first = proxy.fetch(get("/a"));
    (await origin.next()).answer(fresh("old", headers));
    await (await first).text();
    await clock.advance(5_000);
    const writer = proxy.fetch(get("/a"));
    const asked = await origin.next();
    const reader = proxy.fetch(get("/a"));
    await waiting(proxy, 1);
    asked.answer(new Response(null, { status: 304, headers }));
    assertEquals(await (await writer).text(), "old");
    assertEquals(await (await reader).text(), "old");
    assertStringIncludes(await status(reader), "collapsed");
    assertEquals(origin.count, 2);
  }));

Deno.test("variants of a URL are stored, and locked, apart once the answer has said what it varies by", () =>
  withProxy({}, async (proxy, origin) => {
    const inLanguage = (language: string) =>
      get("/a", { headers: { "accept-language": language } });
    const vary = { vary: "Accept-Language" };
    for (const language of ["de", "fr"]) {
      const answer = proxy.fetch(inLanguage(language));
      (await origin.next()).answer(fresh(language, vary));
      assertEquals(await (await answer).text(), language);
    }
    for (const language of ["de", "fr"]) {
      assertEquals(await (await proxy.fetch(inLanguage(language))).text(), language);
    }
    assertEquals(origin.count, 2);
    const [spanish, italian] = [proxy.fetch(inLanguage("es")), proxy.fetch(inLanguage("it"))];
    for (const asked of [await origin.next(), await origin.next()]) {
      asked.answer(fresh(asked.request.headers.get("accept-language"), vary));
    }
    assertEquals(await (await spanish).text(), "es");
    assertEquals(await (await italian).text(), "it");
  }));

Deno.test("requests with and without a Host header, as HTTP/2's are, share one answer", () =>
  withProxy({}, async (proxy, origin) => {
    const first = proxy.fetch(get("/a", { headers: { host: "a.example" } }));
    (await origin.next()).answer(fresh("hello"));
    await (await first).text();
    assertEquals(await (await proxy.fetch(get("/a"))).text(), "hello");
    assertEquals(origin.count, 1);
  }));

Deno.test("a HEAD fills the cache with what a GET would bring", () =>
  withProxy({}, async (proxy, origin) => {
    const head = proxy.fetch(get("/a", { method: "HEAD" }));
    const asked = await origin.next();
    assertEquals(asked.request.method, "GET");
    asked.answer(fresh("hello"));
    assertEquals((await head).body, null);
    while (proxy.stats().upstreams > 0) await turn();
    assertEquals(await (await proxy.fetch(get("/a"))).text(), "hello");
    assertEquals(origin.count, 1);
  }));

Deno.test("a client that has the current answer gets 304", () =>
  withProxy({}, async (proxy, origin) => {
    const first = proxy.fetch(get("/a"));
    (await origin.next()).answer(fresh("hello", { etag: '"1"' }));
    await (await first).text();
    const again = await proxy.fetch(get("/a", { headers: { "if-none-match": '"1"' } }));
    assertEquals(again.status, 304);
    assertEquals(again.headers.get("etag"), '"1"');
    assertEquals(again.headers.get("content-length"), null);
  }));

Deno.test("other methods pass through with their bodies", () =>
  withProxy({}, async (proxy, origin) => {
    const answer = proxy.fetch(get("/a", { method: "POST", body: "question" }));
    const asked = await origin.next();
    assertEquals(await asked.request.text(), "question");
    asked.answer(new Response("answer"));
    assertEquals(await (await answer).text(), "answer");
    assertStringIncludes(await status(answer), "fwd=method");
  }));

Deno.test("the byte limit turns out the least recently used, and refuses what never fits", () =>
  withProxy({ maxSizeBytes: 10 }, async (proxy, origin) => {
    const ask = async (path: string, body: string) => {
      const answer = proxy.fetch(get(path));
      (await origin.next()).answer(fresh(body));
      await (await answer).text();
    };
    await ask("/a", "12345");
    await ask("/b", "12345");
    await (await proxy.fetch(get("/a"))).text();
    await ask("/c", "12345");
    assertEquals(proxy.stats().bytes, 10);
    assertStringIncludes(await status(proxy.fetch(get("/a"))), "hit");
    await ask("/large", "12345678901");
    assertEquals(proxy.stats().bytes, 10);
    await ask("/b", "again");
    assertEquals(origin.count, 5);
  }));

Deno.test("a path that begins with two slashes names no other host", () =>
  withProxy({}, async (proxy, origin) => {
    const answer = Promise.resolve(proxy.fetch(get("//localhost:1/x?y=/../z")));
    const asked = await Promise.race([origin.next(), answer]);
    assert("request" in asked, "the request went elsewhere");
    assertEquals(asked.request.url, `${origin.url}//localhost:1/x?y=/../z`);
    asked.answer(fresh("ours"));
    assertEquals(await (await answer).text(), "ours");
  }));
