// `ctx.storage.sql`: an object's own statements, run on its database.

import type { StatementSync } from "node:sqlite";
import type { SqlStorage, SqlValue } from "./api.ts";
import { toBound } from "./bindings.ts";
import type { Bound } from "./bindings.ts";
import type { Database, OpenDatabase } from "./database.ts";
import { Cursor } from "./sql_cursor.ts";
import type { SqlResult } from "./sql_cursor.ts";
import { toVendorError } from "./sql_errors.ts";
import { hasNoStatement, parametersOf } from "./sql_text.ts";
import type { Parameters } from "./sql_text.ts";
import { giveArrays } from "./sqlite.ts";
import type { Transactions } from "./transactions.ts";

/** How many prepared statements are kept for the next time. */
const MOST_PREPARED = 100;

/** What workerd says to BEGIN, COMMIT, ROLLBACK, SAVEPOINT and RELEASE. */
const NO_TRANSACTIONS = "To execute a transaction, please use the state.storage.transaction() or " +
  "state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT " +
  "statements. The JavaScript API is safer because it will automatically roll back on " +
  "exceptions, and because it interacts correctly with Durable Objects' automatic atomic write " +
  "coalescing.";

const RENAMES_TO_INTERNAL = /\brename\s+to\s+["'`[]?_cf_/i;

interface Prepared {
  statement: StatementSync;
  parameters: Parameters;
  /** It changes nothing. */
  isRead: boolean;
  /** What of the text follows it. */
  rest: string;
}

/** What SQL needs of the storage that it belongs to. */
export interface SqlOwner {
  readonly database: Database;
  readonly transactions: Transactions;
  /** Throws when the incarnation is over. */
  check(): void;
}

/** Runs an object's statements. */
export class Sql implements SqlStorage {
  readonly #owner: SqlOwner;
  /** Of one database: another one begins anew. */
  #prepared = new WeakMap<OpenDatabase, Map<string, Prepared>>();

  /** Prepares nothing. */
  constructor(owner: SqlOwner) {
    this.#owner = owner;
  }

  /** {@inheritDoc SqlStorage.databaseSize} */
  get databaseSize(): number {
    this.#owner.check();
    return this.#owner.database.use().sizeBytes;
  }

  /** {@inheritDoc SqlStorage.exec} */
  exec<Row extends Record<string, SqlValue> = Record<string, SqlValue>>(
    ...[query, ...bindings]: [query: string, ...bindings: unknown[]]
  ): Cursor<Row> {
    this.#owner.check();
    if (query === undefined) {
      throw new TypeError(
        "Failed to execute 'exec' on 'SqlStorage': parameter 1 is not of type 'String'.",
      );
    }
    const bound = bindings.map(toBound);
    const open = this.#owner.database.use();
    for (let text = String(query);;) {
      const prepared = this.#prepare(open, text);
      const isLast = prepared.rest === "";
      const { count } = prepared.parameters;
      if (!isLast && count > 0) {
        throw new Error(
          "When executing multiple SQL statements in a single call, only the last statement can " +
            "have parameters.",
        );
      }
      if (isLast && count !== bound.length) {
        throw new Error("Wrong number of parameter bindings for SQL query.");
      }
      const result = this.#run(open, prepared, isLast ? bound : []);
      if (isLast) return new Cursor<Row>(result);
      text = prepared.rest;
    }
  }

  /** Prepares the first statement of a text, or finds it prepared. */
  #prepare(open: OpenDatabase, text: string): Prepared {
    const known = this.#preparedOn(open);
    const before = known.get(text);
    if (before !== undefined) return before;
    // To be asked first: Deno 2.9.6 dies of a text without a statement when asked for its source.
    if (hasNoStatement(text)) throw new Error("SQL code did not contain a statement.");
    const { authorizer } = open;
    const statement = this.#told(open, () => open.sqlite.prepare(text));
    giveArrays(statement);
    // Without this a number over 2^53 throws.
    statement.setReadBigInts(true);
    const source = statement.sourceSQL;
    // The authorizer is not told the new name.
    if (RENAMES_TO_INTERNAL.test(source)) throw new Error("not authorized: SQLITE_AUTH");
    const prepared: Prepared = {
      statement,
      parameters: parametersOf(source),
      isRead: authorizer.seen.selects && !authorizer.seen.writes,
      rest: text.slice(source.length).trimStart(),
    };
    if (prepared.rest === "") {
      if (known.size >= MOST_PREPARED) known.delete(known.keys().next().value ?? "");
      known.set(text, prepared);
    }
    return prepared;
  }

  #preparedOn(open: OpenDatabase): Map<string, Prepared> {
    const known = this.#prepared.get(open) ?? new Map<string, Prepared>();
    this.#prepared.set(open, known);
    return known;
  }

  #run(open: OpenDatabase, prepared: Prepared, bound: Bound[]): SqlResult {
    const { statement, parameters, isRead } = prepared;
    // What reads only may be run outside of a transaction; so may nothing else.
    if (!isRead) this.#owner.transactions.write();
    const changesBefore = isRead ? 0 : changes(open);
    const rows = this.#told(open, () => all(statement, parameters, bound));
    const changed = isRead ? 0 : changes(open) - changesBefore;
    // Asked for now: a table may have got columns since the statement was prepared.
    const columnNames = statement.columns().map(({ name }) => name);
    return { rows, columnNames, changed };
  }

  /** Runs something as the object's SQL, with the vendor's errors. */
  #told<T>(open: OpenDatabase, run: () => T): T {
    try {
      return open.authorizer.watch(run);
    } catch (error) {
      this.#owner.transactions.lost(open);
      if (open.authorizer.seen.transaction) throw new Error(NO_TRANSACTIONS);
      throw toVendorError(error);
    }
  }
}

function changes(open: OpenDatabase): number {
  return Number(open.prepare("SELECT total_changes() AS count").get()?.count);
}

function all(statement: StatementSync, { names }: Parameters, bound: Bound[]): unknown[][] {
  // The runtime binds by position what has no name, and by name what has one.
  const named: Record<string, Bound> = {};
  const unnamed = bound.filter((value, index) => {
    const name = names[index];
    if (name !== undefined) named[name] = value;
    return name === undefined;
  });
  const rows = unnamed.length === bound.length
    ? statement.all(...unnamed)
    : statement.all(named, ...unnamed);
  return rows as unknown as unknown[][];
}
