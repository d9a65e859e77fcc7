// Uploads that go wrong, over real sockets: what is cut, too large or of unknown length leaves nothing.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { Http1Connection, type Http1Request } from "../../probes/http1.ts";
import { S3Error } from "../s3/error.ts";
import { createMemoryStorage } from "./memory_storage.ts";
import { openFolderStorage } from "./folder_storage.ts";
import type { Storage } from "./storage.ts";
import { BUCKET, errorOf, TestingStore, until } from "./testing_store.ts";

const MIB = 1 << 20;

/** A signed PUT of `key`, sent as it is written. */
async function puts(
  store: TestingStore,
  key: string,
  request: Partial<Http1Request>,
  headers: Record<string, string> = {},
) {
  const connection = await Http1Connection.connect({ url: new URL(store.url), clock: realClock });
  const signed = await store.signed("PUT", key, headers);
  const exchange = connection.send({
    method: "PUT",
    path: `/${BUCKET}/${key}`,
    ...request,
    headers: [...signed, ...request.headers ?? []],
  });
  return { connection, exchange, [Symbol.dispose]: () => connection[Symbol.dispose]() };
}

async function answerOf({ exchange }: Awaited<ReturnType<typeof puts>>): Promise<string> {
  const { status } = await exchange.headers;
  return await errorOf(new Response((await exchange.body).bytes, { status }));
}

const storages: Readonly<Record<string, (folder: string) => Storage | Promise<Storage>>> = {
  memory: () => createMemoryStorage(),
  folder: (folder) => openFolderStorage(folder, { fsync: false }),
};

for (const [name, open] of Object.entries(storages)) {
  for (const how of ["close", "reset"] as const) {
    Deno.test(`a PUT that ends in the middle with a ${how} leaves nothing, and what was there (${name})`, async () => {
      const folder = await Deno.makeTempDir();
      try {
        await using store = await TestingStore.start({ storage: await open(folder) });
        await store.put("a", "old");
        const body = new Uint8Array(4 * MIB);
        using put = await puts(store, "a", { body, declaredLength: 8 * MIB });
        await until(() => store.storage.storedBytes > MIB);
        put.connection[how]();
        await until(() => store.storage.storedBytes === 3 && store.store.stats().open === 0);
        assertEquals(await (await store.fetch(store.s3("a"))).text(), "old");
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
}

Deno.test("a PUT without a length is refused, and one that says too large a one before it is sent", async () => {
  await using store = await TestingStore.start();
  using chunked = await puts(store, "a", { headers: [["Transfer-Encoding", "chunked"]] });
  assertEquals(await answerOf(chunked), "501 NotImplemented");
  using large = await puts(store, "a", { declaredLength: 5 * 2 ** 30 + 1 });
  assertEquals(await answerOf(large), "400 EntityTooLarge");
  assertEquals(store.storage.object(BUCKET, "a"), undefined);
});

Deno.test("a PUT whose content is not what it says is refused, and leaves nothing", async () => {
  await using store = await TestingStore.start();
  const put = async (headers: Record<string, string>) =>
    await errorOf(await store.fetch(store.s3("a"), { method: "PUT", body: "hello", headers }));
  assertEquals(await put({ "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" }), "400 BadDigest");
  assertEquals(await put({ "x-amz-checksum-crc32": "AAAAAA==" }), "400 BadDigest");
  const sha256 = "0".repeat(64);
  assertEquals(await put({ "x-amz-content-sha256": sha256 }), "400 XAmzContentSHA256Mismatch");
  assertEquals([store.storage.object(BUCKET, "a"), store.storage.storedBytes], [undefined, 0]);
});

Deno.test("a PUT for which there is no room leaves nothing, and what was there", async () => {
  await using store = await TestingStore.start({
    storage: createMemoryStorage({ maxBytes: 2 * MIB }),
  });
  await store.put("a", new Uint8Array(MIB));
  const response = await store.fetch(store.s3("a"), {
    method: "PUT",
    body: new Uint8Array(2 * MIB),
  });
  assertEquals(await errorOf(response), "507 InsufficientStorage");
  assertEquals(store.storage.object(BUCKET, "a")?.sizeBytes, MIB);
  assertEquals(store.storage.storedBytes, MIB);
});

Deno.test("a PUT that cannot be stored leaves no bytes behind", async () => {
  const storage = createMemoryStorage();
  await using store = await TestingStore.start({ storage, onError: () => {} });
  storage.putObject = () => Promise.reject(new S3Error("SlowDown", 503, "Please wait."));
  const response = await store.fetch(store.s3("a"), { method: "PUT", body: "hello" });
  assertEquals(await errorOf(response), "503 SlowDown");
  assertEquals(storage.storedBytes, 0);
});

Deno.test("a PUT to a bucket that is not there is refused", async () => {
  await using store = await TestingStore.start();
  const url = `${store.url}/nowhere/a`;
  const response = await store.fetch(url, { method: "PUT", body: "hello" });
  assertEquals(await errorOf(response), "404 NoSuchBucket");
});

Deno.test("32 uploads at once are stored as they were sent", async () => {
  await using store = await TestingStore.start();
  await Promise.all(
    Array.from({ length: 32 }, (_, n) => store.put(`k${n}`, new Uint8Array(MIB + n).fill(n))),
  );
  for (let n = 0; n < 32; n++) {
    const bytes = await (await store.fetch(store.s3(`k${n}`))).bytes();
    assertEquals(bytes.byteLength, MIB + n);
    assert(bytes.every((byte) => byte === n));
  }
});

Deno.test("an upload to the public URL is refused", async () => {
  await using store = await TestingStore.start();
  const response = await fetch(store.url + store.publicPath("a"), { method: "PUT", body: "x" });
  assertStringIncludes(response.headers.get("allow") ?? "", "GET");
  assertEquals(await errorOf(response), "405 MethodNotAllowed");
});
