// Experiments with an object's SQL.

import type { Bench, Rows } from "./bench.ts";
import { outcomesOf } from "./outcome.ts";

/** Gives what a statement gave, all of its rows. */
function rowsOf({ ctx: { storage } }: Bench, query: string, ...bindings: unknown[]): unknown {
  return storage.sql.exec(query, ...bindings as never[]).toArray();
}

const three = (bench: Bench) => {
  rowsOf(bench, "CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT UNIQUE)");
  return rowsOf(bench, "INSERT INTO t(x) VALUES ('a'), ('b'), ('c')");
};

const counted = (bench: Bench, query: string) => {
  const cursor = bench.ctx.storage.sql.exec(query);
  const first = [cursor.rowsRead, cursor.rowsWritten];
  const rows = cursor.toArray();
  return [first, rows, cursor.rowsRead, cursor.rowsWritten];
};

/** Statements that stand for themselves; after {@linkcode three}. */
const STATEMENTS = [
  "selec 1",
  "SELECT * FROM nope",
  "SELECT nope FROM t",
  "INSERT INTO t(x) VALUES ('a')",
  "SELECT ?",
  "",
  "  -- nothing",
  "BEGIN",
  "SAVEPOINT a",
  "COMMIT",
  "ATTACH 'x' AS y",
  "PRAGMA journal_mode",
  "PRAGMA user_version",
  "PRAGMA foreign_keys",
  "PRAGMA table_info(t)",
  "CREATE TABLE _cf_mine(x)",
  "SELECT sqlite_version()",
  "VACUUM",
  "CREATE TEMP TABLE u(x)",
  "SELECT 1; SELECT 2",
  "SELECT 'a\0b' AS x",
  "INSERT OR ROLLBACK INTO t(x) VALUES ('a')",
  "INSERT OR REPLACE INTO t(x) VALUES ('a')",
  "EXPLAIN SELECT 1",
  "PRAGMA table_list",
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3) SELECT i FROM n",
  "SELECT 1 AS a, 2 AS a",
  "SELECT NULL AS n, 1.5 AS r, 9007199254740993 AS i, 'x' AS t, x'0102' AS b",
  "SELECT json_extract('{\"a\":5}', '$.a') AS j",
  "SELECT upper(x) AS u FROM t ORDER BY x DESC LIMIT 2",
  "INSERT INTO t(x) VALUES ('d') RETURNING id, x",
  "DELETE FROM t WHERE x = 'a'",
  "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
];

/** The rows. */
export const sqlRows: Rows = {
  ...Object.fromEntries(STATEMENTS.map((query) => [`sql: ${query}`, (bench: Bench) => {
    three(bench);
    return rowsOf(bench, query);
  }])),
  "sql: bindings": (bench) =>
    rowsOf(
      bench,
      "SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e, ? AS f, ? AS g",
      ...[undefined, null, true, 1.5, "x", new Uint8Array([1, 2]), NaN],
    ),
  "sql: bindings of dates and objects": (bench) =>
    rowsOf(bench, "SELECT ? AS a, ? AS b", new Date(5).getTime(), {}),
  "sql: a BigInt as a binding": (bench) => rowsOf(bench, "SELECT ?", 5n),
  "sql: a symbol as a binding": (bench) => rowsOf(bench, "SELECT ?", Symbol("x")),
  "sql: too few bindings": (bench) => rowsOf(bench, "SELECT ?, ?", 1),
  "sql: too many bindings": (bench) => rowsOf(bench, "SELECT ?", 1, 2),
  "sql: numbered bindings": (bench) => rowsOf(bench, "SELECT ?2 AS a, ?1 AS b", 1, 2),
  "sql: 100 variables": (bench) =>
    (rowsOf(bench, `SELECT ${Array(100).fill("?").join()}`, ...Array(100).fill(1)) as unknown[])
      .length,
  "sql: 101 variables": (bench) =>
    rowsOf(bench, `SELECT ${Array(101).fill("?").join()}`, ...Array(101).fill(1)),
  "sql: several statements, bindings for the last": (bench) =>
    rowsOf(bench, "CREATE TABLE u(x); INSERT INTO u VALUES (1); SELECT x, ? AS y FROM u", 5),
  "sql: no query": ({ ctx: { storage } }) => Reflect.apply(storage.sql.exec, storage.sql, []),
  "sql: one()": async (bench) => {
    three(bench);
    const { sql } = bench.ctx.storage;
    return await outcomesOf(
      () => sql.exec("SELECT x FROM t WHERE x = 'a'").one(),
      () => sql.exec("SELECT x FROM t WHERE x = 'z'").one(),
      () => sql.exec("SELECT x FROM t").one(),
    );
  },
  "sql: next() and a second toArray()": (bench) => {
    three(bench);
    const cursor = bench.ctx.storage.sql.exec("SELECT x FROM t WHERE x < 'c'");
    return [cursor.next(), cursor.toArray(), cursor.toArray(), cursor.next()];
  },
  "sql: for of, raw(), columnNames": (bench) => {
    three(bench);
    const { sql } = bench.ctx.storage;
    const all: unknown[] = [];
    for (const row of sql.exec("SELECT * FROM t")) all.push(row);
    const cursor = sql.exec("SELECT * FROM t");
    return [all, cursor.columnNames, [...cursor.raw()]];
  },
  "sql: rowsRead and rowsWritten of a SELECT": (bench) => {
    three(bench);
    return counted(bench, "SELECT x FROM t");
  },
  "sql: rowsRead and rowsWritten of an UPDATE": (bench) => {
    three(bench);
    return counted(bench, "UPDATE t SET x = x || 'z'");
  },
  "sql: rowsRead and rowsWritten of an INSERT that returns": (bench) => {
    rowsOf(bench, "CREATE TABLE u(x)");
    return counted(bench, "INSERT INTO u VALUES (1) RETURNING x");
  },
  "sql: rows written while a cursor is open": (bench) => {
    three(bench);
    const cursor = bench.ctx.storage.sql.exec("SELECT x FROM t");
    const first = cursor.next();
    rowsOf(bench, "INSERT INTO t(x) VALUES ('d')");
    return [first, cursor.toArray()];
  },
  "sql: rowsRead of a SELECT with a limit, before it is read": (bench) => {
    three(bench);
    const cursor = bench.ctx.storage.sql.exec("SELECT x FROM t");
    const before = cursor.rowsRead;
    cursor.next();
    return [before, cursor.rowsRead];
  },
  "sql: databaseSize of a new object": ({ ctx: { storage } }) => storage.sql.databaseSize,
  "sql: the same statement twice": (bench) => {
    three(bench);
    const { sql } = bench.ctx.storage;
    const [one, other] = [sql.exec("SELECT x FROM t"), sql.exec("SELECT x FROM t")];
    return [one.next(), other.next(), one.next()];
  },
  "sql: a cursor after an await": async (bench) => {
    three(bench);
    const cursor = bench.ctx.storage.sql.exec("SELECT x FROM t");
    const first = cursor.next();
    await bench.ctx.storage.get("a");
    return [first, cursor.toArray()];
  },
};
