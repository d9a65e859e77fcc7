// Tests of uploads in parts: parts, copies of parts, completing and giving up.

import { assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { S3Error } from "../../s3/error.ts";
import { childText } from "../../s3/xml.ts";
import { complete, listed, md5, MIB, part, start } from "./testing_multipart.ts";
import { createTestStore } from "./testing_handlers.ts";

Deno.test("multipart: parts become one object, with the entity tag of entity tags", async () => {
  const store = await createTestStore();
  const id = await start(store, "a b", { "content-type": "video/mp4", "x-amz-meta-x": "1" });
  const first = new Uint8Array(5 * MIB).fill(1);
  const last = new Uint8Array([2, 3]);
  // Numbers need not begin at 1 nor follow each other, nor parts come in order.
  const tags = [await part(store, "a b", id, 9, last), await part(store, "a b", id, 2, first)];
  assertEquals(tags, [md5(last), md5(first)]);
  await store.clock.advance(5_000);
  const result = await complete(store, "a b", id, [[2, md5(first)], [9, md5(last)]]);
  const etag = md5(Uint8Array.fromHex(md5(first) + md5(last))) + "-2";
  assertEquals(["Location", "Bucket", "Key", "ETag"].map((name) => childText(result, name)), [
    "http://127.0.0.1/videos/a%20b",
    "videos",
    "a b",
    `"${etag}"`,
  ]);
  const read = await store.ask("GET", "/videos/a%20b");
  assertEquals(md5(await read.bytes()), md5(new Uint8Array([...first, ...last])));
  const fields = ["etag", "content-type", "x-amz-meta-x"].map((name) => read.headers.get(name));
  assertEquals(fields, [`"${etag}"`, "video/mp4", "1"]);
  assertEquals(store.context.storage.object("videos", "a b")?.partSizes, [5 * MIB, 2]);
  assertEquals((await store.refusal("GET", `/videos/a%20b?uploadId=${id}`)).code, "NoSuchUpload");
  assertEquals(store.context.storage.storedBytes, 5 * MIB + 2);
});

Deno.test("multipart: a part takes the place of the one of its number, and what is not listed goes", async () => {
  const store = await createTestStore();
  const id = await start(store, "a");
  await part(store, "a", id, 1, "old");
  await part(store, "a", id, 1, "new");
  await part(store, "a", id, 2, "unlisted");
  await complete(store, "a", id, [[1, md5("new")]]);
  assertEquals(await (await store.ask("GET", "/videos/a")).text(), "new");
  assertEquals(store.context.storage.storedBytes, 3);
});

Deno.test("multipart: until it is complete there is no object, and an older one stays", async () => {
  const store = await createTestStore();
  const id = await start(store, "a");
  await part(store, "a", id, 1, "new");
  assertEquals((await store.refusal("GET", "/videos/a")).code, "NoSuchKey");
  await store.ask("PUT", "/videos/a", { body: "old" });
  assertEquals((await store.ask("DELETE", `/videos/a?uploadId=${id}`)).status, 204);
  assertEquals(await (await store.ask("GET", "/videos/a")).text(), "old");
  assertEquals(store.context.storage.storedBytes, 3);
  assertEquals((await store.refusal("DELETE", `/videos/a?uploadId=${id}`)).code, "NoSuchUpload");
});

Deno.test("multipart: a list that cannot be completed changes nothing", async () => {
  const store = await createTestStore();
  const id = await start(store, "a");
  const small = await part(store, "a", id, 1, "small");
  const other = await part(store, "a", id, 2, "other");
  const refused: [code: string, body: string][] = [
    ["EntityTooSmall", listed([[1, small], [2, other]])],
    ["InvalidPartOrder", listed([[2, other], [1, small]])],
    ["InvalidPartOrder", listed([[1, small], [1, small]])],
    ["InvalidPart", listed([[3, small]])],
    ["InvalidPart", listed([[1, other]])],
    ["MalformedXML", listed([])],
    ["MalformedXML", listed([[0, small]])],
    ["MalformedXML", listed([[10_001, small]])],
    [
      "MalformedXML",
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
    ],
    ["MalformedXML", ""],
  ];
  for (const [code, body] of refused) {
    const error = await store.refusal("POST", `/videos/a?uploadId=${id}`, { body });
    assertEquals([error.code, error.status], [code, 400], body);
  }
  const short = await store.refusal("POST", `/videos/a?uploadId=${id}`, {
    body: listed([[1, small], [2, other]]),
  });
  assertEquals([short.details["PartNumber"], short.details["ProposedSize"]], ["1", "5"]);
  await complete(store, "a", id, [[2, other]]);
});

Deno.test("multipart: 10,000 parts are taken, number 10,001 and 0 are not", async () => {
  const store = await createTestStore();
  const id = await start(store, "a");
  for (const number of ["0", "10001", "-1", "1.5", "x", ""]) {
    const target = `/videos/a?partNumber=${number}&uploadId=${id}`;
    assertEquals(
      (await store.refusal("PUT", target, { body: "x" })).code,
      "InvalidArgument",
      number,
    );
  }
  await part(store, "a", id, 10_000, "x");
  await complete(store, "a", id, [[10_000, md5("x")]]);
});

Deno.test("multipart: a part of more than 5 GiB is refused before it is read, one without a length too", async () => {
  const store = await createTestStore();
  const target = `/videos/a?partNumber=1&uploadId=${await start(store, "a")}`;
  const headers = { "content-length": String(5 * 2 ** 30 + 1) };
  assertEquals((await store.refusal("PUT", target, { headers })).code, "EntityTooLarge");
  assertEquals((await store.refusal("PUT", target)).code, "MissingContentLength");
});

Deno.test("multipart: an id is good for its own key and bucket only", async () => {
  const store = await createTestStore();
  const id = await start(store, "a");
  for (const target of ["/videos/b", "/videos/a/", "/videos/A"]) {
    for (
      const [method, query] of [["PUT", "&partNumber=1"], ["GET", ""], ["DELETE", ""], [
        "POST",
        "",
      ]] as const
    ) {
      const error = await store.refusal(method, `${target}?uploadId=${id}${query}`, {
        body: listed([[1, "x"]]),
      });
      assertEquals([error.code, error.status], ["NoSuchUpload", 404], `${method} ${target}`);
    }
  }
  assertEquals((await store.refusal("POST", "/missing/a?uploads")).code, "NoSuchBucket");
});

Deno.test("multipart: a part whose content does not hold is not kept", async () => {
  const store = await createTestStore();
  const id = await start(store, "a");
  const target = `/videos/a?partNumber=1&uploadId=${id}`;
  const wrong = { "content-md5": createHash("md5").digest("base64") };
  assertEquals(
    (await store.refusal("PUT", target, { body: "x", headers: wrong })).code,
    "BadDigest",
  );
  assertEquals(store.context.storage.storedBytes, 0);
  assertEquals(store.context.storage.parts("videos", id), []);
});

Deno.test("multipart: a part of an upload that is given up meanwhile is not kept", async () => {
  const store = await createTestStore();
  const id = await start(store, "a");
  const { storage } = store.context;
  const receive = storage.receive.bind(storage);
  storage.receive = async () => {
    await storage.endUpload("videos", id);
    return await receive();
  };
  assertEquals(
    (await store.refusal("PUT", `/videos/a?partNumber=1&uploadId=${id}`, { body: "x" })).code,
    "NoSuchUpload",
  );
  assertEquals(storage.storedBytes, 0);
});

Deno.test("multipart: If-None-Match and If-Match hold when it is completed", async () => {
  const store = await createTestStore();
  const id = await start(store, "a");
  const etag = await part(store, "a", id, 1, "new");
  await store.ask("PUT", "/videos/a", { body: "old" });
  const target = `/videos/a?uploadId=${id}`;
  const body = listed([[1, etag]]);
  for (const headers of [{ "if-none-match": "*" }, { "if-match": '"0"' }]) {
    assertEquals(
      (await store.refusal("POST", target, { body, headers })).code,
      "PreconditionFailed",
    );
  }
  await store.ask("POST", target, { body, headers: { "if-match": `"${md5("old")}"` } });
});

Deno.test("multipart: the size that the client says must be the object's", async () => {
  const store = await createTestStore();
  const id = await start(store, "a");
  const body = listed([[1, await part(store, "a", id, 1, "four")]]);
  const complete = (size: string) => ({ body, headers: { "x-amz-mp-object-size": size } });
  const target = `/videos/a?uploadId=${id}`;
  assertEquals((await store.refusal("POST", target, complete("5"))).code, "InvalidArgument");
  await store.ask("POST", target, complete("4"));
});

Deno.test("multipart: a part is copied from an object, or from a range of it", async () => {
  const store = await createTestStore();
  await store.ask("PUT", "/videos/source", { body: "0123456789" });
  const id = await start(store, "a");
  const copy = (number: number, headers: Record<string, string> = {}) =>
    store.document("PUT", `/videos/a?partNumber=${number}&uploadId=${id}`, "CopyPartResult", {
      headers: { "x-amz-copy-source": "/videos/source", ...headers },
    });
  assertEquals(childText(await copy(1), "ETag"), `"${md5("0123456789")}"`);
  const ranged = await copy(2, { "x-amz-copy-source-range": "bytes=2-4" });
  assertEquals(childText(ranged, "ETag"), `"${md5("234")}"`);
  await store.ask("DELETE", "/videos/source");
  await complete(store, "a", id, [[2, md5("234")]]);
  assertEquals(await (await store.ask("GET", "/videos/a")).text(), "234");
});

Deno.test("multipart: a copy of what is not there, or not as said, is refused", async () => {
  const store = await createTestStore();
  await store.ask("PUT", "/videos/source", { body: "0123456789" });
  const target = `/videos/a?partNumber=1&uploadId=${await start(store, "a")}`;
  const range = (value: string) => ({ "x-amz-copy-source-range": value });
  const refused: [code: string, headers: Record<string, string>][] = [
    ["InvalidArgument", range("bytes=0-10")],
    ["InvalidArgument", range("bytes=5-4")],
    ["InvalidArgument", range("bytes=5-")],
    ["InvalidArgument", range("bytes=-5")],
    ["InvalidArgument", range("0-5")],
    ["NoSuchKey", { "x-amz-copy-source": "/videos/missing" }],
    ["NoSuchBucket", { "x-amz-copy-source": "/missing/source" }],
    ["PreconditionFailed", { "x-amz-copy-source-if-match": '"0"' }],
    ["PreconditionFailed", { "x-amz-copy-source-if-none-match": `"${md5("0123456789")}"` }],
  ];
  for (const [code, headers] of refused) {
    const error = await store.refusal("PUT", target, {
      headers: { "x-amz-copy-source": "/videos/source", ...headers },
    });
    assertEquals(error.code, code, JSON.stringify(headers));
  }
  assertEquals(store.context.storage.storedBytes, 10);
});

Deno.test("multipart: a completion that is asked for again has the same answer and changes nothing", async () => {
  const store = await createTestStore();
  const id = await start(store, "a");
  const etag = await part(store, "a", id, 1, "x");
  const both = [1, 2].map(() => complete(store, "a", id, [[1, etag]]));
  const [first, second] = await Promise.all(both);
  assertEquals(second, first);
  await store.ask("PUT", "/videos/a", { body: "newer" });
  assertEquals(await complete(store, "a", id, [[1, etag]]), first);
  assertEquals(await (await store.ask("GET", "/videos/a")).text(), "newer");
  await assertRejects(
    () => complete(store, "a", id, [[1, md5("y")]]),
    S3Error,
    "no unfinished upload",
  );
  await assertRejects(() => complete(store, "b", id, [[1, etag]]), S3Error, "no unfinished upload");
});
