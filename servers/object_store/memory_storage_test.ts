import { assert, assertEquals } from "@std/assert";
import { createMemoryStorage } from "./memory_storage.ts";
import { assertS3, content, md5, objectOf, put, store, testBytes } from "./testing_storage.ts";
import { STORAGE_CONTRACT } from "./testing_storage_contract.ts";

const KIB = 1024;

for (const [behaviour, check] of Object.entries(STORAGE_CONTRACT)) {
  Deno.test(`memory storage: ${behaviour}`, async () => {
    await using storage = createMemoryStorage();
    await storage.createBucket({ name: "b", createdMs: 1 });
    await check(storage);
  });
}

Deno.test("memory storage: refuses what is over the limit, keeps nothing of it, and goes on", async () => {
  await using storage = createMemoryStorage({ maxBytes: 100 * KIB });
  await storage.createBucket({ name: "b", createdMs: 1 });
  await put(storage, "b", "k", testBytes(60 * KIB));
  const incoming = await storage.receive();
  await incoming.write(testBytes(40 * KIB));
  await assertS3(incoming.write(testBytes(1)), "InsufficientStorage", 507);
  await assertS3(incoming.write(testBytes(1)), "InsufficientStorage", 507);
  await assertS3(incoming.finish(), "InsufficientStorage", 507);
  assertEquals(storage.storedBytes, 60 * KIB);
  await incoming.discard();
  await put(storage, "b", "k2", testBytes(40 * KIB));
  assertEquals(md5(await content(storage, "b", "k2")), md5(testBytes(40 * KIB)));
});

Deno.test("memory storage: what a read still needs of a deleted object counts against the limit", async () => {
  await using storage = createMemoryStorage({ maxBytes: 100 * KIB });
  await storage.createBucket({ name: "b", createdMs: 1 });
  const { segments } = await put(storage, "b", "k", testBytes(60 * KIB));
  const read = storage.read(segments, 0, 1)[Symbol.asyncIterator]();
  await storage.deleteObject("b", "k");
  const incoming = await storage.receive();
  await assertS3(incoming.write(testBytes(60 * KIB)), "InsufficientStorage", 507);
  await read.return?.();
  await put(storage, "b", "k", testBytes(60 * KIB));
});

Deno.test("memory storage: keeps large arrays as they are, and gives them out uncopied", async () => {
  await using storage = createMemoryStorage();
  const incoming = await storage.receive();
  const array = testBytes(200 * KIB);
  await incoming.write(array);
  const segment = await incoming.finish();
  const [chunk] = await Array.fromAsync(storage.read([segment], 0, array.length));
  assert(chunk?.buffer === array.buffer);
});

Deno.test("memory storage: tiny writes cost about what they weigh", async () => {
  await using storage = createMemoryStorage();
  const segment = await store(storage, testBytes(300 * KIB), 1);
  const chunks = await Array.fromAsync(storage.read([segment], 0, segment.sizeBytes));
  assertEquals(chunks.length, 5);
  const held = chunks.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  assertEquals(held, 300 * KIB);
});

Deno.test("memory storage: a small view does not keep the large array that it is part of", async () => {
  await using storage = createMemoryStorage();
  const incoming = await storage.receive();
  await incoming.write(testBytes(1000 * KIB).subarray(0, 100 * KIB));
  const segment = await incoming.finish();
  const chunks = await Array.fromAsync(storage.read([segment], 0, segment.sizeBytes));
  const held = chunks.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  assertEquals(held, 100 * KIB);
});

Deno.test("memory storage: lists 100,000 keys page by page without going through all", async () => {
  await using storage = createMemoryStorage();
  await storage.createBucket({ name: "b", createdMs: 1 });
  const keys = Array.from(
    { length: 100_000 },
    (_, i) => `clip-${String(i * 7919 % 100_000).padStart(6, "0")}`,
  );
  for (const key of keys) await storage.putObject("b", key, objectOf([]));
  const page = (after: string) => {
    const begun = performance.now();
    const found: string[] = [];
    for (const [key] of storage.objects("b", { after })) {
      if (found.push(key) === 100) break;
    }
    assertEquals(found.length, 100);
    assertEquals(found, found.toSorted());
    return performance.now() - begun;
  };
  const begun = performance.now();
  assertEquals([...storage.objects("b")].length, 100_000);
  const all = performance.now() - begun;
  page("clip-000000");
  const pages = Array.from(
    { length: 50 },
    (_, i) => page(`clip-${String(i * 1900).padStart(6, "0")}`),
  );
  assert(
    Math.min(...pages) < all / 5,
    `a page took ${Math.min(...pages)} ms, all of them ${all} ms`,
  );
});
