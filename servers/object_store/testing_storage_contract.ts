// For tests: what every storage promises, as a table that each of them is put through.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import type { Segment, Storage } from "./storage.ts";
import {
  assertS3,
  content,
  gather,
  md5,
  objectOf,
  partOf,
  put,
  store,
  testBytes,
  uploadOf,
} from "./testing_storage.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const KIB = 1024;
const keysOf = (storage: Storage, ...from: Parameters<Storage["objects"]>) =>
  Array.from(storage.objects(...from), ([key]) => key);

/** What holds of every storage. Each is given an empty one with a bucket `b`. */
export const STORAGE_CONTRACT: Record<string, (storage: Storage) => Promise<void>> = {
  "keeps contents of every size, written in arrays of every size": async (storage) => {
    const sizes = [0, 1, 1000, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 300 * KIB, 3000 * KIB];
    for (const size of sizes) {
      for (const step of [size < 2000 ? 1 : 997, 16 * KIB, 64 * KIB + 1, 5000 * KIB]) {
        const bytes = testBytes(size, size + step);
        await storage.putObject("b", "k", objectOf([await store(storage, bytes, step)]));
        assertEquals(md5(await content(storage, "b", "k")), md5(bytes), `${size} in ${step}`);
        assertEquals(storage.storedBytes, size);
      }
    }
  },

  "reads any range of several segments, in chunks of useful size": async (storage) => {
    const parts = [700 * KIB, 0, 10, 64 * KIB, 1500 * KIB].map((size, i) => testBytes(size, i));
    const segments: Segment[] = [];
    for (const part of parts) segments.push(await store(storage, part, 16 * KIB));
    await storage.putObject("b", "k", objectOf(segments));
    const whole = await gather(ReadableStream.from(parts));
    const edges = [0, 1, 64 * KIB, 700 * KIB - 1, 700 * KIB, 700 * KIB + 10, 764 * KIB + 11];
    for (const start of edges) {
      for (const end of [start, start + 1, ...edges.filter((end) => end > start), whole.length]) {
        const chunks = await Array.fromAsync(storage.read(segments, start, end));
        assertEquals(md5(await gather(ReadableStream.from(chunks))), md5(whole.slice(start, end)));
        assert(chunks.every(({ length }) => length > 0 && length <= 1024 * KIB));
      }
    }
    const first = storage.object("b", "k")?.segments.slice(0, 1) ?? [];
    const chunks = await Array.fromAsync(storage.read(first, 0, 700 * KIB));
    assert(chunks.slice(0, -1).every(({ length }) => length >= 32 * KIB));
  },

  "lists keys in the order of their UTF-8 bytes": async (storage) => {
    const keys = ["\u{1f600}", "\uff5e", "a/", "a", "a/b", "a0", "B", "ä", "", "../x", "a/b/\0"];
    for (const key of keys) await storage.putObject("b", key, objectOf([]));
    const sorted = keys.toSorted((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)));
    assertEquals(keysOf(storage, "b"), sorted);
    assertEquals(keysOf(storage, "b", { prefix: "a/" }), ["a/", "a/b", "a/b/\0"]);
    assertEquals(keysOf(storage, "b", { prefix: "a", after: "a/b" }), ["a/b/\0", "a0"]);
    assertEquals(keysOf(storage, "b", { prefix: "a", from: "a/b" }), ["a/b", "a/b/\0", "a0"]);
    assertEquals(keysOf(storage, "b", { after: "\uff5e" }), ["\u{1f600}"]);
    assertEquals(keysOf(storage, "b", { prefix: "a", after: "zzz" }), []);
    assertEquals(keysOf(storage, "none"), []);
    await storage.deleteObject("b", "a/b");
    assertEquals(keysOf(storage, "b", { prefix: "a/" }), ["a/", "a/b/\0"]);
  },

  "goes on behind the last key when keys come and go during a listing": async (storage) => {
    for (const key of ["a", "c", "e", "g"]) await storage.putObject("b", key, objectOf([]));
    const seen: string[] = [];
    for (const [key] of storage.objects("b")) {
      seen.push(key);
      if (key !== "c") continue;
      for (const other of ["0", "b", "d"]) await storage.putObject("b", other, objectOf([]));
      for (const other of ["c", "e"]) await storage.deleteObject("b", other);
    }
    assertEquals(seen, ["a", "c", "d", "g"]);
  },

  "a read keeps its bytes when its object is overwritten or deleted": async (storage) => {
    for (const size of [1000, 500 * KIB]) {
      for (const lose of ["overwrite", "delete"]) {
        const bytes = testBytes(size);
        const { segments } = await put(storage, "b", "k", bytes);
        const unstarted = storage.read(segments, 0, size);
        const started = storage.read(segments, 0, size)[Symbol.asyncIterator]();
        const first = await started.next();
        if (lose === "delete") await storage.deleteObject("b", "k");
        else await put(storage, "b", "k", testBytes(10, 2));
        const rest = await gather(ReadableStream.from({ [Symbol.asyncIterator]: () => started }));
        assert(first.done !== true);
        assertEquals(md5(await gather(ReadableStream.from([first.value, rest]))), md5(bytes));
        assertEquals(storage.storedBytes, size + (lose === "delete" ? 0 : 10), "one still reads");
        assertEquals(md5(await gather(unstarted)), md5(bytes));
        assertEquals(storage.storedBytes, lose === "delete" ? 0 : 10, "nobody reads any more");
      }
    }
  },

  "a read gives its bytes back however it ends": async (storage) => {
    const size = 500 * KIB;
    const endings: Record<string, (chunks: AsyncIterator<Bytes>) => Promise<unknown>> = {
      "returned before it began": (chunks) => Promise.resolve(chunks.return?.()),
      "returned after the first chunk": async (chunks) => {
        await chunks.next();
        await chunks.return?.();
      },
      "returned twice": async (chunks) => {
        await chunks.return?.();
        await chunks.return?.();
      },
      "thrown into before it began": (chunks) =>
        assertRejects(() => Promise.resolve(chunks.throw?.(new Error("mine"))), Error, "mine"),
      "thrown into": async (chunks) => {
        await chunks.next();
        await assertRejects(
          () => Promise.resolve(chunks.throw?.(new Error("mine"))),
          Error,
          "mine",
        );
      },
      "returned while a chunk is awaited": async (chunks) => {
        await Promise.all([chunks.next(), chunks.return?.()]);
      },
    };
    for (const [name, end] of Object.entries(endings)) {
      const { segments } = await put(storage, "b", "k", testBytes(size));
      const chunks = storage.read(segments, 0, size)[Symbol.asyncIterator]();
      await storage.deleteObject("b", "k");
      assertEquals(storage.storedBytes, size, name);
      await end(chunks);
      assertEquals(storage.storedBytes, 0, name);
      assertEquals((await chunks.next()).done, true, name);
    }
  },

  "copies share their bytes, which go with the last of them": async (storage) => {
    for (const size of [1000, 500 * KIB]) {
      const bytes = testBytes(size, 3);
      const object = await put(storage, "b", "one", bytes);
      await storage.putObject("b", "two", { ...object, headers: {} });
      await storage.putObject("b", "one", { ...object, headers: { "content-type": "x" } });
      assertEquals(storage.storedBytes, size);
      await storage.deleteObject("b", "one");
      assertEquals(md5(await content(storage, "b", "two")), md5(bytes));
      await storage.putObject("b", "three", objectOf([...object.segments, ...object.segments]));
      await storage.deleteObject("b", "two");
      const twice = await content(storage, "b", "three");
      assertEquals([twice.length, storage.storedBytes], [2 * size, size]);
      await storage.deleteObject("b", "three");
      assertEquals(storage.storedBytes, 0);
      await assertRejects(() => storage.putObject("b", "four", object), Error, "not in the store");
      assertEquals(storage.object("b", "four"), undefined);
    }
  },

  "a copy that is begun while its source goes is whole": async (storage) => {
    for (const size of [1000, 500 * KIB]) {
      const bytes = testBytes(size, 4);
      const object = await put(storage, "b", "source", bytes);
      await storage.createUpload("b", uploadOf("u", "k"));
      await Promise.all([
        storage.putObject("b", "copy", object),
        storage.putPart("b", "u", partOf(1, object.segments)),
        storage.deleteObject("b", "source"),
      ]);
      assertEquals(md5(await content(storage, "b", "copy")), md5(bytes));
      const [part] = storage.parts("b", "u");
      assertEquals(md5(await gather(storage.read(part?.segments ?? [], 0, size))), md5(bytes));
      await storage.endUpload("b", "u");
      await storage.deleteObject("b", "copy");
      assertEquals(storage.storedBytes, 0);
    }
  },

  "what comes in counts, and is gone when it is discarded": async (storage) => {
    for (const size of [1000, 500 * KIB]) {
      const early = await storage.receive();
      await early.write(testBytes(size));
      assertEquals(storage.storedBytes, size);
      await early.discard();
      assertEquals(storage.storedBytes, 0);

      const late = await storage.receive();
      await late.write(testBytes(size));
      const segment = await late.finish();
      assertEquals([segment.sizeBytes, storage.storedBytes], [size, size]);
      await late.discard();
      assertEquals(storage.storedBytes, 0);

      const referred = await storage.receive();
      await referred.write(testBytes(size));
      await storage.putObject("b", "k", objectOf([await referred.finish()]));
      await referred.discard();
      assertEquals(md5(await content(storage, "b", "k")), md5(testBytes(size)));
      await storage.deleteObject("b", "k");
      assertEquals(storage.storedBytes, 0);
    }
  },

  "an upload's parts become an object in one step, and those left out go": async (storage) => {
    await storage.createUpload("b", uploadOf("u2", "k", 2));
    await storage.createUpload("b", uploadOf("u1", "k", 1));
    await storage.createUpload("b", uploadOf("u3", "a", 9));
    assertEquals(storage.uploads("b").map(({ id }) => id), ["u3", "u1", "u2"]);
    const parts = [300 * KIB, 10, 70 * KIB].map((size, i) => testBytes(size, i));
    for (const [i, bytes] of parts.entries()) {
      await storage.putPart("b", "u1", partOf(10 - i, [await store(storage, testBytes(5))]));
      await storage.putPart("b", "u1", partOf(10 - i, [await store(storage, bytes)]));
    }
    assertEquals(storage.parts("b", "u1").map(({ number }) => number), [8, 9, 10]);
    const [last, middle, first] = storage.parts("b", "u1");
    assert(first !== undefined && middle !== undefined && last !== undefined);
    assertEquals(storage.storedBytes, 370 * KIB + 10);
    await put(storage, "b", "k", testBytes(77));
    const object = {
      ...objectOf([...first.segments, ...middle.segments]),
      partSizes: [300 * KIB, 10],
    };
    await storage.endUpload("b", "u1", object);
    assertEquals(storage.object("b", "k"), object);
    assertEquals(storage.upload("b", "u1"), undefined);
    assertEquals(storage.parts("b", "u1"), []);
    assertEquals(storage.storedBytes, 300 * KIB + 10);
    const expected = await gather(ReadableStream.from(parts.slice(0, 2)));
    assertEquals(md5(await content(storage, "b", "k")), md5(expected));
    await assertS3(storage.endUpload("b", "u1", object), "NoSuchUpload", 404);
    await storage.endUpload("b", "u2");
    assertEquals(storage.uploads("b").map(({ id }) => id), ["u3"]);
  },

  "of two completions of an upload one succeeds": async (storage) => {
    await storage.createUpload("b", uploadOf("u", "k"));
    await storage.putPart("b", "u", partOf(1, [await store(storage, testBytes(100 * KIB))]));
    const object = objectOf(storage.parts("b", "u")[0]?.segments ?? []);
    const results = await Promise.allSettled([1, 2].map(() => storage.endUpload("b", "u", object)));
    assertEquals(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assertEquals(md5(await content(storage, "b", "k")), md5(testBytes(100 * KIB)));
    await storage.deleteObject("b", "k");
    assertEquals(storage.storedBytes, 0);
  },

  "refuses what does not go with its buckets and uploads": async (storage) => {
    const none = objectOf([]);
    await assertS3(
      storage.createBucket({ name: "b", createdMs: 1 }),
      "BucketAlreadyOwnedByYou",
      409,
    );
    await assertS3(storage.deleteBucket("none"), "NoSuchBucket", 404);
    await assertS3(storage.putObject("none", "k", none), "NoSuchBucket", 404);
    await assertS3(storage.deleteObject("none", "k"), "NoSuchBucket", 404);
    await assertS3(storage.createUpload("none", uploadOf("u", "k")), "NoSuchBucket", 404);
    await assertS3(storage.putPart("b", "none", partOf(1, [])), "NoSuchUpload", 404);
    await assertS3(storage.endUpload("b", "none"), "NoSuchUpload", 404);
    await storage.putObject("b", "k", none);
    await assertS3(storage.deleteBucket("b"), "BucketNotEmpty", 409);
    await storage.deleteObject("b", "k");
    await storage.deleteObject("b", "never there");
  },

  "a bucket goes with its unfinished uploads, and can come back": async (storage) => {
    await storage.createBucket({ name: "a", createdMs: 5 });
    assertEquals(storage.buckets().map(({ name }) => name), ["a", "b"]);
    await storage.createUpload("a", uploadOf("u", "k"));
    await storage.putPart("a", "u", partOf(1, [await store(storage, testBytes(100 * KIB))]));
    await storage.deleteBucket("a");
    assertEquals([storage.bucket("a"), storage.storedBytes], [undefined, 0]);
    await storage.createBucket({ name: "a", createdMs: 6 });
    assertEquals(storage.bucket("a"), { name: "a", createdMs: 6 });
    assertEquals(storage.uploads("a"), []);
  },

  "concurrent changes of one key leave one of them, whole": async (storage) => {
    const bodies = Array.from(
      { length: 20 },
      (_, i) => testBytes(i % 2 ? 100 + i : 70 * KIB + i, i),
    );
    await Promise.all(bodies.map((bytes, i) =>
      Promise.all([
        put(storage, "b", "k", bytes),
        ...i % 5 === 0 ? [storage.deleteObject("b", "k")] : [],
      ])
    ));
    const object = storage.object("b", "k");
    if (object !== undefined) assertEquals(md5(await content(storage, "b", "k")), object.etag);
    assertEquals(storage.storedBytes, object?.sizeBytes ?? 0);
  },
};

const bytesOf = (text: string) => new TextEncoder().encode(text);
