// Nothing that `body-io` uploads is left at a target: interrupted at any moment, refused, or begun without an answer.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Run } from "../lab/result.ts";
import type { Access } from "../lab/scenario.ts";
import { BUCKET, TESTING_KEY, TestingStore } from "../servers/object_store/testing_store.ts";
import { casesOf, only, type Options, probe, SMALL } from "./body_io_runs.ts";
import { startHandler } from "./targets.ts";

type Fetch = (request: Request) => Promise<Response>;

/** A run of a case at a store with something in front of it, and what is there afterwards. */
async function leftBy(
  id: string,
  front: (request: Request, store: Fetch) => Promise<Response>,
  options: Options & { access?: Partial<Access> } = {},
): Promise<{ run: Run; left: string[]; warnings: string[] }> {
  await using store = await TestingStore.start();
  await using server = await startHandler((request) =>
    front(request, async (one) => await store.store.fetch(one))
  );
  const warnings: string[] = [];
  const access: Access = {
    ...{ url: new URL(server.url), headers: {}, insecure: false },
    store: { region: "us-east-1", credentials: TESTING_KEY, bucket: BUCKET },
    ...options.access,
  };
  const run = only(
    await probe(casesOf(id), access, {
      ...{ params: SMALL, observer: { warning: (_id, message) => void warnings.push(message) } },
      ...options,
    }),
  );
  const left: string[] = [];
  for (const query of ["uploads=", "list-type=2"]) {
    const answer = await store.fetch(`${store.url}/${BUCKET}?${query}`);
    for (const [, key = ""] of (await answer.text()).matchAll(/<Key>(.*?)<\/Key>/g)) {
      left.push(`${query} ${key}`);
    }
  }
  return { run, left, warnings };
}

const asks = ({ method, url }: Request, which: string, query: RegExp) =>
  method === which && query.test(new URL(url).search);

const MOMENTS = {
  "the first upload begins": (request: Request) => asks(request, "POST", /uploads/),
  "the first part comes": (request: Request) => asks(request, "PUT", /partNumber/),
  "the first upload is completed": (request: Request) => asks(request, "POST", /uploadId/),
  "the first object is read back": (request: Request) => asks(request, "GET", /^(?!.*list-type)/),
};

for (const [name, isIt] of Object.entries(MOMENTS)) {
  Deno.test(`nothing is left when the run is interrupted as ${name}`, async () => {
    const interrupt = new AbortController();
    const { run, left, warnings } = await leftBy("multipart-burst", async (request, store) => {
      const isFirst = isIt(request) && !interrupt.signal.aborted;
      const answer = await store(request);
      // The store has done it, and its client does not know yet.
      if (isFirst) interrupt.abort();
      return answer;
    }, { signal: interrupt.signal });
    assert(interrupt.signal.aborted);
    assertMatch(run.reason, /interrupted/);
    assertEquals([left, warnings], [[], []]);
  });
}

Deno.test("what is under way is waited for, and nothing else is sent, when the run is interrupted", async () => {
  const interrupt = new AbortController();
  const later: string[] = [];
  const { left, warnings } = await leftBy("multipart-burst", async (request, store) => {
    const isBegun = MOMENTS["the first upload begins"](request);
    if (interrupt.signal.aborted) later.push(request.method);
    if (!isBegun) return await store(request);
    interrupt.abort();
    // The store begins them only now.
    await new Promise((resolve) => setTimeout(resolve, 100));
    return await store(request);
  }, { signal: interrupt.signal });
  assertEquals([left, warnings], [[], []]);
  // The other seven were on their way.
  assertEquals(later.toSorted(), [...Array(8).fill("DELETE"), ...Array(7).fill("POST")]);
});

Deno.test("uploads are found that a target has begun and answered with an error", async () => {
  const { run, left, warnings } = await leftBy("multipart-burst", async (request, store) => {
    const answer = await store(request);
    if (!MOMENTS["the first upload begins"](request)) return answer;
    await answer.body?.cancel();
    return new Response("<Error><Code>InternalError</Code></Error>", { status: 500 });
  });
  assertEquals(run.verdict, "fail", run.reason);
  assertEquals([left, warnings], [[], []]);
});

Deno.test("that they cannot be looked for is said", async () => {
  const { warnings } = await leftBy("multipart-burst", async (request, store) => {
    const answer = await store(request);
    if (!new URL(request.url).search.includes("uploads")) return answer;
    await answer.body?.cancel();
    const code = request.method === "POST" ? "InternalError" : "NotImplemented";
    return new Response(`<Error><Code>${code}</Code></Error>`, { status: 501 });
  });
  assertEquals(warnings.length, 1);
  assertMatch(warnings[0] ?? "", /may have begun without an answer.*NotImplemented/);
});

for (const id of ["multipart-burst", "delete-burst", "warm-burst", "oversized-part"]) {
  Deno.test(`${id} with a wrong secret is inconclusive, says so, and left nothing to tell of`, async () => {
    const { run, left, warnings } = await leftBy(id, (request, store) => store(request), {
      access: {
        store: {
          ...{ region: "us-east-1", bucket: BUCKET },
          credentials: { ...TESTING_KEY, secretAccessKey: "another" },
        },
      },
    });
    assertEquals(run.verdict, "inconclusive");
    assertMatch(run.reason, /the signature does not match: check the secret access key/);
    assertEquals([left, warnings], [[], []]);
  });
}

Deno.test("nothing is left when a raw request is interrupted that begins an upload", async () => {
  const interrupt = new AbortController();
  const { run, left, warnings } = await leftBy("oversized-part", async (request, store) => {
    const answer = await store(request);
    if (MOMENTS["the first upload begins"](request)) interrupt.abort();
    return answer;
  }, { signal: interrupt.signal });
  assertMatch(run.reason, /interrupted/);
  assertEquals([left, warnings], [[], []]);
});

for (const id of ["put-framing", "aws-chunked"]) {
  Deno.test(`an object of ${id} that was refused is none that is left`, async () => {
    const url = new URL("http://127.0.0.1:1");
    const { run, warnings } = await leftBy(id, async (request, store) => {
      if (request.method !== "PUT" && request.method !== "DELETE") return await store(request);
      await request.body?.cancel();
      return new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 });
    }, { access: id === "put-framing" ? { backendLogUrl: url } : {} });
    assertEquals(run.verdict, "inconclusive");
    const objects = warnings.filter((one) =>
      one.includes(id === "aws-chunked" ? "streamed" : "object'")
    );
    assertEquals(objects, []);
  });
}

Deno.test("a run that comes to its end removes its objects, and has no upload to abort", async () => {
  const deleted: string[] = [];
  const { run, left } = await leftBy("multipart-burst", async (request, store) => {
    if (request.method === "DELETE") deleted.push(new URL(request.url).search);
    return await store(request);
  });
  assertMatch(run.reason, /26 of 26 first attempts succeeded/);
  assertEquals([left, deleted], [[], Array.from({ length: 8 }, () => "")]);
});
