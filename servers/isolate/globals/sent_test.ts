import { assertEquals, assertMatch } from "@std/assert";
import { nativeIo } from "../native_io.ts";
import { request, shown, start, type StartedIsolate } from "../testing_isolate.ts";

/** A stream around a body, as one puts it there to count or to sign. */
function around(body: ReadableStream | null): ReadableStream {
  const reader = body?.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader?.read() ?? { done: true };
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

async function textOf(body: unknown): Promise<string> {
  return await new Response(body as BodyInit).text();
}

const ways: readonly ((stream: ReadableStream) => Promise<Response>)[] = [
  (body) => fetch("https://b.test", { method: "PUT", body }),
  (body) => fetch(new Request("https://b.test", { method: "PUT", body })),
  (body) =>
    nativeIo(async () => {
      const reader = body.getReader();
      let length = 0;
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        length += read.value.length;
      }
      return new Response(`${length} bytes`);
    }, [body]),
];

function sending(way: (stream: ReadableStream) => Promise<Response>): StartedIsolate {
  let wake: (() => void) | undefined;
  return start({
    crossRequest: "resume-in-settler",
    outbound: async (input, init) => {
      const { length } = await textOf(init?.body ?? (input as Request).body);
      return new Response(`${length} bytes`);
    },
    handler: async ({ url, body }) => {
      if (url.endsWith("/alone")) return await way(around(body));
      if (url.endsWith("/first")) {
        setTimeout(() => {}, 30);
        // Made before it waits: its first read would else be that of who made it.
        const stream = around(body);
        await new Promise<void>((resolve) => wake = resolve);
        return await way(stream);
      }
      await new Promise((resolve) => setTimeout(resolve));
      wake?.();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return new Response("woke it");
    },
  });
}

Deno.test("a stream around a body is read as code of the request that sends it", async () => {
  for (const way of ways) {
    await using all = sending(way);
    assertEquals(await shown(all.isolate.fetch(request("/alone", "12345"))), "200 5 bytes");
    const first = shown(all.isolate.fetch(request("/first", "12345")));
    assertEquals(await shown(all.isolate.fetch(request("/second"))), "200 woke it");
    assertEquals(await first, "500 Internal Server Error");
    assertEquals(
      all.touches.map(({ action, by, of }) => [action, by, of]),
      [["read", "GET /second (request 3)", "POST /first (request 2)"]],
      String(way),
    );
    assertMatch(all.touches[0]?.touchedAt ?? "", /^sent_test\.ts:\d+$/);
  }
});

Deno.test("a content that fails is sent as if it were whole, as workerd does it", async () => {
  const failing = () =>
    new ReadableStream({
      pull() {
        throw new Error("mine");
      },
    });
  await using all = sending(() => fetch("https://b.test", { method: "PUT", body: failing() }));
  assertEquals(await shown(all.isolate.fetch(request("/alone", "12345"))), "200 0 bytes");
});

Deno.test("who is sent to and wants no more cancels the stream, as the request's code", async () => {
  const cancelled: unknown[] = [];
  await using all = start({
    outbound: async (_input, init) => {
      await (init?.body as ReadableStream).cancel("enough");
      return new Response("enough");
    },
    handler: () => {
      const body = new ReadableStream({ cancel: (reason) => void cancelled.push(reason) });
      return fetch("https://b.test", { method: "PUT", body });
    },
  });
  assertEquals(await shown(all.isolate.fetch(request())), "200 enough");
  assertEquals(cancelled, ["enough"]);
});
