// What the runtime's SQLite can do beyond its published types.

import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";

/** What is asked before a statement does something: the action, and up to two names. */
export type Authorize = (action: number, ...names: (string | null)[]) => number;

/** A database with what Deno 2.9.6 has and its types do not name. */
export interface Sqlite extends DatabaseSync {
  /** Asks this function for every action of every statement that is prepared from now on. */
  setAuthorizer(authorize: Authorize): void;
  /** Lets no statement write to SQLite's own tables. */
  enableDefensive(active: boolean): void;
  /** Runtime limits (https://www.sqlite.org/c3ref/limit.html). */
  readonly limits: Record<string, number>;
  /** Whether a transaction is open. */
  readonly isTransaction: boolean;
}

/** The actions that an authorizer is asked for (https://www.sqlite.org/c3ref/c_alter_table.html). */
export const ACTION = {
  CREATE_TEMP_INDEX: 3,
  CREATE_TEMP_TABLE: 4,
  CREATE_TEMP_TRIGGER: 5,
  CREATE_TEMP_VIEW: 6,
  PRAGMA: 19,
  READ: 20,
  SELECT: 21,
  TRANSACTION: 22,
  ATTACH: 24,
  DETACH: 25,
  CREATE_VTABLE: 29,
  FUNCTION: 31,
  SAVEPOINT: 32,
  RECURSIVE: 33,
} as const;

/** An authorizer's answer: go on. */
export const ALLOW = 0;

/** An authorizer's answer: the statement is refused. */
export const DENY = 1;

/**
 * Opens a database.
 *
 * @param path The file, or `:memory:`.
 */
export function openSqlite(path: string): Sqlite {
  // Texts in double quotes are what workerd takes (measured).
  const database = new DatabaseSync(path, { enableDoubleQuotedStringLiterals: true });
  if (isWhole(database)) return database;
  throw new Error(
    "Cannot open a database: this runtime's node:sqlite has no authorizer, expected Deno 2.9.6",
  );
}

function isWhole(database: DatabaseSync): database is Sqlite {
  return "setAuthorizer" in database && "enableDefensive" in database && "limits" in database;
}

/** Lets a statement give its rows as arrays: two columns of one name are then two values. */
export function giveArrays(statement: StatementSync): void {
  if ("setReturnArrays" in statement && typeof statement.setReturnArrays === "function") {
    statement.setReturnArrays(true);
  }
}
