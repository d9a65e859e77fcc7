// An object's own SQL: statements, cursors, types, and what is refused with which words.

import { assertEquals } from "@std/assert";
import type { SqlValue } from "./api.ts";
import { outcome, withObject } from "./testing_storage.ts";

Deno.test("statements run, the last one's rows are read, and bindings go to the last", () =>
  withObject(({ storage: { sql } }) => {
    assertEquals(sql.exec("CREATE TABLE a(x); INSERT INTO a VALUES (?)", 5).rowsWritten, 1);
    assertEquals(sql.exec("SELECT 1 AS a; SELECT x AS b FROM a;").toArray(), [{ b: 5 }]);
    assertEquals(
      sql.exec(
        "CREATE TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END; SELECT 5 AS x",
      )
        .toArray(),
      [{ x: 5 }],
    );
    assertEquals(sql.exec("SELECT ':no' AS a, ?2 AS b, ?1 AS c", 1, 2).one(), {
      a: ":no",
      b: 2,
      c: 1,
    });
    assertEquals(sql.exec("SELECT :a AS a, ? AS b, $c AS c, :a AS d -- ?", 1, 2, 3).one(), {
      a: 1,
      b: 2,
      c: 3,
      d: 1,
    });
  }));

Deno.test("a cursor reads on where it is, by rows or by arrays", () =>
  withObject(({ storage: { sql } }) => {
    const cursor = sql.exec("SELECT 1 AS x UNION SELECT 2 UNION SELECT 3 UNION SELECT 4");
    assertEquals(cursor.rowsRead, 1);
    assertEquals(cursor.next(), { done: false, value: { x: 1 } });
    assertEquals(cursor.raw().next(), { done: false, value: [2] });
    assertEquals([...cursor], [{ x: 3 }, { x: 4 }]);
    assertEquals(JSON.stringify(cursor.next()), '{"done":true}');
    assertEquals(cursor.toArray(), []);
    assertEquals(cursor.rowsRead, 4);
    const doubled = sql.exec("SELECT 1 AS x, 2 AS x");
    assertEquals(doubled.columnNames, ["x", "x"]);
    assertEquals([...doubled.raw()], [[1, 2]]);
    assertEquals(sql.exec("SELECT 1 AS x, 2 AS x").toArray(), [{ x: 2 }]);
  }));

Deno.test("two cursors of one statement do not disturb each other, and a table can be dropped under them", () =>
  withObject(async ({ storage: { sql } }) => {
    sql.exec("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)");
    const [one, other] = [sql.exec("SELECT * FROM t"), sql.exec("SELECT * FROM t")];
    assertEquals([one.next().value, other.next().value], [{ a: 1 }, { a: 1 }]);
    sql.exec("ALTER TABLE t ADD COLUMN b");
    assertEquals(sql.exec("SELECT * FROM t").one === undefined, false);
    assertEquals(sql.exec("SELECT * FROM t").toArray(), [{ a: 1, b: null }, { a: 2, b: null }]);
    sql.exec("DROP TABLE t");
    await Promise.resolve();
    assertEquals([one.toArray(), other.toArray()], [[{ a: 2 }], [{ a: 2 }]]);
  }));

Deno.test("what is bound and what is read have the types that workerd was measured to have", () =>
  withObject(async ({ storage: { sql } }) => {
    const roundTrip = (value: unknown) =>
      outcome(() => sql.exec("SELECT ? AS a", value as SqlValue).one().a);
    const cases: [unknown, unknown][] = [
      [undefined, null],
      [null, null],
      [true, "true"],
      [{}, "[object Object]"],
      [NaN, null],
      [Infinity, Infinity],
      [1.5, 1.5],
      ["\ud800", "\ufffd"],
      [10n, "TypeError: Cannot convert a BigInt value to a number"],
      [Symbol("s"), "TypeError: Cannot convert a Symbol value to a string"],
      [new Uint8Array([1, 2, 3]).subarray(1), new Uint8Array([2, 3]).buffer],
      [new ArrayBuffer(0), new ArrayBuffer(0)],
    ];
    for (const [given, found] of cases) assertEquals(await roundTrip(given), found);
    assertEquals(sql.exec("SELECT typeof(?) AS a", 1).one(), { a: "real" });
    assertEquals(sql.exec("SELECT 9007199254740993 AS a").one(), { a: 9007199254740992 });
    assertEquals(sql.exec('SELECT "text" AS a').one(), { a: "text" });
  }));

Deno.test("what the vendor refuses is refused with its words", () =>
  withObject(async ({ storage }) => {
    const { sql } = storage;
    await storage.put("k", 1);
    const transaction =
      "Error: To execute a transaction, please use the state.storage.transaction()";
    const auth = "Error: not authorized: SQLITE_AUTH";
    const none = "Error: SQL code did not contain a statement.";
    const refused: [string, string][] = [
      ["BEGIN", transaction],
      ["commit", transaction],
      ["ROLLBACK", transaction],
      ["SAVEPOINT a", transaction],
      ["RELEASE a", transaction],
      ["SELECT 1; ROLLBACK", transaction],
      ["PRAGMA user_version", auth],
      ["PRAGMA journal_mode", auth],
      ["PRAGMA foreign_keys = 5", auth],
      ["PRAGMA page_size = 512", auth],
      ['PRAGMA table_xinfo("_cf_KV")', auth],
      ["ATTACH DATABASE ':memory:' AS z", auth],
      ["DETACH DATABASE z", auth],
      ["CREATE TABLE _CF_x(a)", auth],
      ["CREATE VIEW _cf_v AS SELECT 1", auth],
      ["CREATE TEMP TABLE q(a)", auth],
      ["CREATE TABLE t(a); ALTER TABLE t RENAME TO _cf_x", auth],
      ["CREATE TRIGGER g AFTER INSERT ON _cf_KV BEGIN SELECT 1; END", auth],
      ["CREATE VIRTUAL TABLE f USING fts3(a)", auth],
      ["DROP TABLE _cf_KV", auth],
      ["DELETE FROM _cf_KV", auth],
      ["SELECT * FROM _cf_kv", "Error: access to _cf_KV.key is prohibited: SQLITE_AUTH"],
      [
        "SELECT sqlite_version()",
        "Error: not authorized to use function: sqlite_version: SQLITE_ERROR",
      ],
      ["VACUUM", "Error: cannot VACUUM from within a transaction: SQLITE_ERROR"],
      [
        "INSERT INTO sqlite_master VALUES (1, 2, 3, 4, 5)",
        "Error: table sqlite_master may not be modified: SQLITE_ERROR",
      ],
      ["", none],
      [" -- c", none],
      [";", none],
      ["SELECT 1; -- x", none],
      ["SELECT ?", "Error: Wrong number of parameter bindings for SQL query."],
      [
        "SELECT ?; SELECT 1",
        "Error: When executing multiple SQL statements in a single call, only the last statement can have parameters.",
      ],
      ["nonsense", 'Error: near "nonsense": syntax error: SQLITE_ERROR'],
      ["SELECT * FROM nope", "Error: no such table: nope: SQLITE_ERROR"],
      [`SELECT 1 /*${"x".repeat(100_000)}*/`, "Error: statement too long: SQLITE_TOOBIG"],
      [
        `SELECT 'a' LIKE '${"x".repeat(51)}'`,
        "Error: LIKE or GLOB pattern too complex: SQLITE_ERROR",
      ],
      [
        "CREATE TABLE n(a UNIQUE); INSERT INTO n VALUES (1); INSERT INTO n VALUES (1)",
        "Error: UNIQUE constraint failed: n.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
      ],
      [
        "CREATE TABLE p(a PRIMARY KEY); CREATE TABLE q(b REFERENCES p(a)); INSERT INTO q VALUES (5)",
        "Error: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)",
      ],
    ];
    for (const [query, message] of refused) {
      const said = String(await outcome(() => sql.exec(query)));
      assertEquals(said.slice(0, message.length), message, query.slice(0, 80));
    }
    assertEquals(await storage.get("k"), 1);
    assertEquals(sql.exec("SELECT a FROM n").toArray(), [{ a: 1 }]);
  }));

Deno.test("the pragmas and virtual tables that the vendor allows work", () =>
  withObject(({ storage: { sql } }) => {
    sql.exec("CREATE TABLE t(a)");
    assertEquals(sql.exec("PRAGMA table_info(t)").toArray().map(({ name }) => name), ["a"]);
    assertEquals(sql.exec("SELECT name FROM pragma_table_info('t')").toArray(), [{ name: "a" }]);
    assertEquals(sql.exec("PRAGMA foreign_keys").one(), { foreign_keys: 1 });
    sql.exec("CREATE VIRTUAL TABLE f USING fts5(text); INSERT INTO f VALUES ('some words')");
    assertEquals(sql.exec("SELECT text FROM f WHERE f MATCH ?", "words").one(), {
      text: "some words",
    });
  }));

Deno.test("one() insists on one row, and what it refuses is used up", () =>
  withObject(async ({ storage: { sql } }) => {
    assertEquals(
      await outcome(() => sql.exec("SELECT 1 AS x WHERE 0").one()),
      "Error: Expected exactly one result from SQL query, but got no results.",
    );
    const two = sql.exec("SELECT 1 AS x UNION SELECT 2");
    assertEquals(
      await outcome(() => two.one()),
      "Error: Expected exactly one result from SQL query, but got multiple results.",
    );
    assertEquals(two.toArray(), []);
  }));

Deno.test("written rows are counted, and the size follows what is stored", () =>
  withObject(({ storage: { sql } }) => {
    assertEquals(sql.databaseSize, 4096);
    sql.exec("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
    assertEquals(sql.databaseSize, 8192);
    assertEquals(sql.exec("INSERT INTO t(b) VALUES (1), (2), (3)").rowsWritten, 3);
    assertEquals(sql.exec("UPDATE t SET b = 0 WHERE a < 3").rowsWritten, 2);
    const returning = sql.exec("INSERT INTO t(b) VALUES (9) RETURNING a");
    assertEquals([returning.one(), returning.rowsWritten], [{ a: 4 }, 1]);
    const select = sql.exec("SELECT * FROM t");
    assertEquals([select.toArray().length, select.rowsRead, select.rowsWritten], [4, 4, 0]);
    sql.exec("INSERT INTO t(b) VALUES (?)", "x".repeat(100_000));
    const full = sql.databaseSize;
    sql.exec("DELETE FROM t");
    assertEquals([full > 100_000, sql.databaseSize], [true, 8192]);
  }));

Deno.test("INSERT OR ROLLBACK undoes the event's writes and leaves storage usable", () =>
  withObject(async ({ storage, hooks }) => {
    storage.sql.exec("CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1)");
    await storage.sync();
    storage.kv.put("k", 1);
    await storage.setAlarm(2_000_000);
    await outcome(() => storage.sql.exec("INSERT OR ROLLBACK INTO t VALUES (1)"));
    assertEquals([storage.kv.get("k"), await storage.getAlarm(), hooks.alarms], [undefined, null, [
      2_000_000,
      null,
    ]]);
    storage.kv.put("k", 2);
    await storage.sync();
    assertEquals(storage.kv.get("k"), 2);
  }));
