import { assert, assertEquals, assertGreater } from "@std/assert";
import { S3Error } from "../s3/error.ts";
import { openFolderStorage } from "./folder_storage.ts";
import {
  assertS3,
  content,
  filesIn,
  inTemporaryFolder,
  md5,
  partOf,
  put,
  store,
  testBytes,
  uploadOf,
} from "./testing_storage.ts";

const KIB = 1024;

async function run(command: string, ...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(command, { args, stdout: "null", stderr: "null" })
    .output();
  return success;
}

/** Runs with a file system of its own that has 2 MiB; says whether this process may mount one. */
async function onSmallDisk(check: (folder: string) => Promise<void>): Promise<boolean> {
  let mounted = false;
  await inTemporaryFolder(async (folder) => {
    mounted = await run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder);
    if (!mounted) return;
    try {
      await check(folder);
    } finally {
      await run("umount", folder);
    }
  });
  return mounted;
}

const ignore = Deno.build.os !== "linux" || Deno.uid() !== 0 ||
  !await onSmallDisk(() => Promise.resolve());

Deno.test({
  name: "folder storage: a full disk refuses what does not fit, keeps nothing of it, and goes on",
  ignore,
  fn: async () => {
    await onSmallDisk(async (folder) => {
      {
        await using storage = await openFolderStorage(folder);
        await storage.createBucket({ name: "b", createdMs: 1 });
        await put(storage, "b", "k", testBytes(900 * KIB));
        const files = await filesIn(folder);

        // While it comes, and at its end.
        for (const size of [3000 * KIB, 1200 * KIB]) {
          await assertS3(put(storage, "b", "k", testBytes(size)), "InsufficientStorage", 507);
          assertEquals(await filesIn(folder), files);
          assertEquals(storage.storedBytes, 900 * KIB);
        }
        assertEquals(md5(await content(storage, "b", "k")), md5(testBytes(900 * KIB)));

        // Small ones, whose bytes are in their record: the record does not fit.
        let small = 0;
        while (true) {
          const failure = await put(storage, "b", `small ${small}`, testBytes(60 * KIB, small))
            .then(() => undefined, (error) => error);
          if (failure !== undefined) {
            assert(failure instanceof S3Error);
            assertEquals([failure.code, failure.status], ["InsufficientStorage", 507]);
            break;
          }
          small++;
        }
        assertGreater(small, 5);
        assertEquals([...storage.objects("b")].length, small + 1);
        assertEquals(storage.storedBytes, (900 + 60 * small) * KIB);
        assertEquals((await filesIn(folder)).filter((name) => name.startsWith("tmp/")), []);
        await storage.createUpload("b", uploadOf("u", "k"));
        const large = await storage.receive();
        await assertS3(
          large.write(testBytes(300 * KIB)).then(() => large.finish()),
          "InsufficientStorage",
          507,
        );
        const segment = await store(storage, testBytes(60 * KIB));
        await assertS3(storage.putPart("b", "u", partOf(1, [segment])), "InsufficientStorage", 507);
        assertEquals(storage.parts("b", "u"), []);

        await storage.deleteObject("b", "k");
        await put(storage, "b", "again", testBytes(800 * KIB));
      }
      await using storage = await openFolderStorage(folder);
      assertEquals(md5(await content(storage, "b", "again")), md5(testBytes(800 * KIB)));
      for (const [key, { etag }] of storage.objects("b")) {
        assertEquals(md5(await content(storage, "b", key)), etag);
      }
    });
  },
});
