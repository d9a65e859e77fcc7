// One object's SQLite database: opened on first use, with the tables that storage keeps for itself.

import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { StatementSync } from "node:sqlite";
import { messageOf, UsageError } from "../../../lab/errors.ts";
import { Authorizer } from "./authorizer.ts";
import { setLimits } from "./limits.ts";
import { openSqlite } from "./sqlite.ts";
import type { Sqlite } from "./sqlite.ts";

/** Marks our files in SQLite's header: the bytes of "edob". */
const APPLICATION_ID = 0x65646f62;

/** The layout of the internal tables, kept as `user_version`. A newer one is refused. */
const LAYOUT = 1;

/** Keys and values; workerd calls the table so too. */
const KEY_TABLE = "CREATE TABLE _cf_KV (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";

/** The alarm and the name, each a JSON text. */
const META_TABLE =
  "CREATE TABLE _cf_METADATA (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID";

/** An open database with what was prepared on it. */
export class OpenDatabase {
  readonly sqlite: Sqlite;
  readonly authorizer: Authorizer;
  readonly #prepared = new Map<string, StatementSync>();
  readonly #tables = new Map<string, boolean>();

  /**
   * Opens a file, or a database in memory.
   *
   * @throws {UsageError} when the file is no database, not ours, or of a newer layout.
   */
  constructor(path: string | undefined) {
    this.sqlite = openDatabase(path);
    try {
      this.authorizer = new Authorizer(this.sqlite);
      this.sqlite.enableDefensive(true);
      setLimits(this.sqlite);
    } catch (error) {
      this.sqlite.close();
      throw error;
    }
  }

  /** A statement of storage's own, prepared once. */
  prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const made = this.sqlite.prepare(sql);
    this.#prepared.set(sql, made);
    return made;
  }

  /** Whether an internal table is there: they are made when something is written to them. */
  has(table: "_cf_KV" | "_cf_METADATA"): boolean {
    let there = this.#tables.get(table);
    if (there === undefined) {
      const find = this.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
      there = find.get(table) !== undefined;
      this.#tables.set(table, there);
    }
    return there;
  }

  /** Makes an internal table where it is missing; to be called in a transaction. */
  need(table: "_cf_KV" | "_cf_METADATA"): void {
    if (this.has(table)) return;
    this.sqlite.exec(table === "_cf_KV" ? KEY_TABLE : META_TABLE);
    this.#tables.set(table, true);
  }

  /** A transaction was undone, and tables may be gone with it. */
  forgetTables(): void {
    this.#tables.clear();
  }

  /** Something of the internal notes; undefined where it is not there. */
  note<T>(key: string): T | undefined {
    if (!this.has("_cf_METADATA")) return undefined;
    const row = this.prepare("SELECT value FROM _cf_METADATA WHERE key = ?").get(key);
    return row === undefined ? undefined : JSON.parse(String(row.value));
  }

  /** Keeps or, with undefined, removes a note; to be called in a transaction. */
  keepNote(key: string, value: unknown): void {
    if (value === undefined && !this.has("_cf_METADATA")) return;
    this.need("_cf_METADATA");
    if (value === undefined) this.prepare("DELETE FROM _cf_METADATA WHERE key = ?").run(key);
    else {
      this.prepare("INSERT OR REPLACE INTO _cf_METADATA VALUES (?, ?)")
        .run(key, JSON.stringify(value));
    }
  }

  /** Bytes that are in use, one page at least, as workerd counts (measured). */
  get sizeBytes(): number {
    const pragma = (name: string) => Number(this.prepare(`PRAGMA ${name}`).get()?.[name]);
    const pages = pragma("page_count") - pragma("freelist_count");
    return Math.max(1, pages) * pragma("page_size");
  }

  /** Gives it back. */
  close(): void {
    this.#prepared.clear();
    this.sqlite.close();
  }
}

/** Where an object's database is, whether open or not. */
export class Database {
  /** The file; undefined for a database in memory. */
  readonly path: string | undefined;
  #open: OpenDatabase | undefined;
  readonly #onUse: (database: Database) => void;

  /** Opens nothing. `onUse` is told of each use, before it. */
  constructor(path: string | undefined, onUse: (database: Database) => void = () => {}) {
    this.path = path;
    this.#onUse = onUse;
  }

  /** The database, opened and made if need be. */
  use(): OpenDatabase {
    this.#onUse(this);
    return this.#open ??= new OpenDatabase(this.path);
  }

  /** The database if there is one: nothing is made. */
  look(): OpenDatabase | undefined {
    if (this.#open === undefined && (this.path === undefined || !existsSync(this.path))) {
      return undefined;
    }
    return this.use();
  }

  /** The database if it is open. */
  get opened(): OpenDatabase | undefined {
    return this.#open;
  }

  /** Gives the open database back; the file stays. */
  close(): void {
    const open = this.#open;
    this.#open = undefined;
    open?.close();
  }

  /** Removes everything. */
  remove(): void {
    // Closing brings the write-ahead log into the file first, so that none can outlive it.
    this.close();
    if (this.path === undefined) return;
    for (const suffix of ["", "-wal", "-shm"]) {
      try {
        Deno.removeSync(this.path + suffix);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }
}

function openDatabase(path: string | undefined): Sqlite {
  if (path === undefined) return openSqlite(":memory:");
  let sqlite: Sqlite | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    sqlite = openSqlite(path);
    claim(sqlite);
    // A write-ahead log that is not flushed at each commit survives the end of the process, however
    // it ends; a loss of power can cost the last commits, but not the file.
    sqlite.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY",
    );
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw new UsageError(
      `Cannot open the storage in ${path}: ${messageOf(error)}, expected a file that a Durable ` +
        "Object host made; move it away, or name another folder",
    );
  }
}

/** Sees to it that the file is ours: a new one is marked, another one's refused. */
function claim(sqlite: Sqlite): void {
  const number = (name: string) => Number(sqlite.prepare(`PRAGMA ${name}`).get()?.[name]);
  const found = { application: number("application_id"), layout: number("user_version") };
  const isNew = number("page_count") === 0;
  if (isNew) {
    sqlite.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${LAYOUT}`);
  } else if (found.application !== APPLICATION_ID) {
    throw new Error(`received a database of another program (${found.application})`);
  } else if (found.layout !== LAYOUT) {
    throw new Error(`received layout ${found.layout}, know layout ${LAYOUT}`);
  }
}
