// Tests of DeleteObject and DeleteObjects.

import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { childrenNamed, childText, writeXml } from "../../s3/xml.ts";
import { createTestStore, type TestStore } from "./testing_handlers.ts";

async function storeWith(keys: readonly string[]): Promise<TestStore> {
  const store = await createTestStore();
  for (const key of keys) {
    await store.ask("PUT", `/videos/${encodeURIComponent(key)}`, { body: key });
  }
  return store;
}

function keysIn({ context }: TestStore): string[] {
  return [...context.storage.objects("videos")].map(([key]) => key);
}

/** A request of DeleteObjects, as clients send it. */
function deletion(objects: readonly Record<string, string>[], quiet = false) {
  const body = writeXml("Delete", { Object: objects, Quiet: quiet });
  return { body, headers: { "content-md5": createHash("md5").update(body).digest("base64") } };
}

Deno.test("deletes: an object goes, and one that is not there is no error", async () => {
  const store = await storeWith(["a", "b"]);
  for (const key of ["a", "a", "missing"]) {
    const response = await store.ask("DELETE", `/videos/${key}`);
    assertEquals([response.status, await response.text()], [204, ""]);
  }
  assertEquals(keysIn(store), ["b"]);
  assertEquals((await store.refusal("DELETE", "/missing/a")).code, "NoSuchBucket");
});

Deno.test("deletes: If-Match keeps an object that is another one by now", async () => {
  const store = await storeWith(["a"]);
  const error = await store.refusal("DELETE", "/videos/a", { headers: { "if-match": '"0"' } });
  assertEquals([error.code, error.status], ["PreconditionFailed", 412]);
  assertEquals(keysIn(store), ["a"]);
  const etag = createHash("md5").update("a").digest("hex");
  await store.ask("DELETE", "/videos/a", { headers: { "if-match": `"${etag}"` } });
  assertEquals(keysIn(store), []);
  await store.ask("DELETE", "/videos/a", { headers: { "if-match": `"${etag}"` } });
});

Deno.test("deletes: many at once, each reported as it was named, in order", async () => {
  const keys = ["a", "b/", " c ", "\r\n", "\0", "&<>", "d+e %20"];
  const store = await storeWith([...keys, "kept"]);
  const all = [...keys, "missing"].map((Key) => ({ Key }));
  const result = await store.document("POST", "/videos?delete", "DeleteResult", deletion(all));
  assertEquals(childrenNamed(result, "Deleted").map((one) => childText(one, "Key")), [
    ...keys,
    "missing",
  ]);
  assertEquals(childrenNamed(result, "Error"), []);
  assertEquals(keysIn(store), ["kept"]);
});

Deno.test("deletes: quiet ones report only what failed", async () => {
  const store = await storeWith(["a", "b"]);
  const objects = [
    { Key: "a" },
    { Key: "b", ETag: '"0"' },
    { Key: "" },
    { Key: "x".repeat(1_025) },
    { Key: "v", VersionId: "7" },
    { Key: "n", VersionId: "null" },
  ];
  const result = await store.document(
    "POST",
    "/videos?delete",
    "DeleteResult",
    deletion(objects, true),
  );
  assertEquals(childrenNamed(result, "Deleted"), []);
  assertEquals(childrenNamed(result, "Error").map((one) => childText(one, "Code")), [
    "PreconditionFailed",
    "UserKeyMustBeSpecified",
    "KeyTooLongError",
    "NoSuchVersion",
  ]);
  assertEquals(keysIn(store), ["b"]);
});

Deno.test("deletes: up to 1,000 keys, and no more", async () => {
  const store = await createTestStore();
  const objects = Array.from({ length: 1_001 }, (_, i) => ({ Key: `${i}` }));
  const result = await store.document(
    "POST",
    "/videos?delete",
    "DeleteResult",
    deletion(objects.slice(1)),
  );
  assertEquals(childrenNamed(result, "Deleted").length, 1_000);
  assertEquals(
    (await store.refusal("POST", "/videos?delete", deletion(objects))).code,
    "MalformedXML",
  );
});

Deno.test("deletes: the longest request that is allowed fits", async () => {
  const store = await createTestStore();
  const objects = Array.from({ length: 1_000 }, (_, i) => ({ Key: String(i).padEnd(1_024, "x") }));
  const result = await store.document(
    "POST",
    "/videos?delete",
    "DeleteResult",
    deletion(objects, true),
  );
  assertEquals(result.children, []);
});

Deno.test("deletes: what is no list of keys deletes nothing", async () => {
  const store = await storeWith(["a"]);
  const object = "<Object><Key>a</Key></Object>";
  for (
    const body of [
      "",
      "<Delete/>",
      `<Other>${object}</Other>`,
      `<Delete>${object}<Object/></Delete>`,
      `<Delete>${object}<Object><Key>a</Key><Key>b</Key></Object></Delete>`,
      `<!DOCTYPE a [<!ENTITY e "a">]><Delete>${object}</Delete>`,
      `<Delete>${object}${" ".repeat(2 << 20)}</Delete>`,
    ]
  ) {
    const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
    const error = await store.refusal("POST", "/videos?delete", { body, headers });
    assertEquals([error.code, error.status], ["MalformedXML", 400], body.slice(0, 60));
  }
  assertEquals(keysIn(store), ["a"]);
});

Deno.test("deletes: a request needs a digest of its content, and the digest must hold", async () => {
  const store = await storeWith(["a"]);
  const { body } = deletion([{ Key: "a" }]);
  const code = async (headers: Record<string, string>) =>
    (await store.refusal("POST", "/videos?delete", { body, headers })).code;
  assertEquals(await code({}), "InvalidRequest");
  assertEquals(await code({ "content-md5": createHash("md5").digest("base64") }), "BadDigest");
  assertEquals(await code({ "x-amz-checksum-crc32": "AAAAAA==" }), "BadDigest");
  assertEquals(keysIn(store), ["a"]);
  const sha256 = createHash("sha256").update(body).digest("base64");
  await store.ask("POST", "/videos?delete", { body, headers: { "x-amz-checksum-sha256": sha256 } });
  assertEquals(keysIn(store), []);
});

Deno.test("deletes: of a missing bucket there is NoSuchBucket", async () => {
  const store = await createTestStore();
  const error = await store.refusal("POST", "/missing?delete", deletion([{ Key: "a" }]));
  assertEquals(error.code, "NoSuchBucket");
});

Deno.test("deletes: an object that goes while it is being replaced does not come back", async () => {
  const store = await storeWith(["a"]);
  const { storage } = store.context;
  const put = storage.putObject.bind(storage);
  const began = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  storage.putObject = async (...given) => {
    began.resolve();
    await goOn.promise;
    await put(...given);
  };
  const etag = createHash("md5").update("a").digest("hex");
  const replaced = store.ask("PUT", "/videos/a", { body: "b", headers: { "if-match": etag } });
  await began.promise;
  const deleted = store.ask("DELETE", "/videos/a");
  goOn.resolve();
  assertEquals((await replaced).status, 200);
  assertEquals((await deleted).status, 204);
  assertEquals([keysIn(store), storage.objectCount], [[], 0]);
});
