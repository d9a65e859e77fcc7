import { assertEquals } from "@std/assert";
import { LOCKED_MESSAGE, USED_MESSAGE } from "../cross_request.ts";
import { request, shown, start, turn } from "../testing_isolate.ts";

/** What the first request finds of its own body after another has done this with it. */
async function afterwards(use: (first: Request) => unknown): Promise<string> {
  let first: Request | undefined;
  const done = Promise.withResolvers<void>();
  await using all = start({
    handler: async (asked) => {
      if (first !== undefined) {
        await Promise.resolve(first).then(use).catch(() => {});
        done.resolve();
        return new Response("done");
      }
      first = asked;
      await done.promise;
      const { bodyUsed, body } = asked;
      return Response.json([bodyUsed, body?.locked, await asked.text().catch(String)]);
    },
    // The first waits for the second with nothing of its own under way.
    crossRequest: "resume-in-own",
  });
  const answer = shown(all.isolate.fetch(request("/first", "one")));
  await shown(all.isolate.fetch(request("/second", "two")));
  return await answer;
}

Deno.test("a refused touch uses a body up for its own request too, but for one that only sends it", async () => {
  const spent = `200 ${JSON.stringify([true, true, `TypeError: ${USED_MESSAGE}`])}`;
  const spared = '200 [false,false,"one"]';
  const uses: readonly [string, (first: Request) => unknown][] = [
    [spent, (r) => r.text()],
    [spent, (r) => r.clone()],
    [spent, (r) => new Request(r)],
    [spent, (r) => r.body?.tee()],
    [spent, (r) => r.body?.cancel()],
    [spent, (r) => r.body?.pipeTo(new WritableStream())],
    [spent, (r) => r.body?.getReader().read()],
    [spared, (r) => fetch("https://b.test", { method: "PUT", body: r.body })],
    [spared, (r) => [r.bodyUsed, r.body?.locked, r.url]],
  ];
  for (const [expected, use] of uses) assertEquals(await afterwards(use), expected, String(use));
});

Deno.test("that a body was read, or is held, is found out before whose it is; it is a touch all the same", async () => {
  let made: Response[] = [];
  const ways: ((made: Response) => unknown)[] = [
    (r) => r.text(),
    (r) => r.clone(),
    (r) => r.body?.getReader(),
  ];
  await using all = start({
    handler: async ({ url }) => {
      if (url.endsWith("/make")) {
        made = [new Response("read"), new Response("held"), new Response("held")];
        await made[0]?.text();
        for (const one of made.slice(1)) one.body?.getReader();
        return new Response();
      }
      const seen = ways.map(async (way, index) => await way(made[index] ?? new Response()));
      return Response.json(
        (await Promise.allSettled(seen)).map((one) =>
          one.status === "rejected" ? String(one.reason) : one.value
        ),
      );
    },
  });
  await all.isolate.fetch(request("/make"));
  assertEquals(await (await all.isolate.fetch(request("/touch"))).json(), [
    `TypeError: ${USED_MESSAGE}`,
    `TypeError: ${LOCKED_MESSAGE},`,
    `TypeError: ${LOCKED_MESSAGE}.`,
  ]);
  assertEquals(all.touches.map(({ action }) => action), ["text", "clone"]);
});

Deno.test("a clone and a branch are used up by themselves", async () => {
  let clone: Request | undefined;
  await using all = start({
    handler: async (asked) => {
      if (clone !== undefined) return new Response(await clone.text());
      clone = asked.clone();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return new Response(await asked.text());
    },
  });
  const first = shown(all.isolate.fetch(request("/a", "one")));
  assertEquals(await shown(all.isolate.fetch(request("/b"))), "500 Internal Server Error");
  assertEquals(await first, "200 one");
});

Deno.test("a blob's stream is the request's that asked for it; the blob is nobody's", async () => {
  const kept: { blob?: Blob; stream?: ReadableStream } = {};
  await using all = start({
    handler: async ({ url }) => {
      if (url.endsWith("/make")) {
        kept.blob = new Blob(["abc"]);
        kept.stream = kept.blob.stream();
      }
      return new Response(
        await new Response(
          url.endsWith("/stream") ? kept.stream : kept.blob?.stream(),
        ).text(),
      );
    },
  });
  const answers = [];
  for (const path of ["/make", "/blob", "/stream"]) {
    answers.push(await shown(all.isolate.fetch(request(path))));
  }
  assertEquals(answers, ["200 abc", "200 abc", "500 Internal Server Error"]);
});

Deno.test("who reads a stream that nobody feeds has no I/O of its own, and is hung", async () => {
  await using all = start({
    hungAfterMs: 1,
    handler: async () => new Response(await new Response(new ReadableStream()).text()),
  });
  assertEquals(await shown(all.isolate.fetch(request())), "500 Internal Server Error");
  await turn();
  assertEquals(all.cancelled.map(({ reason }) => reason), ["hung"]);
});
