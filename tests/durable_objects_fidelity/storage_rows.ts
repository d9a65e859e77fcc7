// Experiments with what an object stores: keys and values, transactions, the alarm's slot.

import type { Bench, Rows } from "./bench.ts";
import { outcomeOf, outcomesOf } from "./outcome.ts";

/** Keeps the letters a to e, in an order of no meaning. */
async function letters({ ctx: { storage } }: Bench): Promise<void> {
  await storage.put({ c: 3, a: 1, e: 5, b: 2, d: 4 });
}

async function listed(bench: Bench, options: object): Promise<string> {
  await letters(bench);
  return [...(await bench.ctx.storage.list(options)).keys()].join("");
}

/** The rows. */
export const storageRows: Rows = {
  "put() and get()": async ({ ctx: { storage } }) => [
    await storage.put("a", { b: [1, new Date(5)] }),
    await storage.get("a"),
    await storage.get("none"),
  ],
  "put(): what can be cloned": async ({ ctx: { storage } }) => {
    await storage.put("a", [null, new Map([[1, 2]]), new Set([3]), 7n, -0, new Uint8Array([1, 2])]);
    return await storage.get("a");
  },
  ...Object.fromEntries(
    Object.entries({
      "undefined": undefined,
      "a function": function f() {},
      "a symbol": Symbol("x"),
      "a promise": Promise.resolve(1),
      "a WeakMap": new WeakMap(),
      "an error": new RangeError("kept"),
      "a DOMException": new DOMException("kept", "AbortError"),
    }).map(([what, value]) => [`put(): ${what}`, async ({ ctx: { storage } }: Bench) => {
      await storage.put("a", value);
      return await storage.get("a");
    }]),
  ),
  "put(): an object of a class": async ({ ctx: { storage } }) => {
    class Point {
      x = 1;
    }
    await storage.put("a", new Point());
    return await storage.get("a");
  },
  "put(): a URL": ({ ctx: { storage } }) => storage.put("a", new URL("http://example.test/")),
  "put(): Headers": ({ ctx: { storage } }) => storage.put("a", new Headers({ a: "b" })),
  "put(): ctx": ({ ctx }) => ctx.storage.put("a", ctx),
  "put(): a stub": ({ ctx, env }) => ctx.storage.put("a", env.LAB.getByName("x")),
  "put(): no arguments": ({ ctx: { storage } }) => Reflect.apply(storage.put, storage, []),
  "put(): no value": ({ ctx: { storage } }) => Reflect.apply(storage.put, storage, ["a"]),
  "put(): a key of 2048 bytes": ({ ctx: { storage } }) => storage.put("k".repeat(2048), 1),
  "put(): a key of 2049 bytes": ({ ctx: { storage } }) => storage.put("k".repeat(2049), 1),
  "put(): an empty key": ({ ctx: { storage } }) => storage.put("", 1),
  "put(): a number as the key": async ({ ctx: { storage } }) => {
    await storage.put(5 as never, 1);
    return await storage.list();
  },
  "put(): null as entries": ({ ctx: { storage } }) => storage.put(null as never),
  "put(): 128 entries": async ({ ctx: { storage } }) => {
    await storage.put(Object.fromEntries(Array.from({ length: 128 }, (_, n) => [`k${n}`, n])));
    return (await storage.list()).size;
  },
  "put(): 129 entries": async ({ ctx: { storage } }) => {
    await storage.put(Object.fromEntries(Array.from({ length: 129 }, (_, n) => [`k${n}`, n])));
    return (await storage.list()).size;
  },
  "put(): 2 MiB": async ({ ctx: { storage } }) => {
    await storage.put("a", new Uint8Array(2 * 1024 * 1024));
    return (await storage.get<Uint8Array>("a"))?.length;
  },
  "put(): a value is what it was when it was put": async ({ ctx: { storage } }) => {
    const value = { a: 1 };
    const put = storage.put("a", value);
    value.a = 2;
    await put;
    return await storage.get("a");
  },
  "get(): several": async (bench) => {
    await letters(bench);
    return await bench.ctx.storage.get(["d", "none", "a", "d"]);
  },
  "get(): 129 keys": ({ ctx: { storage } }) => storage.get(Array.from({ length: 129 }, String)),
  "get(): no argument": ({ ctx: { storage } }) => Reflect.apply(storage.get, storage, []),
  "get(): each is a copy": async ({ ctx: { storage } }) => {
    await storage.put("a", { b: 1 });
    return await storage.get("a") === await storage.get("a");
  },
  "delete()": async (bench) => {
    await letters(bench);
    const { storage } = bench.ctx;
    return [
      await storage.delete("a"),
      await storage.delete("a"),
      await storage.delete(["b", "none", "c"]),
      await storage.delete([]),
      [...(await storage.list()).keys()],
    ];
  },
  "list(): in order of the keys": (bench) => listed(bench, {}),
  "list(): start, end": (bench) => listed(bench, { start: "b", end: "d" }),
  "list(): startAfter": (bench) => listed(bench, { startAfter: "b" }),
  "list(): reverse and limit": (bench) => listed(bench, { reverse: true, limit: 2 }),
  "list(): reverse, start and end": (bench) =>
    listed(bench, { reverse: true, start: "b", end: "e" }),
  "list(): prefix": async ({ ctx: { storage } }) => {
    await storage.put({ a: 1, ab: 2, abc: 3, b: 4 });
    return [...(await storage.list({ prefix: "ab" })).keys()];
  },
  "list(): start after end": (bench) => listed(bench, { start: "d", end: "b" }),
  "list(): limit 0": (bench) => listed(bench, { limit: 0 }),
  "list(): limit -1": (bench) => listed(bench, { limit: -1 }),
  "list(): limit 1.5": (bench) => listed(bench, { limit: 1.5 }),
  "list(): start and startAfter": (bench) => listed(bench, { start: "a", startAfter: "a" }),
  "list(): no options": (bench) => listed(bench, 5 as never),
  "list(): null": (bench) => listed(bench, null as never),
  "list(): by bytes of UTF-8": async ({ ctx: { storage } }) => {
    await storage.put({ "\u{1F600}": 1, "\uFFEE": 2, "a": 3, "Z": 4, "é": 5 });
    return [...(await storage.list()).values()];
  },
  "deleteAll(): keys, tables, alarm": async ({ ctx: { storage } }) => {
    await storage.put("a", 1);
    storage.sql.exec("CREATE TABLE t(x)");
    await storage.setAlarm(Date.now() + 60_000);
    const given = await storage.deleteAll();
    const table = await outcomeOf(() => storage.sql.exec("SELECT * FROM t"));
    return [given, (await storage.list()).size, table, await storage.getAlarm()];
  },
  "deleteAll(): within a transaction": ({ ctx: { storage } }) =>
    storage.transaction(() => storage.deleteAll()),
  "getCurrentBookmark()": async ({ ctx: { storage } }) =>
    typeof await Reflect.get(storage, "getCurrentBookmark")?.call(storage),
  "sync()": ({ ctx: { storage } }) => storage.sync(),

  "kv: shares its data": async ({ ctx: { storage } }) => {
    await storage.put("a", 1);
    return [
      storage.kv.get("a"),
      storage.kv.put("b", 2),
      await storage.get("b"),
      storage.kv.delete("a"),
      storage.kv.delete("a"),
      [...storage.kv.list()],
      storage.kv.get("none"),
    ];
  },
  "kv: list() with options": async (bench) => {
    await letters(bench);
    return [...bench.ctx.storage.kv.list({ start: "b", limit: 2, reverse: true })];
  },
  "kv: put() without a value": ({ ctx: { storage } }) =>
    Reflect.apply(storage.kv.put, storage.kv, ["a"]),
  "kv: put() of a function": ({ ctx: { storage } }) => storage.kv.put("a", function f() {}),
  "kv: a key of 2049 bytes": ({ ctx: { storage } }) => storage.kv.put("k".repeat(2049), 1),

  "transaction(): gives what its callback gives": ({ ctx: { storage } }) =>
    storage.transaction(async (txn) => {
      await txn.put("a", 1);
      return await txn.get("a");
    }),
  "transaction(): what throws is undone": async ({ ctx: { storage } }) => {
    await storage.put("a", 1);
    const thrown = await outcomeOf(() =>
      storage.transaction(async (txn) => {
        await txn.put("a", 2);
        await storage.put("b", 2);
        storage.sql.exec("CREATE TABLE t(x)");
        await txn.setAlarm(Date.now() + 60_000);
        throw new RangeError("undo");
      })
    );
    const table = await outcomeOf(() => storage.sql.exec("SELECT * FROM t"));
    return [thrown, await storage.list(), table, await storage.getAlarm()];
  },
  "transaction(): rollback()": async ({ ctx: { storage } }) => {
    const given = await storage.transaction(async (txn) => {
      await txn.put("a", 1);
      txn.rollback();
      txn.rollback();
      return await outcomeOf(() => txn.put("b", 1));
    });
    return [given, (await storage.list()).size];
  },
  "transaction(): after its end": async ({ ctx: { storage } }) => {
    const txn = await storage.transaction((txn) => Promise.resolve({ txn }));
    return await outcomesOf(() => txn.txn.put("a", 1), () => txn.txn.get("a"));
  },
  "transaction(): nested": async ({ ctx: { storage } }) => {
    await storage.transaction(async (outer) => {
      await outer.put("a", 1);
      await outcomeOf(() =>
        storage.transaction(async (inner) => {
          await inner.put("b", 2);
          throw new Error("inner");
        })
      );
      await outer.put("c", 3);
    });
    return await storage.list();
  },
  "transaction(): no function": ({ ctx: { storage } }) => storage.transaction(5 as never),
  "transaction(): a synchronous callback": ({ ctx: { storage } }) =>
    storage.transaction((() => 5) as never),
  "transactionSync(): gives what its callback gives, throws and undoes": async (
    { ctx: { storage } },
  ) => [
    storage.transactionSync((...args: unknown[]) => args.length),
    await outcomeOf(() =>
      storage.transactionSync(() => {
        storage.kv.put("a", 1);
        throw new RangeError("undo");
      })
    ),
    storage.kv.get("a"),
  ],
  "transactionSync(): nested": ({ ctx: { storage } }) => {
    storage.transactionSync(() => {
      storage.kv.put("a", 1);
      try {
        storage.transactionSync(() => {
          storage.kv.put("b", 2);
          throw new Error("inner");
        });
      } catch {
        storage.kv.put("c", 3);
      }
    });
    return [...storage.kv.list()];
  },
  "transactionSync(): no function": ({ ctx: { storage } }) =>
    storage.transactionSync(undefined as never),

  "setAlarm(): a time to come, as a number and as a Date": async ({ ctx: { storage } }) => {
    const at = Date.now() + 60_000;
    await storage.setAlarm(at + 0.7);
    const cut = await storage.getAlarm() === at;
    await storage.setAlarm(new Date(at));
    return [
      cut,
      await storage.getAlarm() === at,
      await storage.deleteAlarm(),
      await storage.getAlarm(),
    ];
  },
  ...Object.fromEntries(
    Object.entries({
      "0": 0,
      "-5": -5,
      "text": "soon",
      "undefined": undefined,
      "null": null,
      "true": true,
      "NaN": NaN,
      "Infinity": Infinity,
      "an invalid Date": new Date(NaN),
      "a time after 2189": Date.UTC(2190, 1),
    }).map(([what, time]) => [
      `setAlarm(): ${what}`,
      ({ ctx: { storage } }: Bench) => storage.setAlarm(time as number),
    ]),
  ),
  "deleteAlarm(): without one": ({ ctx: { storage } }) => storage.deleteAlarm(),
  "getAlarm(): without one": ({ ctx: { storage } }) => storage.getAlarm(),
};
