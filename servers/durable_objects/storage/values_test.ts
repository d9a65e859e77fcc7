// Values as bytes: what comes back as it was, and what is refused by name.

import { assertEquals, assertThrows } from "@std/assert";
import { rememberStub } from "../stub_identity.ts";
import { fromBytes, toBytes } from "./values.ts";

Deno.test("a cyclic value, an error with its cause, a view and its buffer come back", () => {
  const cyclic: { self?: unknown; map: Map<unknown, unknown> } = { map: new Map() };
  cyclic.self = cyclic;
  cyclic.map.set(cyclic, new Set([cyclic]));
  const found = fromBytes<typeof cyclic>(toBytes(cyclic));
  assertEquals([found.self === found, [...found.map.keys()][0] === found], [true, true]);
  const error = fromBytes<Error>(toBytes(new RangeError("q", { cause: 1 })));
  assertEquals([error instanceof RangeError, error.message, error.cause], [true, "q", 1]);
  const view = fromBytes<Uint8Array>(toBytes(new Uint8Array(new ArrayBuffer(8), 2, 3)));
  assertEquals([view.byteOffset, view.length, view.buffer.byteLength], [2, 3, 8]);
  assertEquals(String(fromBytes(toBytes(/x/gi))), "/x/gi");
  class Point {
    x = 1;
  }
  assertEquals(Object.getPrototypeOf(fromBytes(toBytes(new Point()))), Object.prototype);
});

Deno.test("what cannot be cloned is named, however deep it lies", () => {
  const stub = rememberStub(Object.create({ [Symbol.toStringTag]: "DurableObject" }));
  const refused: [unknown, string][] = [
    [() => 1, "1 could not be cloned."],
    [[{ a: Symbol("q") }], "Symbol(q) could not be cloned."],
    [new WeakMap(), "#<WeakMap> could not be cloned."],
    [Promise.resolve(), "#<Promise> could not be cloned."],
    [
      new URL("http://x/"),
      'Could not serialize object of type "URL". This type does not support serialization.',
    ],
    [{ a: [new Map([[1, new Response("x")]])] }, 'Could not serialize object of type "Response"'],
    [{ a: stub }, "ServiceStub cannot be"],
    [new Set([new Headers()]), 'Could not serialize object of type "Headers"'],
  ];
  for (const [value, message] of refused) {
    const error = assertThrows(() => toBytes(value), DOMException, message);
    assertEquals(error.name, "DataCloneError");
  }
});

Deno.test("a value has the size that it has in workerd", () => {
  assertEquals(toBytes("x".repeat(16379)).length, 16384);
  assertEquals(toBytes(new Uint8Array(16373)).length, 16384);
});
