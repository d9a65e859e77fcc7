import { assert, assertEquals } from "@std/assert";
import { UsageError } from "../../lab/errors.ts";
import { openFolderStorage } from "./folder_storage.ts";
import { content, filesIn, inTemporaryFolder, md5 } from "./testing_storage.ts";

const KILLS = 20;

/** What a key may have after a crash: what was acknowledged last, or was begun since. */
type Allowed = Map<string, Set<string>>;

function note(allowed: Allowed, line: string): void {
  const [word, key, etag] = line.split(" ");
  if (key === undefined || etag === undefined) return;
  if (word === "begun") allowed.get(key)?.add(etag);
  if (word === "done") allowed.set(key, new Set([etag]));
}

/** Changes the store in a child until it has said `lines` lines, kills it, and reads the rest. */
async function crash(folder: string, round: number, lines: number, allowed: Allowed) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
      new URL("testing_crash.ts", import.meta.url).href,
      folder,
      String(round * 1000),
    ],
    stdout: "piped",
    stderr: "inherit",
    stdin: "null",
  }).spawn();
  let said = 0;
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const all = (rest + text).split("\n");
    rest = all.pop() ?? "";
    for (const line of all) note(allowed, line);
    // While it lives, nobody else gets the folder.
    if (said === 0 && all.length > 0) {
      const refusal = await openFolderStorage(folder).then(() => undefined, (error) => error);
      assert(refusal instanceof UsageError);
    }
    if (said < lines && said + all.length >= lines) child.kill("SIGKILL");
    said += all.length;
  }
  assertEquals((await child.status).signal, "SIGKILL");
}

Deno.test("folder storage: killed at any moment, each object is whole or absent, and what was acknowledged is there", () =>
  inTemporaryFolder(async (folder) => {
    const allowed: Allowed = new Map(["p", "q", "r"].map((key) => [key, new Set(["-"])]));
    for (let round = 1; round <= KILLS; round++) {
      // A line is said on each side of a change, so that any of them is where the kill falls.
      await crash(folder, round, 1 + Math.floor(Math.random() * 60), allowed);
      await using storage = await openFolderStorage(folder);
      assert(storage.bucket("b") !== undefined);
      for (const [key, { etag }] of storage.objects("b")) {
        assertEquals(md5(await content(storage, "b", key)), etag, `${key} is whole`);
      }
      for (const [key, etags] of allowed) {
        const found = storage.object("b", key)?.etag ?? "-";
        assert(etags.has(found), `${key} has ${found}, expected one of ${[...etags].join(", ")}`);
        allowed.set(key, new Set([found]));
      }
      // What the crash left of uploads can be ended.
      for (const { id } of storage.uploads("b")) await storage.endUpload("b", id);
      const files = (await filesIn(folder)).filter((name) => /^(tmp|blobs)\//.test(name));
      const blobs = new Set(
        [...storage.objects("b")].flatMap(([, { segments }]) => segments)
          .map(({ blob }) => `blobs/${blob}`),
      );
      assertEquals(files.filter((name) => !blobs.has(name)), [], "no leftovers");
    }
  }));
