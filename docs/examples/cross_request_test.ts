// Whether requests touch each other's I/O, asked of the handler itself in milliseconds: a gateway that
// reads its body behind an exchange which all requests of a burst share, and the same one mended.

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  type FetchHandler,
  ForeignIoError,
  Shared,
  type Task,
  TaskQueue,
  testIsolate,
  wait,
} from "../../mod.ts";

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

/** The exchange takes a while, so that all requests come to wait for it; and it reads what it is sent. */
const outbound: typeof fetch = async (input, init) => {
  await new Request(input, init).text();
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

/** Handlers that keep or share what is one request's, each beside one that does the same rightly. */
const PAIRS: Readonly<Record<string, { wrong: () => FetchHandler; right: () => FetchHandler }>> = {
  "a request": {
    wrong: () => {
      let last: Request | undefined;
      return async (request) => {
        const before = last;
        last = request;
        return new Response(await before?.text());
      };
    },
    right: () => {
      let last: Promise<string> | undefined;
      return async (request) => {
        const before = last;
        const text = last = request.text();
        return new Response(await (before ?? text));
      };
    },
  },
  "a response": {
    wrong: () => {
      let cached: Response | undefined;
      return () => (cached ??= new Response("cached")).clone();
    },
    right: () => {
      const cached = "cached";
      return () => new Response(cached);
    },
  },
  "one fetch for all": {
    wrong: () => {
      let flight: Promise<Response> | undefined;
      return async () => new Response(await (await (flight ??= fetch("https://sts.test/"))).text());
    },
    right: () => {
      let flight: Promise<string> | undefined;
      const text = async () => await (await fetch("https://sts.test/")).text();
      return async () => new Response(await (flight ??= text()));
    },
  },
  "a batch": {
    wrong: () => {
      const batch: (() => Promise<void>)[] = [];
      return (request) =>
        new Promise((resolve, reject) => {
          batch.push(() => request.text().then((text) => resolve(new Response(text)), reject));
          // Runs the others' as well, in the context of the one that comes last.
          setTimeout(() => batch.length === 3 && batch.forEach((call) => call()));
        });
    },
    right: () => {
      const batch: string[] = [];
      return async (request) => {
        batch.push(await request.text());
        return new Response(batch.join());
      };
    },
  },
  "a stream around a body": {
    wrong: () => {
      let last: ReadableStream | undefined;
      return async ({ body }) => {
        const before = last;
        const reader = body?.getReader();
        last = new ReadableStream({
          async pull(controller) {
            const { done, value } = await reader?.read() ?? { done: true };
            return done ? controller.close() : controller.enqueue(value);
          },
        }, { highWaterMark: 0 });
        return await fetch("https://store.test/", { method: "PUT", body: before ?? null });
      };
    },
    right: () => ({ body }) => fetch("https://store.test/", { method: "PUT", body }),
  },
};

for (const [what, { wrong, right }] of Object.entries(PAIRS)) {
  Deno.test(`who keeps or shares ${what} is told, and who does it rightly is not`, async () => {
    for (const [make, isRight] of [[wrong, false], [right, true]] as const) {
      await using worker = testIsolate(make(), { outbound });
      await burst((...args) => worker.fetch(...args));
      if (!isRight) {
        assertThrows(() => worker.assertNoForeignIo(), ForeignIoError, "at cross_request_test.ts:");
        continue;
      }
      worker.assertNoForeignIo();
      worker.assertNoneCancelled();
    }
  });
}
