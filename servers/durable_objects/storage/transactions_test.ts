// Transactions, nested and at once, what a turn of the event loop writes, and what a reset undoes.

import { assertEquals, assertRejects } from "@std/assert";
import { outcome, withObject } from "./testing_storage.ts";
import type { DurableObjectTransaction } from "./api.ts";

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("a transaction keeps all, gives what its closure gave, and holds the output back meanwhile", () =>
  withObject(async ({ storage, hooks }) => {
    const given = await storage.transaction(async (transaction) => {
      await transaction.put("a", 1);
      await turn();
      assertEquals(await storage.get("a"), 1);
      return 5;
    });
    assertEquals([given, await storage.get("a")], [5, 1]);
    assertEquals(hooks.outputs.length, 1);
    await Promise.all(hooks.outputs);
  }));

Deno.test("a transaction that throws or rolls back undoes keys, tables and the alarm", () =>
  withObject(async ({ storage, hooks }) => {
    await storage.put("before", 1);
    await storage.setAlarm(2_000_000);
    await storage.sync();
    const change = async (transaction: DurableObjectTransaction) => {
      await transaction.put("a", 1);
      await storage.put("b", 1);
      await transaction.delete("before");
      storage.sql.exec("CREATE TABLE t(a)");
      await transaction.setAlarm(3_000_000);
      await turn();
    };
    await assertRejects(
      () =>
        storage.transaction(async (t) => (await change(t), Promise.reject(new RangeError("q")))),
      RangeError,
      "q",
    );
    const given = await storage.transaction(async (t) => {
      await change(t);
      t.rollback();
      t.rollback();
      return 5;
    });
    assertEquals(given, 5);
    assertEquals([...await storage.list()], [["before", 1]]);
    assertEquals(storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 't'").toArray(), []);
    assertEquals(await storage.getAlarm(), 2_000_000);
    assertEquals(hooks.alarms, [2_000_000, 3_000_000, 2_000_000, 3_000_000, 2_000_000]);
  }));

Deno.test("a transaction that is over says so", () =>
  withObject(async ({ storage }) => {
    let kept: DurableObjectTransaction | undefined;
    await storage.transaction((transaction) => Promise.resolve(void (kept = transaction)));
    assertEquals(
      await outcome(() => kept?.get("a")),
      "Error: Cannot call get() on transaction that has already committed: did you move `txn` outside of the closure?",
    );
    assertEquals(
      await outcome(() =>
        storage.transaction(async (transaction) => {
          transaction.rollback();
          await storage.put("after", 1);
          await transaction.put("a", 1);
        })
      ),
      "Error: Cannot put() on rolled back transaction",
    );
    assertEquals([...await storage.list()], [["after", 1]]);
  }));

Deno.test("transactions nest: what the inner one undoes is its own", () =>
  withObject(async ({ storage }) => {
    await storage.transaction(async (outer) => {
      await outer.put("outer", 1);
      await outcome(() =>
        storage.transaction(async (inner) => {
          await inner.put("inner", 1);
          await inner.put("outer", 2);
          throw new Error("q");
        })
      );
      assertEquals([...await outer.list()], [["outer", 1]]);
      await storage.transaction(async (inner) => await inner.put("second", 2));
    });
    assertEquals([...await storage.list()], [["outer", 1], ["second", 2]]);
    await storage.transaction(async (outer) => {
      await storage.transaction(async (inner) => await inner.put("lost", 2));
      outer.rollback();
    });
    assertEquals(await storage.get("lost"), undefined);
  }));

Deno.test("two transactions at once come one after the other, and writes before them are not theirs", () =>
  withObject(async ({ storage }) => {
    const seen: unknown[] = [];
    const first = storage.transaction(async (transaction) => {
      await transaction.put("a", 1);
      await turn();
      seen.push("first");
      transaction.rollback();
    });
    const second = storage.transaction(async (transaction) => {
      seen.push("second", await transaction.get("a"));
    });
    await storage.put("b", 1);
    await Promise.all([first, second]);
    assertEquals(seen, ["first", "second", undefined]);
    assertEquals([...await storage.list()], [["b", 1]]);
  }));

Deno.test("transactionSync() gives, throws and nests", () =>
  withObject(async ({ storage }) => {
    const { kv } = storage;
    assertEquals(storage.transactionSync(() => (kv.put("a", 1), 5)), 5);
    const thrown = () =>
      storage.transactionSync(() => {
        kv.put("b", 1);
        storage.sql.exec("CREATE TABLE t(a)");
        throw new RangeError("q");
      });
    assertEquals(await outcome(thrown), "RangeError: q");
    await storage.transactionSync(async () => {
      kv.put("c", 1);
      await outcome(thrown);
    });
    assertEquals([...kv.list()], [["a", 1], ["c", 1]]);
  }));

Deno.test("what one turn of the event loop wrote is undone by a reset as a whole; what came before stays", () =>
  withObject(async ({ storage, object, hooks }) => {
    await storage.put("first", 1);
    await turn();
    await storage.put("second", 1);
    storage.kv.put("third", 1);
    await storage.setAlarm(2_000_000);
    object.rollBack();
    const next = object.open(hooks);
    assertEquals([...await next.list()], [["first", 1]]);
    assertEquals([await next.getAlarm(), object.alarm, hooks.alarms], [null, undefined, [
      2_000_000,
      null,
    ]]);
    assertEquals(
      await outcome(() => storage.get("first")),
      "Error: Cannot use storage: received a call of an instance that is over, expected one of the instance that is in memory",
    );
    await next.put("second", 2);
    await next.sync();
    object.rollBack();
    assertEquals(await object.open(hooks).get("second"), 2);
  }));

Deno.test("a reset undoes a transaction that is open, and its closure cannot go on", () =>
  withObject(async ({ storage, object, hooks }) => {
    const pending = outcome(() =>
      storage.transaction(async (transaction) => {
        await transaction.put("a", 1);
        await turn();
        object.rollBack();
        await transaction.put("b", 1);
      })
    );
    assertEquals(String(await pending).slice(0, 26), "Error: Cannot use storage:");
    assertEquals((await object.open(hooks).list()).size, 0);
  }));

Deno.test("the output is held once for what a turn of the event loop writes", () =>
  withObject(async ({ storage, hooks }) => {
    await storage.put("a", 1);
    await storage.put("b", 1);
    storage.sql.exec("CREATE TABLE t(a)");
    assertEquals(hooks.outputs.length, 1);
    let isKept = false;
    hooks.outputs[0]?.then(() => isKept = true);
    await Promise.resolve();
    assertEquals(isKept, false);
    await hooks.outputs[0];
    await storage.put("c", 1);
    assertEquals(hooks.outputs.length, 2);
  }));

Deno.test("a commit that fails undoes what it was to keep, and rejects what holds the output back", () =>
  withObject(async ({ storage, hooks }) => {
    storage.sql.exec(
      "CREATE TABLE p(a PRIMARY KEY); CREATE TABLE q(b REFERENCES p(a) DEFERRABLE INITIALLY DEFERRED)",
    );
    await storage.sync();
    storage.sql.exec("INSERT INTO q VALUES (1)");
    await assertRejects(
      () => Promise.resolve(hooks.outputs[1]),
      Error,
      "FOREIGN KEY constraint failed",
    );
    assertEquals(storage.sql.exec("SELECT * FROM q").toArray(), []);
  }));
