import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ForeignIoError, type IsolateTest, testIsolate } from "./test_kit.ts";

async function twice(worker: IsolateTest): Promise<string[]> {
  const answers = ["/a", "/b"].map(async (path) => {
    const response = await worker.fetch(path, { method: "POST", body: path });
    return `${response.status} ${await response.text()}`;
  });
  return await Promise.all(answers);
}

Deno.test("a handler whose requests touch each other's I/O fails, with the places", async () => {
  let stash: ReadableStreamDefaultReader | undefined;
  await using worker = testIsolate(async ({ body }) => {
    if (stash === undefined) stash = body?.getReader();
    return new Response(String((await stash?.read())?.value?.length));
  });
  assertEquals(await twice(worker), ["200 2", "500 Internal Server Error"]);
  const { message } = assertThrows(() => worker.assertNoForeignIo(), ForeignIoError);
  assertMatch(
    message,
    /^I\/O of another request was touched:\n {2}POST \/b \(request 2\) called read\(\) on I\/O of POST \/a \(request 1\) at test_kit_test\.ts:16 \(I\/O type: ReadableStreamSource\), which came with that request$/,
  );
  assertEquals(worker.figures().foreignTouches, 1);
  assertMatch(worker.lines.join(), /^error Uncaught Error: Cannot perform I\/O/);
});

Deno.test("a timer that is not cleared is told, though the runtime says nothing of it", async () => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await using worker = testIsolate(() => {
    clearTimeout(timer);
    timer = setTimeout(() => {}, 60_000);
    return new Response("fine");
  });
  assertEquals(await twice(worker), ["200 fine", "200 fine"]);
  assertThrows(
    () => worker.assertNoForeignIo(),
    ForeignIoError,
    "POST /b (request 2) called clearTimeout() on I/O of POST /a (request 1) at test_kit_test.ts:",
  );
  assertMatch(worker.touches[0]?.madeAt ?? "", /^test_kit_test\.ts:\d+$/);
});

Deno.test("answering with another's response is told", async () => {
  let shared: Response | undefined;
  await using worker = testIsolate({ fetch: () => shared ??= new Response("one for all") });
  assertEquals(await twice(worker), ["200 one for all", "500 Internal Server Error"]);
  assertThrows(
    () => worker.assertNoForeignIo(),
    ForeignIoError,
    "POST /b (request 2) answered with I/O of POST /a (request 1) (I/O type",
  );
});

Deno.test("requests that keep to their own pass; fewer than two can show nothing", async () => {
  await using worker = testIsolate(async (request) => new Response(await request.text()));
  assertThrows(() => worker.assertNoForeignIo(), ForeignIoError, "received 0, expected 2");
  await worker.fetch(new Request("https://a.test"));
  assertThrows(() => worker.assertNoForeignIo(), ForeignIoError, "received 1, expected 2");
  assertEquals(await twice(worker), ["200 /a", "200 /b"]);
  worker.assertNoForeignIo();
  worker.assertNoneCancelled();
});

Deno.test("requests that hang are told", async () => {
  await using worker = testIsolate(() => new Promise(() => {}), { hungAfterMs: 1 });
  assertEquals(await twice(worker), Array(2).fill("500 Internal Server Error"));
  worker.assertNoForeignIo();
  assertThrows(
    () => worker.assertNoneCancelled(),
    ForeignIoError,
    "Requests were cancelled:\n  POST /a (request 1): hung\n  POST /b (request 2): hung",
  );
});

Deno.test("of many touches the first are named, and the number of the others", async () => {
  let stash: Request | undefined;
  await using worker = testIsolate(async (request) => {
    stash ??= request;
    for (let read = 0; read < 7 && request !== stash; read++) await stash.text().catch(() => {});
    return new Response("fine");
  });
  await twice(worker);
  const { message } = assertThrows(() => worker.assertNoForeignIo(), ForeignIoError);
  assertEquals([message.split("\n").length, message.split("\n").at(-1)], [7, "  and 2 more"]);
});
