import { assert, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../lab/errors.ts";
import { openFolderStorage } from "./folder_storage.ts";
import type { Storage } from "./storage.ts";
import {
  content,
  filesIn,
  inTemporaryFolder,
  md5,
  objectOf,
  partOf,
  put,
  store,
  testBytes,
  uploadOf,
} from "./testing_storage.ts";
import { STORAGE_CONTRACT } from "./testing_storage_contract.ts";

const KIB = 1024;

for (const [behaviour, check] of Object.entries(STORAGE_CONTRACT)) {
  Deno.test(`folder storage: ${behaviour}`, () =>
    inTemporaryFolder(async (folder) => {
      let before: unknown;
      {
        await using storage = await openFolderStorage(folder);
        await storage.createBucket({ name: "b", createdMs: 1 });
        await check(storage);
        before = snapshot(storage);
      }
      await using storage = await openFolderStorage(folder);
      assertEquals(snapshot(storage), before, "opened again it has the same");
    }));
}

/** All records, and how many bytes they refer to. */
function snapshot(storage: Storage) {
  return {
    bytes: storage.storedBytes,
    buckets: storage.buckets().map((bucket) => ({
      bucket,
      objects: [...storage.objects(bucket.name)],
      uploads: storage.uploads(bucket.name).map((upload) => ({
        upload,
        parts: storage.parts(bucket.name, upload.id),
      })),
    })),
  };
}

/** A store with a large and a small object and an upload of two parts, closed. */
async function filled(folder: string) {
  await using storage = await openFolderStorage(folder);
  await storage.createBucket({ name: "b", createdMs: 1 });
  await put(storage, "b", "large", testBytes(300 * KIB));
  await put(storage, "b", "small", testBytes(300));
  await storage.createUpload("b", uploadOf("u", "k"));
  for (const number of [1, 2]) {
    await storage.putPart("b", "u", partOf(number, [await store(storage, testBytes(100 * KIB))]));
  }
  return snapshot(storage);
}

Deno.test("folder storage: everything is there after it was opened again", () =>
  inTemporaryFolder(async (folder) => {
    const before = await filled(folder);
    await using storage = await openFolderStorage(folder);
    assertEquals(snapshot(storage), before);
    assertEquals(md5(await content(storage, "b", "large")), md5(testBytes(300 * KIB)));
    assertEquals(md5(await content(storage, "b", "small")), md5(testBytes(300)));
    for (const { segments } of storage.parts("b", "u")) {
      const read = await Array.fromAsync(storage.read(segments, 0, 100 * KIB));
      assertEquals(
        md5(new Uint8Array(await new Blob(read).arrayBuffer())),
        md5(testBytes(100 * KIB)),
      );
    }
  }));

Deno.test("folder storage: keys that look like paths stay inside the folder", () =>
  inTemporaryFolder(async (parent) => {
    const folder = `${parent}/data`;
    const keys = [
      "../../escape",
      "/etc/passwd",
      "..",
      "a\0b",
      "x".repeat(1024),
      "\u{1f600}/",
      "\ud800",
      "\ufffd",
    ];
    {
      await using storage = await openFolderStorage(folder);
      await storage.createBucket({ name: "../b", createdMs: 1 });
      await storage.createUpload("../b", uploadOf("../../u", "k"));
      for (const key of keys) await put(storage, "../b", key, testBytes(key.length));
    }
    assertEquals(
      await filesIn(parent).then((paths) => paths.filter((path) => !path.startsWith("data/"))),
      [],
    );
    await using storage = await openFolderStorage(folder);
    assertEquals(storage.upload("../b", "../../u")?.key, "k");
    for (const key of keys) {
      assertEquals(md5(await content(storage, "../b", key)), md5(testBytes(key.length)));
    }
  }));

Deno.test("folder storage: nothing is left of what was deleted", () =>
  inTemporaryFolder(async (folder) => {
    await filled(folder);
    await using storage = await openFolderStorage(folder);
    await storage.endUpload("b", "u");
    for (const key of ["large", "small"]) await storage.deleteObject("b", key);
    await storage.deleteBucket("b");
    assertEquals(storage.storedBytes, 0);
    assertEquals(await filesIn(folder), ["lock", "store.json"]);
  }));

Deno.test("folder storage: a second instance is refused until the first has gone", () =>
  inTemporaryFolder(async (folder) => {
    {
      await using storage = await openFolderStorage(folder);
      await assertRejects(
        () => openFolderStorage(folder),
        UsageError,
        "another object store uses it",
      );
      await storage.createBucket({ name: "b", createdMs: 1 });
    }
    await using storage = await openFolderStorage(folder);
    assertEquals(storage.buckets().length, 1);
  }));

Deno.test("folder storage: says in one line why a folder cannot be used", () =>
  inTemporaryFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await Deno.mkdir(`${folder}/newer`);
    await Deno.writeTextFile(`${folder}/newer/store.json`, '{"schema":"edge-repro/store@2"}\n');
    const refusals: [path: string, says: string][] = [
      [`${folder}/file`, "expected a folder"],
      [`${folder}/file/below`, "expected a folder"],
      [folder, "it has file"],
      [`${folder}/newer`, "edge-repro/store@2"],
      ["/proc/none", "expected a folder that can be read and written"],
    ];
    for (const [path, says] of refusals) {
      const error = await assertRejects(() => openFolderStorage(path), UsageError, says);
      assert(!error.message.includes("\n") && error.message.includes(path), error.message);
    }
  }));

Deno.test("folder storage: broken records are named, and nothing is removed meanwhile", () =>
  inTemporaryFolder(async (folder) => {
    await filled(folder);
    const files = await filesIn(folder);
    const damages: ((bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>)[] = [
      () => new Uint8Array(0),
      (bytes) => bytes.slice(0, 20),
      (bytes) => bytes.slice(0, -1),
      (bytes) => bytes.with(30, (bytes[30] ?? 0) ^ 1),
    ];
    for (const file of files.filter((name) => name.startsWith("b"))) {
      const whole = await Deno.readFile(`${folder}/${file}`);
      for (const [i, damage] of damages.entries()) {
        // A blob is known by its length only: what is in it is the disk's to keep.
        if (file.startsWith("blobs/") && i === 3) continue;
        await Deno.writeFile(`${folder}/${file}`, damage(whole));
        const error = await assertRejects(() => openFolderStorage(folder), UsageError, file);
        assert(error.message.includes("cannot be read"), error.message);
        assertEquals(await filesIn(folder), files);
      }
      await Deno.writeFile(`${folder}/${file}`, whole);
    }
    await using _storage = await openFolderStorage(folder);
  }));

Deno.test("folder storage: what an operator moves away is lost, and only that", () =>
  inTemporaryFolder(async (folder) => {
    await filled(folder);
    const blobs = (await filesIn(folder)).filter((name) => name.startsWith("blobs/"));
    for (const blob of blobs) {
      if ((await Deno.stat(`${folder}/${blob}`)).size === 300 * KIB) {
        await Deno.remove(`${folder}/${blob}`);
      }
    }
    const error = await assertRejects(() => openFolderStorage(folder), UsageError, "is not there");
    const [path] = error.message.match(/\/\S*\/objects\/[0-9a-f]{64}/) ?? [];
    await Deno.remove(path ?? "");
    await using storage = await openFolderStorage(folder);
    assertEquals(Array.from(storage.objects("b"), ([key]) => key), ["small"]);
  }));

Deno.test("folder storage: leftovers of a crash are removed on opening", () =>
  inTemporaryFolder(async (folder) => {
    await filled(folder);
    const files = await filesIn(folder);
    await Deno.writeTextFile(`${folder}/tmp/record`, "half");
    await Deno.mkdir(`${folder}/tmp/bucket/objects`, { recursive: true });
    await Deno.writeTextFile(`${folder}/blobs/${crypto.randomUUID()}`, "of nobody");
    await using _storage = await openFolderStorage(folder);
    assertEquals(await filesIn(folder), files);
    assertEquals([...Deno.readDirSync(`${folder}/tmp`)], []);
  }));

Deno.test("folder storage: an upload that ended just before a crash has ended", () =>
  inTemporaryFolder(async (folder) => {
    await filled(folder);
    const files = await filesIn(folder);
    const kept = await Promise.all(
      files.filter((name) => name.includes("/uploads/"))
        .map(async (name) => [name, await Deno.readFile(`${folder}/${name}`)] as const),
    );
    {
      await using storage = await openFolderStorage(folder);
      const segments = storage.parts("b", "u").flatMap(({ segments }) => segments);
      await storage.endUpload("b", "u", objectOf(segments));
    }
    // As if the process had been killed when the object was there and the upload still as well.
    for (const [name, bytes] of kept) {
      await Deno.mkdir(`${folder}/${name.slice(0, name.lastIndexOf("/"))}`, { recursive: true });
      await Deno.writeFile(`${folder}/${name}`, bytes);
    }
    await using storage = await openFolderStorage(folder);
    assertEquals(storage.uploads("b"), []);
    assertEquals((await content(storage, "b", "k")).length, 200 * KIB);
    assertEquals((await filesIn(folder)).filter((name) => name.includes("/uploads/")), []);
  }));

Deno.test("folder storage: closed, it changes nothing any more, and has ended what came in", () =>
  inTemporaryFolder(async (folder) => {
    const storage = await openFolderStorage(folder);
    await storage.createBucket({ name: "b", createdMs: 1 });
    const incoming = await storage.receive();
    await incoming.write(testBytes(1000 * KIB));
    let made = false;
    const last = storage.putObject("b", "k", objectOf([])).then(() => made = true);
    await storage[Symbol.asyncDispose]();
    assert(made, "closing waits for what was begun");
    await last;
    await assertRejects(() => storage.deleteObject("b", "k"), Error, "closed");
    await assertRejects(() => incoming.write(testBytes(1)), Error, "discarded");
    assertEquals((await filesIn(folder)).filter((name) => name.startsWith("blobs/")), []);
    await storage[Symbol.asyncDispose]();
  }));

Deno.test("folder storage: a part that is copied from a small object outlives it", () =>
  inTemporaryFolder(async (folder) => {
    await filled(folder);
    {
      await using storage = await openFolderStorage(folder);
      const segments = storage.object("b", "small")?.segments ?? [];
      await storage.putPart("b", "u", partOf(3, segments));
    }
    await using storage = await openFolderStorage(folder);
    await storage.deleteObject("b", "small");
    await storage.endUpload("b", "u", objectOf(storage.parts("b", "u")[2]?.segments ?? []));
    assertEquals(md5(await content(storage, "b", "k")), md5(testBytes(300)));
  }));
