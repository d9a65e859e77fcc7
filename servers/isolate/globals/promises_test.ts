import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DROPPED_MESSAGE } from "../cross_request.ts";
import { createIsolate } from "../isolate.ts";
import { installIsolateGlobals } from "./install.ts";

/** Runs something as a request's code. */
async function inRequest(code: () => Promise<unknown>): Promise<unknown> {
  const isolate = createIsolate({ handler: async () => Response.json(await code() ?? null) });
  try {
    return await (await isolate.fetch(new Request("https://a.test"))).json();
  } finally {
    await isolate.close();
  }
}

/** What promises do, each as a value that can be compared. */
async function behaviours(): Promise<unknown[]> {
  class Own extends Promise<number> {}
  const own = new Own((resolve) => resolve(1));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  resolve("first");
  reject(new Error("late"));
  const order: string[] = [];
  const steps = async (name: string) => {
    for (let step = 0; step < 3; step++) {
      await null;
      order.push(name + step);
    }
  };
  await Promise.all([
    steps("a"),
    steps("b"),
    Promise.resolve().then(() => order.push("then")),
    new Promise<void>((done) => done()).then(() => order.push("made")),
  ]);
  return [
    own instanceof Own && own instanceof Promise,
    Own.resolve(2) instanceof Own,
    own.then(() => 1) instanceof Own,
    await own,
    await promise,
    (async () => {})() instanceof Promise,
    new Promise(() => {}).constructor === (async () => {})().constructor,
    Promise.resolve(promise) === promise,
    await Promise.race([1, promise]),
    await Promise.any([Promise.reject(1), 2]),
    (await Promise.allSettled([Promise.reject(1), 2])).map(({ status }) => status),
    await Promise.reject(new Error("mine")).catch(({ message }) => message),
    await new Promise((_, reject) => reject(new Error("own"))).catch(({ message }) => message),
    await new Promise(() => {
      throw new Error("thrown");
    }).catch(({ message }) => message),
    Promise.name,
    Promise.length,
    order,
  ];
}

Deno.test("promises do what they did, in requests and outside of them", async () => {
  const before = await behaviours();
  assertEquals(before.slice(0, 2), [true, true]);
  const release = installIsolateGlobals();
  try {
    assertEquals(await behaviours(), before);
    assertEquals(await inRequest(behaviours), before);
    const call = Promise as unknown as (executor: unknown) => unknown;
    assertThrows(() => call(() => {}), TypeError);
    assertThrows(() => new Promise(undefined as unknown as () => void), TypeError);
    await assertRejects(() => Promise.reject(new Error("mine")), Error, "mine");
  } finally {
    release();
  }
});

Deno.test("a promise of a request that is over is not settled any more", async () => {
  let settle: (() => void) | undefined;
  let settled = false;
  const lines: unknown[] = [];
  const isolate = createIsolate({
    handler: ({ url }) => {
      if (url.endsWith("/make")) {
        new Promise<void>((resolve) => settle = resolve).then(() => settled = true);
      } else settle?.();
      return new Response();
    },
    log: (level, args) => void lines.push(level, ...args),
  });
  for (const path of ["make", "settle"]) {
    await isolate.fetch(new Request(`https://a.test/${path}`));
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert(settle !== undefined);
  assertEquals([settled, isolate.stats().parked], [false, 0]);
  assertEquals(lines, ["warn", DROPPED_MESSAGE]);
  await isolate.close();
});

Deno.test("a promise of a request that has answered is settled while the request is not over", async () => {
  let settle: (() => void) | undefined;
  let settled = false;
  const isolate = createIsolate({
    handler: ({ url }, _env, ctx) => {
      if (url.endsWith("/make")) {
        ctx.waitUntil(
          new Promise<void>((resolve) => settle = resolve).then(() => settled = true),
        );
      } else settle?.();
      return new Response();
    },
  });
  for (const path of ["make", "settle"]) {
    await isolate.fetch(new Request(`https://a.test/${path}`));
    await new Promise((resolve) => setTimeout(resolve));
  }
  const { parked, cancelled } = isolate.stats();
  assertEquals([settled, parked, cancelled.hung], [true, 0, 0]);
  await isolate.close();
});
