// The object store under bad input over the wire: hostile and oversized XML, wrong clocks.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import {
  BUCKET,
  errorOf,
  TESTING_KEY as key,
  TestingStore,
} from "../servers/object_store/testing_store.ts";
import { ask, flood } from "./store_raw.ts";

const EMPTY_MD5 = createHash("md5").digest("base64");

const utf8 = (text: string) => new TextEncoder().encode(text);

/** What an XML document may try; each is of an operation's root element. */
const HOSTILE: Readonly<Record<string, (root: string) => string>> = {
  "a billion laughs": (root) => {
    const entities = Array.from(
      { length: 9 },
      (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
    );
    return `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">${entities.join("")}]>` +
      `<${root}><Object><Key>&l9;</Key></Object></${root}>`;
  },
  "an external entity": (root) =>
    `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><${root}><Key>&e;</Key></${root}>`,
  "a parameter entity": (root) =>
    `<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]><${root}></${root}>`,
  "an entity that nothing declares": (root) =>
    `<${root}><Object><Key>&lol;</Key></Object></${root}>`,
  "nesting without an end": (root) => `<${root}>${"<a>".repeat(20_000)}`,
  "tags without number": (root) => `<${root}>${"<a/>".repeat(200_001)}</${root}>`,
  "comments that do not end": (root) => `<${root}>${"<!--".repeat(15_000)}`,
  "sections that do not end": (root) => `<${root}>${"<![CDATA[".repeat(6_000)}`,
  "half a document": (root) => `<${root}><Object>`,
  "nothing but an ampersand": (root) => `<${root}>&</${root}>`,
  "another root": () => "<html></html>",
  "two roots": (root) => `<${root}></${root}><${root}></${root}>`,
  "no XML": () => "{}",
};

/** The operations that take XML: how it is asked for, its root, and how much it takes, in bytes. */
const OPERATIONS: readonly [name: string, root: string, path: string, maxBytes: number][] = [
  ["DeleteObjects", "Delete", `${BUCKET}?delete`, 2 << 20],
  ["CompleteMultipartUpload", "CompleteMultipartUpload", `${BUCKET}/k?uploadId=`, 4 << 20],
  ["CreateBucket", "CreateBucketConfiguration", "new-bucket", 64 << 10],
];

for (const [name, root, path, maxBytes] of OPERATIONS) {
  Deno.test(`hostile and oversized XML in ${name} is MalformedXML, and the store goes on`, async (t) => {
    await using store = await TestingStore.start();
    await store.put("k", "kept");
    const begun = await store.fetch(store.s3("k?uploads"), { method: "POST" });
    const id = /<UploadId>(.*?)</.exec(await begun.text())?.[1] ?? "";
    const url = `${store.url}/${path}${path.endsWith("=") ? id : ""}`;
    const send = (document: string) => {
      const body = utf8(document);
      const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
      return store.fetch(url, { method: name === "CreateBucket" ? "PUT" : "POST", body, headers });
    };
    for (const [what, documentOf] of Object.entries(HOSTILE)) {
      await t.step(what, async () => {
        const answer = await errorOf(await send(documentOf(root)));
        assertEquals(answer, "400 MalformedXML");
      });
    }
    await t.step("one byte more than it takes, though well formed", async () => {
      const document = `<${root}>${" ".repeat(maxBytes + 1 - 2 * root.length - 5)}</${root}>`;
      assertEquals(document.length, maxBytes + 1);
      assertMatch(await (await send(document)).text(), /MalformedXML.*longer than \d+ bytes/);
    });
    const raw = { method: name === "CreateBucket" ? "PUT" : "POST", key };
    const target = url.slice(store.url.length);
    const unhashed = { payloadHash: "UNSIGNED-PAYLOAD", headers: { "content-md5": EMPTY_MD5 } };
    await t.step("5 GiB are announced: refused before any of them has come", async () => {
      const got = await ask(store.port, { ...raw, target, ...unhashed, lengthBytes: 5 * 2 ** 30 });
      assertEquals([got.status, got.code], [400, "MalformedXML"]);
    });
    await t.step("content without end and length: what is too much is not read", async () => {
      const got = await flood(store.port, { ...raw, ...unhashed, target });
      assertEquals([got.status, got.code], [400, "MalformedXML"]);
      assert(got.takenBytes < maxBytes + (32 << 20), `${got.takenBytes} bytes were taken`);
    });
    assertEquals(await (await store.fetch(store.s3("k"))).text(), "kept");
    assertEquals(store.storage.buckets().map((bucket) => bucket.name), [BUCKET]);
    assertEquals(store.storage.upload(BUCKET, id)?.key, "k");
  });
}

Deno.test("a request that was signed a quarter of an hour ago or ahead is refused with both times", async () => {
  await using store = await TestingStore.start();
  for (const minutes of [-16, 16]) {
    const atMs = Date.now() + minutes * 60_000;
    const got = await ask(store.port, { method: "GET", target: `/${BUCKET}`, key, atMs });
    assertEquals([got.status, got.code], [403, "RequestTimeTooSkewed"]);
    const text = new TextDecoder().decode(got.body);
    assertMatch(text, /<RequestTime>\d{8}T\d{6}Z<.*<ServerTime>\d{4}-\d\d-\d\dT/);
  }
  for (const minutes of [-14, 14]) {
    const atMs = Date.now() + minutes * 60_000;
    assertEquals(
      (await ask(store.port, { method: "GET", target: `/${BUCKET}`, key, atMs })).status,
      200,
    );
  }
});
