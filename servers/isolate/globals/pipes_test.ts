import { assertEquals, assertMatch } from "@std/assert";
import type { CrossRequest } from "../cross_request.ts";
import { request, shown, start, type StartedIsolate } from "../testing_isolate.ts";

/** `/make` pipes its body, and is over when it is told to; others read what comes out. */
function keeping(crossRequest: CrossRequest, over: Promise<void>): StartedIsolate {
  let kept: ReadableStream | undefined;
  return start({
    crossRequest,
    hungAfterMs: 1,
    handler: async ({ url, body }) => {
      if (url.endsWith("/make")) {
        kept = body?.pipeThrough(new TransformStream());
        setTimeout(() => {}, 60_000);
        await over;
        return new Response("made");
      }
      return new Response(await new Response(kept).text());
    },
  });
}

const post = () =>
  new Request("https://a.test/make", { method: "POST", body: new Blob(["piped"]).stream() });

Deno.test("what a request pipes others may read, and a pipe ends with its request", async () => {
  {
    const over = Promise.withResolvers<void>();
    await using all = keeping("resume-in-own", over.promise);
    const made = shown(all.isolate.fetch(post()));
    assertEquals(await shown(all.isolate.fetch(request("/read"))), "200 piped");
    over.resolve();
    assertEquals([await made, all.touches], ["200 made", []]);
  }
  await using all = keeping("resume-in-own", Promise.resolve());
  assertEquals(await shown(all.isolate.fetch(post())), "200 made");
  assertEquals(await shown(all.isolate.fetch(request("/read"))), "500 Internal Server Error");
  assertEquals(all.cancelled, [{ request: "GET /read (request 2)", reason: "hung" }]);
});

Deno.test("with resume-in-settler a pipe goes on in the context of who took its first piece", async () => {
  const over = Promise.withResolvers<void>();
  await using all = keeping("resume-in-settler", over.promise);
  const made = shown(all.isolate.fetch(post()));
  assertEquals(await shown(all.isolate.fetch(request("/read"))), "500 Internal Server Error");
  over.resolve();
  assertEquals(await made, "200 made");
  const [{ touchedAt = "", madeAt = "", ...touch } = {}] = all.touches;
  assertEquals([touch, all.touches.length], [{
    ioType: "ReadableStreamSource",
    action: "pipe",
    by: "GET /read (request 2)",
    of: "POST /make (request 1)",
  }, 1]);
  assertMatch(touchedAt, /^pipes_test\.ts:\d+$/);
  assertEquals(madeAt, "");
});

Deno.test("a pipe whose other end waits is no I/O of its own", async () => {
  await using all = start({
    hungAfterMs: 1,
    handler: async ({ body }) => {
      body?.pipeThrough(new TransformStream());
      return await new Promise(() => {});
    },
  });
  assertEquals(await shown(all.isolate.fetch(request("/", "x"))), "500 Internal Server Error");
});
