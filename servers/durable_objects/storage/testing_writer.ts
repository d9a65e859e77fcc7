// A process that keeps numbers in an object's file until it is killed, telling each that is on disk.

import { folderStorage } from "./folder.ts";
import { ID, notingHooks } from "./testing_storage.ts";

const [folder = ""] = Deno.args;
const objects = folderStorage(folder);
objects.keepName("Test", ID, "its name");
const hooks = notingHooks();
const storage = objects.objectStorage("Test", ID).open(hooks);
for (let count = 1;; count++) {
  await storage.setAlarm(2_000_000 + count);
  // Both or neither: they are written in one turn of the event loop.
  storage.kv.put("count", count);
  storage.sql.exec(
    "CREATE TABLE IF NOT EXISTS t(count); DELETE FROM t; INSERT INTO t VALUES (?)",
    count,
  );
  await hooks.outputs.at(-1);
  hooks.outputs.length = 0;
  hooks.alarms.length = 0;
  console.log(count);
}
