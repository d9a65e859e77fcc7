import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TestingObject, withObject } from "./testing_object.ts";

/** A server whose bodies are fed by the test. */
function startFed() {
  let feed: ReadableStreamDefaultController<Uint8Array> | undefined;
  let cancelled = () => {};
  const gone = new Promise<void>((resolve) => cancelled = resolve);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    if (new URL(request.url).pathname === "/empty") return new Response(null, { status: 204 });
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (feed = controller),
      cancel: () => cancelled(),
    });
    return new Response(body, { status: 201, headers: { "content-type": "application/json" } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/a`,
    say: (text: string) => feed?.enqueue(new TextEncoder().encode(text)),
    end: () => feed?.close(),
    gone,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Lets what is settled be noticed. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test(
  "a fetch counts until its answer is there, and while somebody waits for its body",
  withObject(async (object) => {
    await using server = startFed();
    const { protocol, host } = new URL(server.url);
    const asked = object.run(() => fetch(`${protocol}//u:p@${host}/a?secret=1`));
    assertEquals(object.shown(), [`fetch fetch_test.ts:N ${server.url}`]);
    const response = await asked;
    await turn();
    assertEquals(object.shown(), []);
    assertEquals([response.status, response.url.endsWith("?secret=1")], [201, true]);
    assertEquals(response.headers.get("content-type"), "application/json");
    assertThrows(() => response.headers.set("a", "b"), TypeError);
    assert(response instanceof Response);

    const reader = response.body?.getReader();
    const first = reader?.read();
    assertEquals(object.shown(), [`fetch fetch_test.ts:N ${server.url}`]);
    server.say("x");
    assertEquals((await first)?.value, new TextEncoder().encode("x"));
    await turn();
    assertEquals(object.shown(), []);
    const last = reader?.read();
    server.end();
    assertEquals((await last)?.done, true);
    assertEquals([object.activities.size, object.watchers], [0, 0]);
  }),
);

Deno.test(
  "an answer's body can be read as JSON, cloned, teed and read into a buffer",
  withObject(async (object) => {
    for (const read of ["json", "clone", "tee", "byob", "again"]) {
      await using server = startFed();
      const response = await object.run(() => fetch(server.url));
      server.say(`{"a":1}`);
      server.end();
      if (read === "json") assertEquals(await response.json(), { a: 1 });
      else if (read === "clone") {
        const clone = response.clone();
        assertEquals([clone.url, clone.status], [response.url, 201]);
        assertEquals([await clone.text(), await response.clone().text()], Array(2).fill(`{"a":1}`));
        await response.body?.cancel();
      } else if (read === "tee") {
        const streams = response.body?.tee() ?? [];
        const texts = streams.map((stream) => new Response(stream).text());
        assertEquals(await Promise.all(texts), Array(2).fill(`{"a":1}`));
      } else if (read === "byob") {
        const reader = response.body?.getReader({ mode: "byob" });
        assertEquals((await reader?.read(new Uint8Array(4)))?.value?.length, 4);
        assertEquals((await reader?.read(new Uint8Array(4)))?.value?.length, 3);
        assertEquals((await reader?.read(new Uint8Array(4)))?.done, true);
      } else {
        const again = new Response(response.body, response);
        assertEquals([again.status, await again.text()], [201, `{"a":1}`]);
        assert(response.bodyUsed);
      }
      await turn();
      assertEquals([read, object.activities.size, object.watchers], [read, 0, 0]);
    }
  }),
);

Deno.test(
  "a body that is cancelled is over, and the server is told",
  withObject(async (object) => {
    await using server = startFed();
    const response = await object.run(() => fetch(server.url));
    const reader = response.body?.getReader();
    const read = reader?.read();
    server.say("x");
    await read;
    await reader?.cancel();
    await server.gone;
    assertEquals([object.activities.size, object.watchers], [0, 0]);
  }),
);

Deno.test(
  "a fetch that fails, that is aborted or that has no body is over",
  withObject(async (object) => {
    await using server = startFed();
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    await assertRejects(() => object.run(() => fetch(`http://127.0.0.1:${port}/`)), TypeError);
    await assertRejects(() => object.run(() => fetch("/nowhere")), TypeError);
    const signal = AbortSignal.abort(new Error("mine"));
    await assertRejects(() => object.run(() => fetch(server.url, { signal })), Error, "mine");
    const request = new Request(server.url, { signal });
    await assertRejects(() => object.run(() => fetch(request)), Error, "mine");
    const empty = await object.run(() => fetch(server.url.replace("/a", "/empty")));
    assertEquals([empty.status, empty.body], [204, null]);
    assertEquals([object.activities.size, object.watchers], [0, 0]);
  }),
);

Deno.test("a fetch goes out by the object's way, outside of the object, with what it was given", async () => {
  const seen: unknown[] = [];
  const outbound = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    seen.push([request.method, request.url, await request.text(), Date.now() < 1.89e12]);
    return new Response("out");
  };
  await withObject(async (object) => {
    const answers = [
      fetch,
      (url: string) => fetch(url, { method: "PUT", body: "a" }),
      (url: string) => fetch(url, new Request("http://other/", { method: "PUT", body: "b" })),
      (url: string) => fetch(new Request(url, { method: "PUT", body: "c" })),
    ].map((call) => object.run(() => call("http://x/")));
    for (const answer of answers) assertEquals(await (await answer).text(), "out");
  }, outbound as typeof fetch)();
  assertEquals(seen, [
    ["GET", "http://x/", "", true],
    ["PUT", "http://x/", "a", true],
    ["PUT", "http://x/", "b", true],
    ["PUT", "http://x/", "c", true],
  ]);
});

Deno.test(
  "when an incarnation ends its fetches are aborted, and those that hang never settle",
  withObject(async (object) => {
    await using server = startFed();
    const response = await object.run(() => fetch(server.url));
    const read = response.text();
    let settled = false;
    const hanging = new TestingObject((_input, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener("abort", () => reject(init?.signal?.reason));
      })
    );
    const asked = hanging.run(() => fetch("http://x/"));
    asked.then(() => settled = true, () => settled = true);
    hanging.end();
    object.end();
    await assertRejects(() => read, DOMException);
    await server.gone;
    object.run(() => fetch(server.url)).then(() => settled = true, () => settled = true);
    await turn();
    assertEquals(settled, false);
  }),
);

Deno.test(
  "outside of objects fetch is the runtime's",
  withObject(async (object) => {
    await using server = startFed();
    const asked = fetch(server.url);
    const response = await asked;
    server.end();
    assertEquals([await response.text(), object.sizes.length], ["", 0]);
    assertEquals([fetch.name, Object.hasOwn(response, "url")], ["fetch", false]);
  }),
);
