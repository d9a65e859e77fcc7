// Keys and values, with promises and without: order, bounds, limits, and what is refused.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { outcome, withObject } from "./testing_storage.ts";

Deno.test("a value is kept, found again as a copy, and removed", () =>
  withObject(async ({ storage }) => {
    const value = { a: [1, { b: 2 }] };
    assertEquals(await storage.put("key", value), undefined);
    const found = await storage.get("key");
    assertEquals(found, value);
    assert(found !== value);
    assertEquals(await storage.delete("key"), true);
    assertEquals(await storage.delete("key"), false);
    assertEquals(await storage.get("key"), undefined);
  }));

Deno.test("several keys are kept, found in order without the missing ones, and counted when removed", () =>
  withObject(async ({ storage }) => {
    await storage.put({ c: 3, a: 1, b: 2, gone: undefined });
    assertEquals([...await storage.get(["c", "a", "x", "b", "a"])], [["a", 1], ["b", 2], ["c", 3]]);
    assertEquals(await storage.get([]), new Map());
    assertEquals([...(await storage.list()).keys()], ["a", "b", "c"]);
    assertEquals(await storage.delete(["c", "a", "x", "a"]), 2);
    assertEquals(await storage.delete([]), 0);
    assertEquals([...await storage.list()], [["b", 2]]);
  }));

Deno.test("keys are ordered by their UTF-8 bytes and may hold NUL; lone surrogates are replaced", () =>
  withObject(async ({ storage }) => {
    await storage.put({ "\u{10000}": 3, "\uffff": 2, z: 1, "a\0b": 0 });
    assertEquals([...await storage.list()], [["a\0b", 0], ["z", 1], ["\uffff", 2], [
      "\u{10000}",
      3,
    ]]);
    assertEquals(await storage.get("a\0b"), 0);
    await storage.put("\ud800", 9);
    assertEquals(await storage.get("\ufffd"), 9);
  }));

Deno.test("list() takes bounds, a prefix, an order and a limit together", () =>
  withObject(async ({ storage }) => {
    await storage.put(
      Object.fromEntries(["a", "b", "b\uffff", "b1", "b2", "c"].map((k) => [k, k])),
    );
    const keys = async (
      options: Parameters<typeof storage.list>[0],
    ) => [...(await storage.list(options)).keys()];
    assertEquals(await keys({ start: "b1" }), ["b1", "b2", "b\uffff", "c"]);
    assertEquals(await keys({ startAfter: "b1" }), ["b2", "b\uffff", "c"]);
    assertEquals(await keys({ end: "b1" }), ["a", "b"]);
    assertEquals(await keys({ prefix: "b" }), ["b", "b1", "b2", "b\uffff"]);
    assertEquals(await keys({ prefix: "b", startAfter: "b", end: "b2" }), ["b1"]);
    assertEquals(await keys({ reverse: true, start: "b2" }), ["c", "b\uffff", "b2"]);
    assertEquals(await keys({ reverse: true, limit: 2 }), ["c", "b\uffff"]);
    assertEquals(await keys({ start: "c", end: "a" }), []);
    assertEquals(await keys({ prefix: "b", start: "c" }), []);
    assertEquals(await keys({ prefix: "b", end: "a" }), []);
    // The code points after these: none at all, and not the next number.
    await storage.put({ "\u{10ffff}": 1, "\u{10ffff}a": 2, "\ud7ff": 3, "\ue000": 4 });
    assertEquals(await keys({ prefix: "\u{10ffff}" }), ["\u{10ffff}", "\u{10ffff}a"]);
    assertEquals(await keys({ prefix: "\ud7ff" }), ["\ud7ff"]);
  }));

Deno.test("bad arguments are refused with the messages that workerd was measured to give", () =>
  withObject(async ({ storage }) => {
    // What a program without types passes.
    const untyped = (method: string, ...given: unknown[]) =>
      outcome(() => Reflect.get(storage, method).apply(storage, given));
    const refused: [string, unknown[], string][] = [
      [
        "get",
        [],
        "TypeError: Failed to execute 'get' on 'DurableObjectStorage': parameter 1 is not of type 'string or Array'.",
      ],
      [
        "get",
        ["a", 5],
        "TypeError: Failed to execute 'get' on 'DurableObjectStorage': parameter 2 is not of type 'GetOptions'.",
      ],
      [
        "put",
        [],
        "TypeError: Failed to execute 'put' on 'DurableObjectStorage': parameter 1 is not of type 'string or object'.",
      ],
      ["put", ["a"], "TypeError: put() called with undefined value."],
      ["put", [null], "TypeError: put() called with undefined value."],
      [
        "put",
        ["a", 1, 5],
        "TypeError: Failed to execute 'put' on 'DurableObjectStorage': parameter 3 is not of type 'PutOptions'.",
      ],
      [
        "delete",
        [],
        "TypeError: Failed to execute 'delete' on 'DurableObjectStorage': parameter 1 is not of type 'string or Array'.",
      ],
      [
        "list",
        [5],
        "TypeError: Failed to execute 'list' on 'DurableObjectStorage': parameter 1 is not of type 'ListOptions'.",
      ],
      ["list", [{ limit: 0 }], "TypeError: List limit must be positive."],
      ["list", [{ limit: -1 }], "TypeError: List limit must be positive."],
      ["list", [{ limit: null }], "TypeError: List limit must be positive."],
      ["list", [{ limit: "x" }], "TypeError: List limit must be positive."],
      [
        "list",
        [{ limit: 99999999999 }],
        "TypeError: Value out of range. Must be between -2147483648 and 2147483647 (inclusive).",
      ],
      [
        "list",
        [{ start: "a", startAfter: "b" }],
        "TypeError: list() cannot be called with both start and startAfter values.",
      ],
      [
        "transaction",
        [],
        "TypeError: Failed to execute 'transaction' on 'DurableObjectStorage': parameter 1 is not of type 'function'.",
      ],
      [
        "transactionSync",
        [5],
        "TypeError: Failed to execute 'transactionSync' on 'DurableObjectStorage': parameter 1 is not of type 'function'.",
      ],
    ];
    for (const [method, given, message] of refused) {
      assertEquals(await untyped(method, ...given), message);
    }
    // What workerd takes.
    assertEquals(await untyped("put", 5, 1), undefined);
    assertEquals(await untyped("get", "5"), 1);
    assertEquals(await untyped("list", { limit: 1.5 }), new Map([["5", 1]]));
    assertEquals(await untyped("list", null), new Map([["5", 1]]));
    assertEquals(await untyped("put", ""), "TypeError: put() called with undefined value.");
  }));

Deno.test("a value that cannot be cloned rejects, names the cause, and keeps nothing of a put of several", () =>
  withObject(async ({ storage }) => {
    const error = await assertRejects(
      () => storage.put("a", () => 1),
      DOMException,
      "1 could not be cloned.",
    );
    assertEquals([error.name, error.code], ["DataCloneError", 25]);
    await assertRejects(
      () => storage.put({ a: 1, b: Symbol("q") }),
      DOMException,
      "Symbol(q) could not be cloned.",
    );
    assertEquals((await storage.list()).size, 0);
  }));

Deno.test("values up to what workerd takes are kept, larger ones refused, and then none of a put of several", () =>
  withObject(async ({ storage }) => {
    const large = "x".repeat(2 * 1024 * 1024);
    await storage.put("large", large);
    assertEquals(await storage.get("large"), large);
    await storage.put("k".repeat(5000), 1);
    await assertRejects(
      () => storage.put({ a: 1, b: "x".repeat(9_000_000) }),
      Error,
      "string or blob too big: SQLITE_TOOBIG",
    );
    assertEquals((await storage.list()).size, 2);
  }));

Deno.test("10,000 keys are listed in order", () =>
  withObject(async ({ storage }) => {
    const keys = Array.from(
      { length: 10_000 },
      (_, index) => `key${String(index).padStart(5, "0")}`,
    );
    await storage.put(Object.fromEntries(keys.toReversed().map((key) => [key, key])));
    assertEquals([...(await storage.list()).keys()], keys);
  }));

Deno.test("kv has the same keys without promises, and takes undefined", () =>
  withObject(async ({ storage }) => {
    storage.kv.put("a", 1);
    storage.kv.put("none", undefined);
    assertEquals(await storage.get("a"), 1);
    await storage.put("b", 2);
    assertEquals([...storage.kv.list()], [["a", 1], ["b", 2], ["none", undefined]]);
    assertEquals([storage.kv.delete("b"), storage.kv.delete("b")], [true, false]);
    assertEquals(storage.kv.get("b"), undefined);
    assertThrows(() => storage.kv.put("f", () => 1), DOMException, "could not be cloned");
    assertThrows(() => storage.kv.list({ limit: 0 }), TypeError, "List limit must be positive.");
    assertThrows(
      () => Reflect.apply(storage.kv.put, storage.kv, ["a"]),
      TypeError,
      "parameter 2 is not of type 'Value'",
    );
  }));

Deno.test("deleteAll() removes keys, tables and the alarm, and the object can store anew", () =>
  withObject(async ({ storage, hooks }) => {
    await storage.put("a", 1);
    storage.sql.exec("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    await storage.setAlarm(2_000_000);
    await storage.deleteAll();
    assertEquals((await storage.list()).size, 0);
    assertEquals(storage.sql.exec("SELECT name FROM sqlite_master").toArray(), []);
    assertEquals(await storage.getAlarm(), null);
    assertEquals(hooks.alarms, [2_000_000, null]);
    await storage.put("b", 2);
    assertEquals(await storage.get("b"), 2);
    assertEquals(
      await outcome(() => storage.transaction(() => storage.deleteAll())),
      "Error: Cannot call deleteAll() within a transaction",
    );
  }));
