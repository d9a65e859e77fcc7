// Tests of ownership: what is opened is closed, also when the run has ended meanwhile.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { own, ownAsync } from "./scope.ts";

const resource = (closed: string[], name: string) => ({
  [Symbol.dispose]: () => void closed.push(name),
});

const asyncResource = (closed: string[], name: string) => ({
  async [Symbol.asyncDispose]() {
    await Promise.resolve();
    closed.push(name);
  },
});

Deno.test("what an open scope owns is closed with it, last opened first", async () => {
  const closed: string[] = [];
  const scope = new AsyncDisposableStack();
  const first = resource(closed, "first");
  assertEquals(own(scope, first), first);
  const second = asyncResource(closed, "second");
  assertEquals(await ownAsync(scope, second), second);
  assertEquals(closed, []);
  await scope.disposeAsync();
  assertEquals(closed, ["second", "first"]);
});

Deno.test("what is opened after the scope was closed is closed at once", async () => {
  const closed: string[] = [];
  const scope = new AsyncDisposableStack();
  await scope.disposeAsync();
  assertThrows(() => own(scope, resource(closed, "sync")), ReferenceError);
  assertEquals(closed, ["sync"]);
  await assertRejects(() => ownAsync(scope, asyncResource(closed, "async")), ReferenceError);
  assertEquals(closed, ["sync", "async"]);
});

Deno.test("what is opened while the scope is being closed is closed as well", async () => {
  const closed: string[] = [];
  const scope = new AsyncDisposableStack();
  scope.defer(() => {
    assertThrows(() => own(scope, resource(closed, "late")), ReferenceError);
  });
  await scope.disposeAsync();
  assertEquals(closed, ["late"]);
});
