// Tests of lent arrays: a data folder takes their memory back once the next is asked for, and no sooner.

import { assert, assertEquals } from "@std/assert";
import { openFolderStorage } from "./folder_storage.ts";
import { createMemoryStorage } from "./memory_storage.ts";
import { gather, inTemporaryFolder, md5, put, testBytes } from "./testing_storage.ts";
import { BUCKET, TestingStore } from "./testing_store.ts";

const KIB = 1024;
const SIZE = 1024 * KIB;

Deno.test("lent chunks: a folder takes back each once the next is asked for", () =>
  inTemporaryFolder(async (folder) => {
    await using storage = await openFolderStorage(folder);
    await storage.createBucket({ name: BUCKET, createdMs: 1 });
    await put(storage, BUCKET, "k", testBytes(SIZE));
    const segments = storage.object(BUCKET, "k")?.segments ?? [];
    for (const lent of [true, false]) {
      const seen: Uint8Array[] = [];
      for await (const chunk of storage.read(segments, 0, SIZE, { lent })) {
        assert(chunk.length > 0);
        seen.push(chunk);
      }
      assert(seen.length > 1);
      assertEquals(seen.filter(({ length }) => length > 0).length, lent ? 0 : seen.length);
    }
  }));

Deno.test("lent chunks: what a storage keeps in memory is never taken back", () =>
  inTemporaryFolder(async (folder) => {
    await using files = await openFolderStorage(folder);
    await using memory = createMemoryStorage();
    for (const [storage, size] of [[files, 60 * KIB], [memory, SIZE]] as const) {
      await storage.createBucket({ name: BUCKET, createdMs: 1 });
      const bytes = testBytes(size);
      await put(storage, BUCKET, "k", bytes);
      const segments = storage.object(BUCKET, "k")?.segments ?? [];
      for (let times = 0; times < 2; times++) {
        const chunks = storage.read(segments, 0, size, { lent: true });
        assertEquals(md5(await gather(chunks)), md5(bytes));
      }
    }
  }));

Deno.test("lent chunks: contents pass whole through a folder, listened on or in memory", () =>
  inTemporaryFolder(async (folder) => {
    await using server = await TestingStore.start({ storage: await openFolderStorage(folder) });
    // Around the lengths at which contents are read, gathered and kept in another way.
    for (const size of [1, 32 * KIB, 64 * KIB, 64 * KIB + 1, 100 * KIB, SIZE + 1]) {
      const bytes = testBytes(size);
      await server.put("k", bytes);
      const listened = await (await server.fetch(server.s3("k"))).bytes();
      assertEquals(md5(listened), md5(bytes), `${size} bytes, listened on`);
      const request = new Request(`${server.url}${server.publicPath("k")}`);
      const inMemory = await (await server.store.fetch(request)).bytes();
      assertEquals(md5(inMemory), md5(bytes), `${size} bytes, in memory`);
    }
  }));
