// Reads of public buckets without a signature, as a page or a video element makes them.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { BUCKET, errorOf, TestingStore } from "./testing_store.ts";

Deno.test("a public bucket is read without a signature, with ranges and conditions", async () => {
  await using store = await TestingStore.start();
  const put = await store.put("a%20b/c.mp4", "0123456789", { "content-type": "video/mp4" });
  const etag = put.headers.get("etag") ?? "";
  const url = store.url + store.publicPath("a%20b/c.mp4");
  const read = async (headers: Record<string, string>, method = "GET") => {
    const response = await fetch(url, { method, headers });
    return [response.status, await response.text(), response.headers.get("content-type")];
  };
  assertEquals(await read({}), [200, "0123456789", "video/mp4"]);
  assertEquals(await read({}, "HEAD"), [200, "", "video/mp4"]);
  assertEquals(await read({ range: "bytes=3-" }), [206, "3456789", "video/mp4"]);
  assertEquals(await read({ range: "bytes=3-", "if-range": '"x"' }), [
    200,
    "0123456789",
    "video/mp4",
  ]);
  assertEquals(await read({ "if-none-match": etag }), [304, "", null]);
});

Deno.test("what is not there, or not public, is a 404", async () => {
  await using store = await TestingStore.start({ publicBuckets: ["other"] });
  await store.storage.createBucket({ name: "other", createdMs: 0 });
  await store.put("a", "hello");
  const get = async (path: string) => await errorOf(await fetch(`${store.url}${path}`));
  assertEquals(await get(store.publicPath("a")), "404 NoSuchBucket");
  assertEquals(await get("/_edge-repro/public/other/none"), "404 NoSuchKey");
  assertEquals(await get("/_edge-repro/public/other/"), "404 NoSuchKey");
  assertEquals(await get("/_edge-repro/public/other"), "404 NoSuchKey");
});

Deno.test("a page of any origin may read, seek, and see an error", async () => {
  await using store = await TestingStore.start();
  await store.put("a", "hello");
  const url = store.url + store.publicPath("a");
  const preflight = await fetch(url, {
    method: "OPTIONS",
    headers: {
      origin: "http://page.test",
      "access-control-request-method": "GET",
      "access-control-request-headers": "range",
    },
  });
  assertEquals([preflight.status, await preflight.text()], [204, ""]);
  assertStringIncludes(preflight.headers.get("access-control-allow-methods") ?? "", "GET");
  assertStringIncludes(preflight.headers.get("access-control-allow-headers") ?? "", "Range");
  for (const path of ["a", "none"]) {
    const response = await fetch(store.url + store.publicPath(path));
    await response.text();
    assertEquals(response.headers.get("access-control-allow-origin"), "*", path);
  }
  const signed = await store.fetch(store.s3("a"));
  await signed.text();
  assertEquals(signed.headers.get("access-control-allow-origin"), null);
});

Deno.test("what a signed request may ask for by its query is not heeded", async () => {
  await using store = await TestingStore.start();
  await store.put("a", "hello", { "content-type": "text/plain" });
  const query = "?response-content-type=text%2Fhtml&partNumber=9";
  const response = await fetch(store.url + store.publicPath("a") + query);
  assertEquals([response.status, await response.text()], [200, "hello"]);
  assertEquals(response.headers.get("content-type"), "text/plain");
});

Deno.test("a path of ours is a key where the host names a bucket", async () => {
  await using store = await TestingStore.start({ hostnames: ["s3.test"] });
  const request = (host: string) =>
    new Request("http://localhost/_edge-repro/stats", { headers: { host } });
  const own = await store.store.fetch(request("s3.test"));
  assertEquals((await own.json()).schema, "edge-repro/stats@1");
  const key = await store.store.fetch(request(`${BUCKET}.s3.test`));
  assertEquals(await errorOf(key), "403 AccessDenied");
});
