// Objects with files: found again later, also after a kill; one host a folder; nobody else's files.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { UsageError } from "../../../lab/errors.ts";
import { folderStorage, memoryStorage } from "./folder.ts";
import { ID, notingHooks, OTHER_ID, withObject } from "./testing_storage.ts";

async function inTemporary(run: (folder: string) => unknown): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what was stored is found by a later host on the same folder", () =>
  inTemporary(async (folder) => {
    await withObject(async ({ storage, folder: objects }) => {
      objects.keepName("Test", ID, "its name");
      await storage.put("a", new Map([[1, new Date(5)]]));
      storage.sql.exec("CREATE TABLE t(a); INSERT INTO t VALUES (7)");
      await storage.setAlarm(2_000_000);
      const other = objects.objectStorage("Other", OTHER_ID);
      await other.open(notingHooks()).put("b", 1);
    }, folderStorage(folder));
    await withObject(async ({ storage, object, folder: objects }) => {
      assertEquals(await storage.get("a"), new Map([[1, new Date(5)]]));
      assertEquals(storage.sql.exec("SELECT a FROM t").toArray(), [{ a: 7 }]);
      assertEquals(await storage.getAlarm(), 2_000_000);
      const alarm = { atMs: 2_000_000, retryCount: 0, running: false };
      assertEquals(objects.alarms(), [{ className: "Test", id: ID, name: "its name", alarm }]);
      // A reset takes back what the object wrote, and not what the host noted.
      await storage.put("a", 2);
      object.keepAlarm({ ...alarm, retryCount: 3, running: true });
      object.rollBack();
    }, folderStorage(folder));
    await withObject(({ object, storage }) => {
      assertEquals(storage.kv.get("a"), new Map([[1, new Date(5)]]));
      assertEquals(object.alarm, { atMs: 2_000_000, retryCount: 3, running: true });
    }, folderStorage(folder));
  }));

Deno.test("an object that stores nothing has no file, and deleteAll() leaves none", () =>
  inTemporary((folder) =>
    withObject(async ({ storage, object }) => {
      const files = () => Array.from(Deno.readDirSync(folder), ({ name }) => name).toSorted();
      const none = ["durable-objects.json", "durable-objects.lock"];
      await storage.get("a");
      await storage.delete("a");
      await storage.getAlarm();
      object.keepAlarm(undefined);
      assertEquals(files(), none);
      await storage.put("a", 1);
      assertEquals(files(), ["Test", ...none]);
      await storage.deleteAll();
      assertEquals(Array.from(Deno.readDirSync(join(folder, "Test"))), []);
      await storage.put("b", 1);
      assertEquals([...await storage.list()], [["b", 1]]);
    }, folderStorage(folder))
  ));

Deno.test("more objects than may be open at once keep their values", () =>
  inTemporary((folder) =>
    withObject(async ({ folder: objects }) => {
      const ids = Array.from({ length: 270 }, (_, index) => String(index).padStart(64, "0"));
      const all = ids.map((id) => objects.objectStorage("Many", id).open(notingHooks()));
      for (const [index, storage] of all.entries()) {
        await storage.put("index", index);
        await storage.sync();
      }
      for (const [index, storage] of all.entries()) assertEquals(await storage.get("index"), index);
    }, folderStorage(folder))
  ));

Deno.test("what a killed process had told to be on disk is there, whole", () =>
  inTemporary(async (folder) => {
    const script = new URL("./testing_writer.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        `--allow-read=${folder}`,
        `--allow-write=${folder}`,
        script,
        folder,
      ],
      stdout: "piped",
    }).spawn();
    let told = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      told += text;
      if (told.split("\n").length > 200) break;
    }
    child.kill("SIGKILL");
    await child.status;
    const last = Number(told.split("\n").at(-2));
    await withObject(async ({ storage, folder: objects }) => {
      const kept = storage.kv.get<number>("count") ?? 0;
      assert(kept >= last && last > 100, `${kept} kept, ${last} told`);
      assertEquals(storage.sql.exec("SELECT count FROM t").one(), { count: kept });
      assertEquals(await storage.getAlarm(), 2_000_000 + kept);
      assertEquals(objects.alarms().map(({ name }) => name), ["its name"]);
    }, folderStorage(folder));
  }));

Deno.test("a folder is one host's at a time, and no one else's", () =>
  inTemporary((folder) => {
    const first = folderStorage(folder);
    assertThrows(() => folderStorage(folder), UsageError, "another host uses it");
    first.close();
    first.close();
    folderStorage(folder).close();
    Deno.writeTextFileSync(
      join(folder, "durable-objects.json"),
      '{"schema":"edge-repro/durable-objects@9"}',
    );
    assertThrows(() => folderStorage(folder), UsageError, "received the format");
    const foreign = join(folder, "foreign");
    Deno.mkdirSync(foreign);
    Deno.writeTextFileSync(join(foreign, "file"), "");
    assertThrows(() => folderStorage(foreign), UsageError, "it has file, which is not ours");
    assertThrows(() => folderStorage(join(foreign, "file")), UsageError, "expected a folder");
  }));

Deno.test("a file that is no database, another program's, or of a newer layout is refused", () =>
  inTemporary(async (folder) => {
    const path = join(folder, "Test", `${ID}.sqlite`);
    const makers: [() => void, string][] = [
      [
        () => Deno.writeTextFileSync(path, "no database at all ".repeat(100)),
        "file is not a database",
      ],
      [() => withDatabase(path, "CREATE TABLE t(a)"), "received a database of another program"],
      [
        () =>
          withDatabase(
            path,
            "PRAGMA application_id = 0x65646f62; PRAGMA user_version = 9; CREATE TABLE t(a)",
          ),
        "received layout 9, know layout 1",
      ],
    ];
    for (const [make, message] of makers) {
      const objects = folderStorage(folder);
      try {
        Deno.mkdirSync(join(folder, "Test"), { recursive: true });
        make();
        const storage = objects.objectStorage("Test", ID).open(notingHooks());
        assertThrows(() => storage.kv.put("a", 1), UsageError, message);
        assertThrows(() => objects.alarms(), UsageError, message);
      } finally {
        objects.close();
        await Deno.remove(path);
      }
    }
  }));

function withDatabase(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

Deno.test("no class and no id leads out of the folder", () => {
  const objects = memoryStorage();
  for (const name of ["..", "a/b", "", "a.b", "1a", "a\0", "x".repeat(101)]) {
    assertThrows(
      () => objects.objectStorage(name, ID),
      TypeError,
      "Cannot open an object's storage",
    );
  }
  for (const id of ["..", ID.slice(1), ID.toUpperCase(), `../${ID}`]) {
    assertThrows(
      () => objects.objectStorage("Test", id),
      TypeError,
      "Cannot open an object's storage",
    );
  }
  objects.objectStorage("Größe$_1", ID);
  objects.close();
  assertThrows(() => objects.objectStorage("Test", ID), Error, "received a closed folder");
});

Deno.test("closing commits what was written and undoes what was not finished", () =>
  inTemporary(async (folder) => {
    const objects = folderStorage(folder);
    const storage = objects.objectStorage("Test", ID).open(notingHooks());
    await storage.put("a", 1);
    const begun = Promise.withResolvers<void>();
    const rest = Promise.withResolvers<void>();
    const pending = storage.transaction(async (transaction) => {
      await transaction.put("b", 1);
      begun.resolve();
      await rest.promise;
    });
    await begun.promise;
    objects.close();
    rest.resolve();
    await pending.then(() => assert(false), () => {});
    await withObject(async (given) => {
      assertEquals([...await given.storage.list()], [["a", 1]]);
    }, folderStorage(folder));
  }));
