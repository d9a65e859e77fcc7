// What an object's own SQL may do: asked by SQLite for each thing that a statement is about to do.

import { ACTION, ALLOW, DENY } from "./sqlite.ts";
import type { Sqlite } from "./sqlite.ts";

/** Whether a name is one of those that storage keeps for itself. */
function isInternal(name: string | null): boolean {
  return name !== null && /^_cf_/i.test(name);
}

/** Whether a pragma's argument is fine. */
type PragmaRule = (argument: string | null) => boolean;

const isBoolean: PragmaRule = (argument) =>
  argument === null || /^(?:on|off|true|false|yes|no|0|1)$/i.test(argument);
const isMissing: PragmaRule = (argument) => argument === null;
const isTable: PragmaRule = (argument) => !isInternal(argument);

/** The pragmas that workerd lets through, with what they may be told (measured). */
const PRAGMAS: Readonly<Record<string, PragmaRule>> = {
  case_sensitive_like: isBoolean,
  data_version: isMissing,
  defer_foreign_keys: isBoolean,
  foreign_key_check: isTable,
  foreign_key_list: isTable,
  foreign_keys: isBoolean,
  ignore_check_constraints: isBoolean,
  index_info: isTable,
  index_list: isTable,
  index_xinfo: isTable,
  legacy_alter_table: isBoolean,
  optimize: () => true,
  page_size: isMissing,
  quick_check: isTable,
  recursive_triggers: isBoolean,
  reverse_unordered_selects: isBoolean,
  table_info: isTable,
  table_list: isTable,
  table_xinfo: isTable,
};

/** Functions that workerd does not have or does not allow (measured). */
const REFUSED_FUNCTIONS: ReadonlySet<string> = new Set([
  "fts3_tokenizer",
  "load_extension",
  "soundex",
  "sqlite_compileoption_get",
  "sqlite_compileoption_used",
  "sqlite_source_id",
  "sqlite_version",
]);

/** The kinds of virtual tables that workerd lets one make (measured). */
const VIRTUAL_TABLES: ReadonlySet<string> = new Set(["fts5", "fts5vocab", "rtree", "rtree_i32"]);

const ALWAYS_REFUSED: ReadonlySet<number> = new Set<number>([
  ACTION.ATTACH,
  ACTION.CREATE_TEMP_INDEX,
  ACTION.CREATE_TEMP_TABLE,
  ACTION.CREATE_TEMP_TRIGGER,
  ACTION.CREATE_TEMP_VIEW,
  ACTION.DETACH,
]);

const READING: ReadonlySet<number> = new Set<number>([
  ACTION.FUNCTION,
  ACTION.READ,
  ACTION.RECURSIVE,
  ACTION.SELECT,
]);

/** Watches over one database. Storage's own statements are not its business. */
export class Authorizer {
  #watching = false;
  /** What the statement that is being prepared was seen to do. */
  seen: { selects: boolean; writes: boolean; transaction: boolean } = nothingSeen();

  /** Is asked by a database from now on. */
  constructor(database: Sqlite) {
    database.setAuthorizer((action, ...names) =>
      this.#watching ? this.#judge(action, names) : ALLOW
    );
  }

  /** Runs something as the object's own SQL. */
  watch<T>(run: () => T): T {
    this.seen = nothingSeen();
    this.#watching = true;
    try {
      return run();
    } finally {
      this.#watching = false;
    }
  }

  #judge(action: number, [first = null, second = null]: (string | null)[]): number {
    const { seen } = this;
    if (action === ACTION.TRANSACTION || action === ACTION.SAVEPOINT) {
      seen.transaction = true;
      return DENY;
    }
    if (ALWAYS_REFUSED.has(action)) return DENY;
    if (action === ACTION.SELECT) seen.selects = true;
    else if (!READING.has(action)) seen.writes = true;
    return this.#allows(action, first, second) ? ALLOW : DENY;
  }

  #allows(action: number, first: string | null, second: string | null): boolean {
    if (action === ACTION.PRAGMA) return PRAGMAS[(first ?? "").toLowerCase()]?.(second) ?? false;
    if (action === ACTION.FUNCTION) return !REFUSED_FUNCTIONS.has((second ?? "").toLowerCase());
    if (action === ACTION.CREATE_VTABLE) {
      return !isInternal(first) && VIRTUAL_TABLES.has((second ?? "").toLowerCase());
    }
    if (action === ACTION.READ) return !isInternal(first) && first?.toLowerCase() !== "dbstat";
    return !isInternal(first) && !isInternal(second);
  }
}

function nothingSeen() {
  return { selects: false, writes: false, transaction: false };
}
