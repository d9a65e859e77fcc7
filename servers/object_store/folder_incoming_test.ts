// Tests of a blob on its way into a folder: a write that fails behind the giver's back is not lost.

import { assertEquals } from "@std/assert";
import { openFolderStorage } from "./folder_storage.ts";
import { assertS3, filesIn, inTemporaryFolder, testBytes } from "./testing_storage.ts";

const KIB = 1024;

for (const size of [100 * KIB, 200 * KIB, 1000 * KIB]) {
  Deno.test(`folder: of ${size} bytes that the disk does not take nothing stays`, () =>
    inTemporaryFolder(async (folder) => {
      await using storage = await openFolderStorage(folder);
      const { prototype } = Deno.FsFile;
      const { write } = prototype;
      prototype.write = () =>
        Promise.reject(Object.assign(new Error("no space left"), { code: "ENOSPC" }));
      try {
        const incoming = await storage.receive();
        await assertS3(
          (async () => {
            await incoming.write(testBytes(size));
            await incoming.finish();
          })(),
          "InsufficientStorage",
          507,
        );
        await incoming.discard();
      } finally {
        prototype.write = write;
      }
      assertEquals(storage.storedBytes, 0);
      assertEquals((await filesIn(folder)).filter((name) => name.startsWith("blobs/")), []);
    }));
}
