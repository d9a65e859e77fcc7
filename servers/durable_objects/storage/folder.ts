// Where the objects of a host keep what they store: in memory, or in a folder with a file an object.

import { join } from "node:path";
import { Database, OpenDatabase } from "./database.ts";
import { ALARM_NOTE } from "./alarm_slot.ts";
import { claimFolder, inFolder } from "./folder_claim.ts";
import { NAME_NOTE, ObjectDatabase } from "./object_storage.ts";
import type { ObjectStorage, StorageFolder, StoredAlarm } from "./storage.ts";

/** How many files are open at once: each takes three descriptors, of which a process has 1024. */
const MOST_OPEN_FILES = 256;

/**
 * Keeps everything in memory, until it is closed. An object that stores nothing costs nothing; one
 * with an alarm alone has no database either.
 */
export function memoryStorage(): StorageFolder {
  return new Objects(() => new Database(undefined));
}

/**
 * Keeps the objects of a class in `folder/CLASS/ID.sqlite`. What was committed survives the end of the
 * process, however it ends. The folder is made where there is none, and locked until
 * {@linkcode StorageFolder.close}.
 *
 * @throws {UsageError} when the folder has files of others, another format, is in use by another
 * host, or cannot be used.
 */
export function folderStorage(folder: string): StorageFolder {
  const lock = inFolder(folder, () => claimFolder(folder));
  const pool = new FilePool();
  return new Objects(
    (className, id) => new Database(fileOf(folder, className, id), (one) => pool.used(one)),
    {
      alarms: () => inFolder(folder, () => Array.from(storedAlarms(folder))),
      close: () => lock.close(),
      pool,
    },
  );
}

interface OnDisk {
  alarms(): ReturnType<StorageFolder["alarms"]>;
  close(): void;
  pool: FilePool;
}

/** All objects of a host. */
class Objects implements StorageFolder {
  readonly #make: (className: string, id: string) => Database;
  readonly #disk: OnDisk | undefined;
  readonly #objects = new Map<string, ObjectDatabase>();
  #isClosed = false;

  constructor(make: (className: string, id: string) => Database, disk?: OnDisk) {
    this.#make = make;
    this.#disk = disk;
  }

  objectStorage(className: string, id: string): ObjectStorage {
    return this.#object(className, id);
  }

  alarms(): ReturnType<StorageFolder["alarms"]> {
    return this.#isClosed ? [] : this.#disk?.alarms() ?? [];
  }

  keepName(className: string, id: string, name: string): void {
    this.#object(className, id).keepName(name);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const errors: unknown[] = [];
    for (const object of this.#objects.values()) {
      try {
        object.close();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#objects.clear();
    this.#disk?.close();
    if (errors.length > 0) throw errors[0];
  }

  #object(className: string, id: string): ObjectDatabase {
    if (this.#isClosed) {
      throw new Error(
        "Cannot open an object's storage: received a closed folder, expected an open one",
      );
    }
    checkNames(className, id);
    const key = `${className}/${id}`;
    const known = this.#objects.get(key);
    if (known !== undefined) return known;
    const object = new ObjectDatabase(this.#make(className, id));
    this.#disk?.pool.watch(object);
    this.#objects.set(key, object);
    return object;
  }
}

/** Closes the file that was not used for longest when too many are open; it is opened again on use. */
class FilePool {
  /** In the order of their last use. */
  readonly #open = new Set<Database>();
  readonly #objects = new WeakMap<Database, ObjectDatabase>();

  /** Knows from now on whose database it is. */
  watch(object: ObjectDatabase): void {
    this.#objects.set(object.database, object);
  }

  /** A database is about to be used. */
  used(database: Database): void {
    this.#open.delete(database);
    this.#open.add(database);
    for (const other of this.#open) {
      if (this.#open.size <= MOST_OPEN_FILES) return;
      if (other === database || !this.#objects.get(other)?.transactions.isIdle) continue;
      this.#open.delete(other);
      other.close();
    }
  }
}

const CLASS_NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]{0,99}$/u;
const OBJECT_ID = /^[0-9a-f]{64}$/;

/** Both become part of a path. */
function checkNames(className: string, id: string): void {
  if (!CLASS_NAME.test(className)) {
    throw new TypeError(
      `Cannot open an object's storage: received the class ${
        JSON.stringify(className)
      }, expected ` +
        "the name of a class, of 100 characters at most",
    );
  }
  if (!OBJECT_ID.test(id)) {
    throw new TypeError(
      `Cannot open an object's storage: received the id ${JSON.stringify(id)}, expected 64 ` +
        "hexadecimal digits",
    );
  }
}

function fileOf(folder: string, className: string, id: string): string {
  return join(folder, className, `${id}.sqlite`);
}

/** Reads the alarm of every object that has a file. */
function* storedAlarms(folder: string): Generator<ReturnType<StorageFolder["alarms"]>[number]> {
  for (const { name: className, isDirectory } of Deno.readDirSync(folder)) {
    if (!isDirectory || !CLASS_NAME.test(className)) continue;
    for (const { name: file } of Deno.readDirSync(join(folder, className))) {
      const id = file.replace(/\.sqlite$/, "");
      if (id === file || !OBJECT_ID.test(id)) continue;
      const open = new OpenDatabase(fileOf(folder, className, id));
      try {
        const alarm = open.note<StoredAlarm>(ALARM_NOTE);
        if (alarm !== undefined) yield { className, id, name: open.note(NAME_NOTE), alarm };
      } finally {
        open.close();
      }
    }
  }
}
