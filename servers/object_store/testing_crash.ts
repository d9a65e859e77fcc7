// For tests: changes the store in the folder given for as long as it lives, and says so. To be killed.

import { openFolderStorage } from "./folder_storage.ts";
import { md5, objectOf, partOf, put, store, testBytes, uploadOf } from "./testing_storage.ts";

const [folder = "", first = "1"] = Deno.args;
const storage = await openFolderStorage(folder);
if (storage.bucket("b") === undefined) await storage.createBucket({ name: "b", createdMs: 1 });

/** One line at once, whatever happens next. */
function say(...words: string[]): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${words.join(" ")}\n`));
}

const SIZES = [0, 900, 65_536, 65_537, 700_000];

/** What may become of a key, and the entity tag that it then has; `-` for none. */
async function change(key: string, seed: number): Promise<void> {
  const bytes = testBytes(SIZES[seed % SIZES.length] ?? 0, seed);
  const kind = seed % 11;
  const etag = kind === 0 ? "-" : md5(bytes);
  // Said before it begins: its first steps are synchronous, and one may be the change itself.
  const announced = (run: () => Promise<void>) => {
    say("begun", key, etag);
    return run();
  };
  if (kind === 0) {
    await announced(() => storage.deleteObject("b", key));
  } else if (kind < 4) {
    const id = `${key}-${seed}`;
    await storage.createUpload("b", uploadOf(id, key));
    const middle = bytes.length >> 1;
    for (const [i, part] of [bytes.slice(0, middle), bytes.slice(middle)].entries()) {
      await storage.putPart("b", id, partOf(i + 1, [await store(storage, part)]));
    }
    const segments = storage.parts("b", id).flatMap(({ segments }) => segments);
    await announced(() => storage.endUpload("b", id, objectOf(segments, etag)));
  } else if (kind < 6) {
    const object = await put(storage, "b", `${key}-source`, bytes);
    await announced(() => storage.putObject("b", key, { ...object, headers: {} }));
  } else {
    const object = objectOf([await store(storage, bytes)], etag);
    await announced(() => storage.putObject("b", key, object));
  }
  say("done", key, etag);
}

await Promise.all(["p", "q", "r"].map(async (key, i) => {
  for (let seed = Number(first) + i;; seed += 3) await change(key, seed);
}));
