// Stubs as their callers see them: what crosses RPC and how, what is refused, how errors are marked.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import type { DurableObjectNamespace, DurableObjectStub } from "./api.ts";
import { createDurableObjectHost } from "./host.ts";
import { DurableObject, RpcTarget } from "./workers.ts";

class Counter extends RpcTarget {
  #count = 0;
  add(): number {
    return ++this.#count;
  }
}

class Point {
  x = 1;
}

class Called extends DurableObject {
  readonly field = 5;

  get prop(): number {
    return 42;
  }
  echo(value: unknown): unknown {
    return value;
  }
  changes(given: { deep: { a: number } }): unknown {
    given.deep.a = 2;
    return given;
  }
  async calls({ f }: { f(n: number): unknown }): Promise<unknown> {
    return await f(4);
  }
  doubler(): unknown {
    return { f: (n: number) => 2 * n };
  }
  counter(): Counter {
    return new Counter();
  }
  point(): Point {
    return new Point();
  }
  async blocks(): Promise<void> {
    await this.ctx.blockConcurrencyWhile(5 as never);
  }
  names(): string[] {
    return [this.ctx, this.ctx.storage, this.ctx.id].map((one) =>
      Object.prototype.toString.call(one)
    );
  }
  fails(): never {
    throw Object.assign(new RangeError("no"), { extra: 5 });
  }
}

type Stub = DurableObjectStub & {
  prop: Promise<number>;
  echo(value?: unknown): Promise<unknown>;
  changes(given: { deep: { a: number } }): Promise<unknown>;
  calls(given: object): Promise<unknown>;
  doubler(): Promise<{ f(n: number): Promise<number> }>;
  counter(): Promise<Counter> & { add(): Promise<number> };
  point(): Promise<unknown>;
  blocks(): Promise<void>;
  names(): Promise<string[]>;
  fails(): Promise<void>;
  field(): Promise<unknown>;
};

function test(name: string, fn: (stub: Stub, all: DurableObjectNamespace) => unknown): void {
  Deno.test(name, async () => {
    const host = await createDurableObjectHost({
      worker: { Called },
      objects: { CALLED: "Called" },
      clock: new ManualClock(1_000_000),
    });
    try {
      const all = host.namespace("CALLED");
      await fn(all.getByName("one") as Stub, all);
    } finally {
      await host.close();
    }
  });
}

test("values cross as copies, however deep, with their cycles", async (stub) => {
  const given = { deep: { a: 1 } };
  assertEquals(await stub.changes(given), { deep: { a: 2 } });
  assertEquals(given, { deep: { a: 1 } });
  const kinds = [undefined, null, new Map([[1, new Set([2])]]), new Date(5), 7n, new Uint8Array(2)];
  assertEquals(await stub.echo(kinds), kinds);
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const back = await stub.echo(cycle) as Record<string, unknown>;
  assert(back["self"] === back && back !== cycle);
});

test("functions and RPC targets cross by reference, within values too", async (stub) => {
  assertEquals(await stub.calls({ f: (n: number) => n + 1 }), 5);
  assertEquals(await (await stub.doubler()).f(4), 8);
  const counter = await stub.counter();
  assertEquals([await counter.add(), await counter.add()], [1, 2]);
});

test("a result's method can be called before the result is there, a getter be read", async (stub) => {
  assertEquals(await stub.counter().add(), 1);
  assertEquals(await stub.prop, 42);
});

test("an object of a class crosses in neither direction, nor does a symbol", async (stub) => {
  const refused = 'Could not serialize object of type "Point".';
  await assertRejects(() => stub.echo([new Point()]), DOMException, refused);
  await assertRejects(() => stub.point(), DOMException, refused);
  await assertRejects(() => stub.echo(Symbol("x")), DOMException, "could not be cloned");
});

test("a field of the instance is no method", async (stub) => {
  await assertRejects(
    () => stub.field(),
    TypeError,
    'The RPC receiver does not implement the method "field".',
  );
});

test("an error that a method throws comes with its class, its own properties and the object's id", async (stub) => {
  const error = await assertRejects(() => stub.fails(), RangeError, "no");
  assertEquals({ ...error }, {
    extra: 5,
    remote: true,
    durableObjectId: stub.id.toString(),
  } as object);
});

test("fetch() refuses what is no address, before the object hears of it", async (stub) => {
  await assertRejects(() => stub.fetch("/x"), TypeError, "Invalid URL: /x");
  await assertRejects(
    () => Reflect.apply(stub.fetch, stub, []),
    TypeError,
    "parameter 1 is not of type 'Request or string'",
  );
});

test("a namespace takes ids alone, needs a name for one, and has no jurisdictions", (_, all) => {
  assertThrows(() => all.get("x" as never), TypeError, "not of type 'DurableObjectId'");
  assertThrows(() => all.idFromName(undefined as never), TypeError, "not of type 'string'");
  assertThrows(() => all.jurisdiction("eu"), Error, "not implemented");
});

test("what an object is given is called what it is in the runtime", async (stub) => {
  assertEquals(await stub.names(), [
    "[object DurableObjectState]",
    "[object DurableObjectStorage]",
    "[object DurableObjectId]",
  ]);
  assertEquals([stub.constructor.name, Object.keys(stub)], ["DurableObject", ["id", "name"]]);
  assertEquals(Object.keys(stub.id).toSorted(), ["jurisdiction", "name"]);
});

test("blockConcurrencyWhile() takes functions alone", async (stub) => {
  await assertRejects(() => stub.blocks(), TypeError, "parameter 1 is not of type 'function'");
});
