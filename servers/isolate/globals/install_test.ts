import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createIsolate } from "../isolate.ts";
import { installIsolateGlobals } from "./install.ts";

/** Everything that is replaced here, as what holds it and its name. */
const PLACES: readonly (readonly [object, PropertyKey])[] = [
  ...[
    ...["setTimeout", "setInterval", "clearTimeout", "clearInterval"],
    ...["fetch", "Request", "Response", "Promise", "ReadableStream"],
    ...["CompressionStream", "DecompressionStream"],
  ].map((name) => [globalThis, name] as const),
  ...[Request.prototype, Response.prototype].flatMap((prototype) =>
    [
      ...["constructor", "body", "bodyUsed", "clone"],
      ...["text", "json", "arrayBuffer", "bytes", "blob", "formData"],
    ].map((name) => [prototype, name] as const)
  ),
  [Response, "json"],
  [Blob.prototype, "stream"],
  ...["getReader", "locked", "tee", "cancel", "pipeTo", "pipeThrough", "values"]
    .map((name) => [ReadableStream.prototype, name] as const),
  ...[Symbol.asyncIterator].map((name) => [ReadableStream.prototype, name] as const),
  ...[ReadableStreamDefaultReader.prototype, ReadableStreamBYOBReader.prototype].flatMap((one) =>
    ["read", "cancel", "releaseLock"].map((name) => [one, name] as const)
  ),
  ...["constructor", "then"].map((name) => [Promise.prototype, name] as const),
];

function held(): (PropertyDescriptor | undefined)[] {
  return PLACES.map(([target, name]) => Object.getOwnPropertyDescriptor(target, name));
}

Deno.test("everything is put back as it was with the last isolate, its descriptors included", async () => {
  const before = held();
  const isolates = [1, 2].map(() => createIsolate({ handler: () => new Response() }));
  const changed = held().filter((one, index) => one?.value !== before[index]?.value);
  assert(changed.length > 30, `${changed.length} are replaced`);
  await isolates[0]?.close();
  await isolates[0]?.close();
  assertEquals(held().filter((one, index) => one?.value !== before[index]?.value), changed);
  await isolates[1]?.close();
  for (const [index, now] of held().entries()) {
    const was = before[index];
    for (const key of ["value", "get", "set", "enumerable", "configurable", "writable"] as const) {
      assertStrictEquals(now?.[key], was?.[key], `${String(PLACES[index]?.[1])} ${key}`);
    }
  }
});

Deno.test("outside of requests everything does what it did", async () => {
  const release = installIsolateGlobals();
  try {
    const request = new Request("https://a.test", { method: "POST", body: '{"a":1}' });
    assertEquals(await request.clone().text(), '{"a":1}');
    assertEquals(await new Request(request).json(), { a: 1 });
    const [one, two] = new Response("abc").body?.tee() ?? [];
    assertEquals(await new Response(one).text(), "abc");
    const reader = two?.getReader();
    assertEquals((await reader?.read())?.value?.length, 3);
    reader?.releaseLock();
    await two?.cancel();
    let length = 0;
    for await (const chunk of new Response("abcd").body ?? []) length += chunk.length;
    assertEquals(length, 4);
    assert(new Response() instanceof Response && request instanceof Request);
    assertEquals([Response.name, Response.length, Response.json(1).status], ["Response", 0, 200]);
    const timer = setTimeout(() => {}, 60_000);
    clearTimeout(timer);
  } finally {
    release();
  }
});

Deno.test("in a request its own things do what they did", async () => {
  const isolate = createIsolate({
    handler: async (request) => {
      const form = await new Request("https://a.test", {
        method: "POST",
        body: new URLSearchParams({ a: "b" }),
      }).formData();
      const [one, two] = request.clone().body?.tee() ?? [];
      const through = new Response("up").body?.pipeThrough(new TransformStream());
      const written: string[] = [];
      await new Response("piped").body?.pipeThrough(new TextDecoderStream()).pipeTo(
        new WritableStream({ write: (text: string) => void written.push(text) }),
      );
      const reader = two?.getReader({ mode: "byob" });
      const read = await reader?.read(new Uint8Array(2));
      reader?.releaseLock();
      await new Response("not wanted").body?.cancel();
      await new Response("not wanted").body?.getReader().cancel();
      let length = 0;
      for await (const chunk of one ?? []) length += chunk.length;
      const blob = await new Response("blob").blob();
      let thrown = "";
      await new Response("{").json().catch(({ name }) => thrown = name);
      return Response.json({
        form: [...form],
        through: await new Response(through).text(),
        written,
        read: read?.value?.length,
        length,
        json: await request.json(),
        blob: blob.size,
        thrown,
        bytes: (await new Response(new Uint8Array(3)).bytes()).length,
        of: new Request(request.url, { method: "PUT", body: "x" }) instanceof Request,
      });
    },
    log: (...line) => console.log(...line),
  });
  // A stream of bytes, as that of a request that came on a connection.
  const body = new Blob(["[1]"]).stream();
  const response = await isolate.fetch(new Request("https://a.test", { method: "POST", body }));
  assertEquals(await response.json(), {
    form: [["a", "b"]],
    through: "up",
    written: ["piped"],
    read: 2,
    length: 3,
    json: [1],
    blob: 4,
    thrown: "SyntaxError",
    bytes: 3,
    of: true,
  });
  assertEquals([isolate.stats().foreignTouches, isolate.stats().bufferedBytes], [0, 0]);
  await isolate.close();
});
