// The store's objects over real sockets: what is put comes back, and what S3 refuses is refused its way.

import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { ManualClock, realClock } from "../../lab/clock.ts";
import { createObjectStore } from "./object_store.ts";
import { createMemoryStorage } from "./memory_storage.ts";
import { BUCKET, errorOf, TestingStore } from "./testing_store.ts";

const HELLO_MD5 = "5d41402abc4b2a76b9719d911017c592";

Deno.test("what is put comes back with its metadata, entity tag, time and type", async () => {
  const clock = new ManualClock(Date.now());
  await using store = await TestingStore.start({ clock });
  const put = await store.put("a.txt", "hello", {
    "content-type": "text/plain",
    "cache-control": "no-cache",
    "x-amz-meta-made-by": "a test",
  });
  assertEquals(put.headers.get("etag"), `"${HELLO_MD5}"`);
  for (const method of ["GET", "HEAD"]) {
    const got = await store.fetch(store.s3("a.txt"), { method });
    assertEquals(await got.text(), method === "GET" ? "hello" : "");
    assertEquals(got.status, 200);
    const modified = new Date(clock.now()).toUTCString();
    const expected = {
      "accept-ranges": "bytes",
      "cache-control": "no-cache",
      "content-length": "5",
      "content-type": "text/plain",
      etag: `"${HELLO_MD5}"`,
      "last-modified": modified,
      "x-amz-meta-made-by": "a test",
    };
    for (const [name, value] of Object.entries(expected)) {
      assertEquals(got.headers.get(name), value, `${method}: ${name}`);
    }
    assert(got.headers.get("x-amz-request-id"));
  }
});

Deno.test("a range, a suffix and one that cannot be had", async () => {
  await using store = await TestingStore.start();
  await store.put("a", "0123456789");
  const ranged = async (range: string, method = "GET") => {
    const response = await store.fetch(store.s3("a"), { method, headers: { range } });
    const text = await response.text();
    return [response.status, text, response.headers.get("content-range")];
  };
  assertEquals(await ranged("bytes=2-4"), [206, "234", "bytes 2-4/10"]);
  assertEquals(await ranged("bytes=-3"), [206, "789", "bytes 7-9/10"]);
  assertEquals(await ranged("bytes=2-4", "HEAD"), [206, "", "bytes 2-4/10"]);
  const [status, text, contentRange] = await ranged("bytes=10-");
  assertEquals([status, contentRange], [416, "bytes */10"]);
  assertStringIncludes(String(text), "<Code>InvalidRange</Code>");
});

Deno.test("a condition that does not hold is a 412, one that finds nothing new a 304", async () => {
  await using store = await TestingStore.start();
  await store.put("a", "hello", { "cache-control": "max-age=5" });
  const get = (headers: Record<string, string>) => store.fetch(store.s3("a"), { headers });
  assertEquals(await errorOf(await get({ "if-match": '"x"' })), "412 PreconditionFailed");
  const same = await get({ "if-none-match": `"${HELLO_MD5}"` });
  assertEquals([same.status, await same.text()], [304, ""]);
  assertEquals(same.headers.get("etag"), `"${HELLO_MD5}"`);
  assertEquals(same.headers.get("cache-control"), "max-age=5");
});

Deno.test("a checksum that was stored is told to whoever asks for it, but not beside a range", async () => {
  await using store = await TestingStore.start();
  await store.put("a", "hello", { "x-amz-checksum-crc32": "NhCmhg==" });
  const told = async (headers: Record<string, string>) => {
    const response = await store.fetch(store.s3("a"), { headers });
    await response.text();
    return response.headers.get("x-amz-checksum-crc32");
  };
  assertEquals(await told({ "x-amz-checksum-mode": "ENABLED" }), "NhCmhg==");
  assertEquals(await told({}), null);
  assertEquals(await told({ "x-amz-checksum-mode": "ENABLED", range: "bytes=0-1" }), null);
});

Deno.test("a signed read can have header fields answered otherwise, if they can be such", async () => {
  await using store = await TestingStore.start();
  await store.put("a", "hello");
  const url = `${store.s3("a")}?response-content-type=text%2Fcss&response-expires=never`;
  const got = await store.fetch(url);
  await got.text();
  assertEquals(got.headers.get("content-type"), "text/css");
  assertEquals(got.headers.get("expires"), "never");
  const split = await store.fetch(`${store.s3("a")}?response-content-type=a%0d%0ab:c`);
  assertEquals(await errorOf(split), "400 InvalidArgument");
});

Deno.test("a write heeds If-None-Match: * and If-Match", async () => {
  await using store = await TestingStore.start();
  const put = async (headers: Record<string, string>) => {
    const response = await store.fetch(store.s3("a"), { method: "PUT", body: "hello", headers });
    return response.ok ? (await response.text(), "ok") : await errorOf(response);
  };
  assertEquals(await put({ "if-match": `"${HELLO_MD5}"` }), "404 NoSuchKey");
  assertEquals(await put({ "if-none-match": "*" }), "ok");
  assertEquals(await put({ "if-none-match": "*" }), "412 PreconditionFailed");
  assertEquals(await put({ "if-match": '"x"' }), "412 PreconditionFailed");
  assertEquals(await put({ "if-match": `"${HELLO_MD5}"` }), "ok");
  assertEquals(await put({ "if-none-match": '"x"' }), "501 NotImplemented");
});

Deno.test("of two uploads with If-None-Match: * at once exactly one succeeds", async () => {
  const storage = createMemoryStorage();
  const [receive, putObject] = [storage.receive.bind(storage), storage.putObject.bind(storage)];
  const bothHere = Promise.withResolvers<void>();
  let here = 0;
  storage.receive = async () => {
    const incoming = await receive();
    const finish = incoming.finish.bind(incoming);
    incoming.finish = async () => {
      if (++here === 2) bothHere.resolve();
      return await finish();
    };
    return incoming;
  };
  // The first to be stored is held until the other has passed every check that it does not wait for.
  storage.putObject = async (bucket, key, object) => {
    await bothHere.promise;
    await new Promise((resolve) => setTimeout(resolve, 0));
    await putObject(bucket, key, object);
  };
  await using store = await TestingStore.start({ storage });
  const statuses = await Promise.all(["one", "two"].map(async (body) => {
    const headers = { "if-none-match": "*" };
    const response = await store.fetch(store.s3("a"), { method: "PUT", body, headers });
    await response.text();
    return response.status;
  }));
  assertEquals(statuses.sort(), [200, 412]);
});

Deno.test("a copy has the same bytes, and the metadata that its directive says", async () => {
  await using store = await TestingStore.start();
  await store.put("a%20b%2Bc", "hello", { "content-type": "text/plain", "x-amz-meta-n": "1" });
  const copy = async (key: string, headers: Record<string, string>) => {
    const response = await store.fetch(store.s3(key), {
      method: "PUT",
      headers: { "x-amz-copy-source": `/${BUCKET}/a%20b%2Bc`, ...headers },
    });
    if (!response.ok) return await errorOf(response);
    assertStringIncludes(await response.text(), `<ETag>&quot;${HELLO_MD5}&quot;</ETag>`);
    const got = await store.fetch(store.s3(key));
    return [await got.text(), got.headers.get("content-type"), got.headers.get("x-amz-meta-n")];
  };
  const before = store.storage.storedBytes;
  assertEquals(await copy("same", {}), ["hello", "text/plain", "1"]);
  const replaced = {
    "x-amz-metadata-directive": "REPLACE",
    "content-type": "a/b",
    "x-amz-meta-n": "2",
  };
  assertEquals(await copy("other", replaced), ["hello", "a/b", "2"]);
  assertEquals(store.storage.storedBytes, before);
  assertEquals(await copy("a%20b%2Bc", {}), "400 InvalidRequest");
  assertEquals(await copy("a%20b%2Bc", replaced), ["hello", "a/b", "2"]);
  const refused: readonly [headers: Record<string, string>, error: string][] = [
    [{ "x-amz-copy-source-if-match": '"x"' }, "412 PreconditionFailed"],
    [{ "x-amz-copy-source-if-none-match": `"${HELLO_MD5}"` }, "412 PreconditionFailed"],
    [{ "x-amz-copy-source": `${BUCKET}/none` }, "404 NoSuchKey"],
    [{ "x-amz-copy-source": "none/a" }, "404 NoSuchBucket"],
    [{ "x-amz-copy-source": "nothing" }, "400 InvalidArgument"],
    [{ "x-amz-copy-source": `${BUCKET}/%ff` }, "400 InvalidArgument"],
    [{ "x-amz-metadata-directive": "MERGE" }, "400 InvalidArgument"],
    [{ "if-none-match": "*" }, "412 PreconditionFailed"],
  ];
  for (const [headers, error] of refused) assertEquals(await copy("same", headers), error);
});

Deno.test("a copy is whole also when its source goes while it is made", async () => {
  await using store = await TestingStore.start();
  await store.put("source", "hello");
  const { storage } = store;
  const putObject = storage.putObject.bind(storage);
  storage.putObject = async (bucket, key, object) => {
    await storage.deleteObject(BUCKET, "source");
    await putObject(bucket, key, object);
  };
  const headers = { "x-amz-copy-source": `${BUCKET}/source` };
  const copied = await store.fetch(store.s3("copy"), { method: "PUT", headers });
  assertEquals(copied.status, 200, await copied.text());
  assertEquals(await (await store.fetch(store.s3("copy"))).text(), "hello");
});

Deno.test("a key that is too long, and a bucket and an object that are not there", async () => {
  await using store = await TestingStore.start();
  const get = async (url: string) => await errorOf(await store.fetch(url));
  assertEquals(await get(store.s3("k".repeat(1_025))), "400 KeyTooLongError");
  assertEquals(await get(store.s3("none")), "404 NoSuchKey");
  assertEquals(await get(`${store.url}/nowhere/none`), "404 NoSuchBucket");
});

Deno.test("an object of no bytes, and one put without a type", async () => {
  await using store = await TestingStore.start();
  await store.put("empty", new Uint8Array(0));
  const got = await store.fetch(store.s3("empty"));
  assertEquals([got.status, await got.text()], [200, ""]);
  assertEquals(got.headers.get("content-length"), "0");
  assertEquals(got.headers.get("content-type"), "binary/octet-stream");
  assertEquals(store.storage.storedBytes, 0);
});

Deno.test("what asks for more than is done, or has too much metadata, is refused", async () => {
  await using store = await TestingStore.start();
  const put = async (headers: Record<string, string>) =>
    await errorOf(await store.fetch(store.s3("a"), { method: "PUT", body: "x", headers }));
  assertEquals(await put({ "x-amz-server-side-encryption": "AES256" }), "501 NotImplemented");
  assertEquals(await put({ "x-amz-meta-a": "x".repeat(2_048) }), "400 MetadataTooLarge");
  assertEquals(store.storage.object(BUCKET, "a"), undefined);
});

Deno.test("a request without a signature is refused, and the answer has no stack", async () => {
  await using store = await TestingStore.start();
  assertEquals(await errorOf(await fetch(store.s3("a"))), "403 AccessDenied");
  assertEquals(await errorOf(await fetch(`${store.url}/_edge-repro/other`)), "404 NoSuchKey");
});

Deno.test("an exception in the store is InternalError without its reason, which onError is told", async () => {
  const storage = createMemoryStorage();
  const broken: unknown[] = [];
  await using store = await TestingStore.start({
    storage,
    onError: (error) => broken.push(error),
  });
  storage.object = () => {
    throw new Error("secret reason");
  };
  const response = await store.fetch(store.s3("a"));
  const text = await response.text();
  assertEquals(response.status, 500);
  assertStringIncludes(text, "<Code>InternalError</Code>");
  assert(!text.includes("secret reason") && !text.includes("at "), text);
  assertEquals(broken.length, 1);
});

Deno.test("each answer has an id of its own", async () => {
  await using store = await TestingStore.start();
  const ids = await Promise.all([1, 2].map(async () => {
    const response = await fetch(`${store.url}/_edge-repro/stats`);
    await response.text();
    return response.headers.get("x-amz-request-id");
  }));
  assertNotEquals(ids[0], ids[1]);
});

Deno.test("a store without a region cannot be made, and one asked for another says which it has", async () => {
  const options = { credentials: [], variant: "fix" as const, clock: realClock };
  const storage = createMemoryStorage();
  const made = createObjectStore({ ...options, storage, regions: ["wnam", "weur"] });
  try {
    let message = "";
    try {
      made.region("apac");
    } catch (error) {
      message = error instanceof RangeError ? error.message : "";
    }
    assertStringIncludes(message, "received 'apac', expected one of wnam, weur");
    assertEquals(made.entrances?.map(({ name }) => name), ["weur"]);
  } finally {
    await made.close();
  }
});
