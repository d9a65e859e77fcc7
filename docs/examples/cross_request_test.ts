// Whether requests touch each other's I/O, asked of the handler itself in milliseconds: a gateway that
// reads its body behind an exchange which all requests of a burst share, and the same one mended.

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ForeignIoError, Shared, type Task, TaskQueue, testIsolate, wait } from "../../mod.ts";

/** What the first request fetches and all the others wait for. */
class Credentials {
  #flight: Shared<string> | undefined;

  *get(): Task<string> {
    if (this.#flight !== undefined) return yield* this.#flight.wait();
    const flight = this.#flight = new Shared();
    const response = yield* wait(fetch("https://sts.test/"));
    flight.resolve(yield* wait(response.text()));
    return yield* flight.wait();
  }
}

/** A handler whose work is done on one queue, as in a Worker that is written in Rust. */
function gateway(readBody: "early" | "late") {
  const queue = new TaskQueue();
  const credentials = new Credentials();
  return async (request: Request): Promise<Response> => {
    // Keeps the request from being taken for hung while it waits for another.
    const keep = setTimeout(() => {}, 60_000);
    try {
      const early = readBody === "early" ? await request.arrayBuffer() : undefined;
      const body = await queue.run(function* () {
        yield* credentials.get();
        return early ?? (yield* wait(request.arrayBuffer()));
      });
      return new Response(`${body.byteLength} bytes`);
    } catch (error) {
      return new Response(String(error), { status: 500 });
    } finally {
      clearTimeout(keep);
    }
  };
}

/** The exchange takes a while, so that all requests come to wait for it. */
const outbound = async () => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return new Response("a key");
};

function burst(send: (path: string, init: RequestInit) => Promise<Response>) {
  return Promise.all(["/a", "/b", "/c"].map(async (path) => {
    const response = await send(path, { method: "POST", body: "12345" });
    return response.status;
  }));
}

Deno.test("a body that is read behind the shared exchange is read by another request", async () => {
  await using worker = testIsolate(gateway("late"), { outbound });
  assertEquals(await burst((...args) => worker.fetch(...args)), [200, 500, 500]);
  const { message } = assertThrows(() => worker.assertNoForeignIo(), ForeignIoError);
  assertMatch(
    message,
    /POST \/a \(request 1\) called arrayBuffer\(\) on I\/O of POST \/b \(request 2\)/,
  );
  assertMatch(message, /at cross_request_test\.ts:\d+ \(I\/O type: ReadableStreamSource\)/);
});

Deno.test("a body that is read first is the request's own", async () => {
  await using worker = testIsolate(gateway("early"), { outbound });
  assertEquals(await burst((...args) => worker.fetch(...args)), [200, 200, 200]);
  worker.assertNoForeignIo();
  worker.assertNoneCancelled();
});

Deno.test("a body that is kept for the next request is not the next one's", async () => {
  let last: Request | undefined;
  await using worker = testIsolate(async (request) => {
    const before = last;
    last = request;
    return new Response(await before?.text());
  });
  assertEquals(await burst((...args) => worker.fetch(...args)), [200, 500, 500]);
  assertThrows(
    () => worker.assertNoForeignIo(),
    ForeignIoError,
    "POST /c (request 3) called text()",
  );
});
