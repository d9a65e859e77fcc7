// Experiments from outside of objects: ids, stubs, RPC, and what a caller sees of an error.

import type { Bindings, StubRows } from "./bench.ts";
import { outcomeOf, outcomesOf } from "./outcome.ts";

type Stub = Record<string, (...args: unknown[]) => Promise<unknown>>;

const stubOf = ({ LAB }: Bindings, name: string) => LAB.getByName(name) as unknown as Stub;

/** A row that calls one method. */
const calling = (method: string, ...args: unknown[]) => (env: Bindings, name: string) =>
  stubOf(env, name)[method]?.(...args);

/** What a call came to, and which incarnation answers afterwards, by the same stub and by a new one. */
const surviving = (method: string, ...args: unknown[]) => async (env: Bindings, name: string) => {
  const stub = stubOf(env, name);
  await stub["incarnation"]?.();
  return await outcomesOf(
    () => stub[method]?.(...args),
    () => stub["incarnation"]?.(),
    () => stubOf(env, name)["incarnation"]?.(),
  );
};

const asking = (path: string) => async ({ LAB }: Bindings, name: string) =>
  await LAB.getByName(name).fetch(`http://object.test${path}`);

/** The rows. */
export const stubRows: StubRows = {
  "id: 64 hexadecimal digits": ({ LAB }) =>
    [LAB.idFromName("a"), LAB.newUniqueId()].map((id) => /^[0-9a-f]{64}$/.test(id.toString())),
  "id: by name twice": ({ LAB }) => {
    const [one, other] = [LAB.idFromName("a"), LAB.idFromName("a")];
    return [one.equals(other), one.toString() === other.toString(), one === other];
  },
  "id: equals() of others": ({ LAB }) => LAB.newUniqueId().equals(LAB.newUniqueId()),
  "id: names": ({ LAB }) => [
    LAB.idFromName("n").name,
    LAB.newUniqueId().name,
    LAB.idFromString(LAB.idFromName("n").toString()).name,
  ],
  "id: own keys": ({ LAB }) => Object.keys(LAB.idFromName("n")).toSorted(),
  "id: as JSON": ({ LAB }) => JSON.stringify(LAB.idFromName("n")),
  "id: idFromString() of no id": ({ LAB }) => LAB.idFromString("abc"),
  "id: idFromString() of another class's": ({ LAB, BARE }) =>
    LAB.idFromString(BARE.idFromName("a").toString()),
  "id: idFromString() of zeros": ({ LAB }) => LAB.idFromString("0".repeat(64)),
  "id: idFromName() without a name": ({ LAB }) => Reflect.apply(LAB.idFromName, LAB, []),
  "id: get() of no id": ({ LAB }) => LAB.get("x" as never),
  "id: jurisdiction()": ({ LAB }) => Reflect.apply(Reflect.get(LAB, "jurisdiction"), LAB, ["eu"]),
  "namespace: what it has": ({ LAB }) =>
    ["newUniqueId", "idFromName", "idFromString", "get", "getByName", "jurisdiction"]
      .map((name) => typeof Reflect.get(LAB, name)),
  "stub: own keys": ({ LAB }) => Object.keys(LAB.getByName("n")).toSorted(),
  "stub: its class's name": ({ LAB }) => LAB.getByName("n").constructor.name,
  "stub: its name": ({ LAB }) => [LAB.getByName("n").name, LAB.get(LAB.newUniqueId()).name],
  "stub: is no promise": ({ LAB }) => Reflect.get(LAB.getByName("n"), "then"),

  "RPC: a method": calling("hello", "you"),
  "RPC: one that begins with an underscore": calling("_under"),
  "RPC: a missing one": calling("nothing"),
  "RPC: a field of the instance": calling("field"),
  "RPC: a function in a field": calling("arrow"),
  "RPC: ctx": calling("ctx"),
  "RPC: a private method": calling("#hidden"),
  ...Object.fromEntries(
    ["alarm", "webSocketMessage", "webSocketClose", "webSocketError", "dup", "constructor", "fetch"]
      .map((method) => [`RPC: ${method}()`, calling(method)]),
  ),
  "RPC: toString(), hasOwnProperty()": (env, name) =>
    outcomesOf(
      () => stubOf(env, name)["toString"]?.(),
      () => stubOf(env, name)["hasOwnProperty"]?.("field"),
    ),
  "RPC: a getter, without a call": async (env, name) => await stubOf(env, name)["prop"],
  "RPC: a missing property, without a call": async (env, name) =>
    await stubOf(env, name)["nothing"],
  "RPC: never throws at once": (env, name) => {
    stubOf(env, name)["boom"]?.("x").catch(() => {});
    return "not thrown";
  },
  "RPC: arguments are copies": async (env, name) => {
    const given = { a: 1 };
    return [await stubOf(env, name)["changes"]?.(given), given];
  },
  "RPC: a result of many kinds": calling("kinds"),
  "RPC: a function as an argument": calling("calls", (n: number) => n + 1),
  "RPC: a function in an argument": calling("callsIn", { f: (n: number) => n + 1 }),
  "RPC: a function as the result": async (env, name) => {
    const twice = await stubOf(env, name)["doubler"]?.() as (n: number) => Promise<number>;
    return await twice(4);
  },
  "RPC: a function in the result": async (env, name) => {
    const { f } = await stubOf(env, name)["doublerIn"]?.() as { f(n: number): Promise<number> };
    return await f(4);
  },
  "RPC: an RpcTarget as the result": async (env, name) => {
    const counter = await stubOf(env, name)["counter"]?.() as { add(): Promise<number> };
    return [await counter.add(), await counter.add()];
  },
  "RPC: a call on a promise of a result": async (env, name) => {
    const counter = stubOf(env, name)["counter"]?.() as unknown as { add(): Promise<number> };
    return await counter.add();
  },
  "RPC: 33 MiB": calling("hello", new Uint8Array(33 * 2 ** 20)),
  "RPC: a DOMException as the result": calling("abortError"),
  "RPC: a symbol as an argument": calling("hello", Symbol("x")),
  "RPC: an object of a class as an argument": (env, name) => {
    class Point {
      x = 1;
    }
    return stubOf(env, name)["hello"]?.(new Point());
  },
  "RPC: an object of a class as the result": calling("point"),
  "RPC: ctx.id as the result": calling("id"),
  "RPC: a stub as an argument": (env, name) =>
    stubOf(env, name)["nameOf"]?.(env.LAB.getByName("other")),
  "RPC: a class that extends nothing": ({ OLD }, name) =>
    (OLD.getByName(name) as unknown as Stub)["hello"]?.(),
  "fetch: a class that extends nothing": async ({ OLD }, name) =>
    await (await OLD.getByName(name).fetch("http://object.test/")).text(),
  "fetch: a class without it": async ({ MUTE }, name) =>
    await MUTE.getByName(name).fetch("http://object.test/"),
  "fetch: a path alone": async ({ LAB }, name) => await LAB.getByName(name).fetch("/x"),
  "fetch: no argument": async ({ LAB }, name) => {
    const stub = LAB.getByName(name);
    return await Reflect.apply(stub.fetch, stub, []);
  },
  "fetch: the object returns no Response": asking("/answers-nothing"),
  "fetch: a request as it arrives": async ({ LAB }, name) => {
    const answer = await LAB.getByName(name).fetch("http://object.test/mirror?a=b", {
      method: "POST",
      headers: { "x-mine": "1" },
      body: "body",
    });
    return [answer.status, await answer.json()];
  },

  "error: of a method": surviving("boom", "boom"),
  "error: of a method, of a class of its own": surviving("own"),
  "error: no error was thrown": surviving("text"),
  "error: of fetch": async (env, name) => {
    await stubOf(env, name)["incarnation"]?.();
    return await outcomesOf(
      () => asking("/throws")(env, name),
      () => stubOf(env, name)["incarnation"]?.(),
    );
  },
  "error: of fetch, no error was thrown": asking("/throws-text"),
  "error: abort()": surviving("aborts", "why"),
  "error: abort() without a reason": surviving("aborts"),
  "error: abort() with an error": surviving("abortsWithError"),
  "error: abort() rejects other calls": async (env, name) => {
    const other = outcomeOf(() => stubOf(env, name)["waits"]?.(5_000));
    await stubOf(env, name)["incarnation"]?.();
    await outcomeOf(() => stubOf(env, name)["aborts"]?.("why"));
    return await other;
  },
  "error: abort() in fetch": asking("/aborts"),
  "error: blockConcurrencyWhile()": surviving("blocksAndThrows"),
  "error: of the constructor, RPC": async ({ BROKEN }, name) => {
    const stub = BROKEN.getByName(name) as unknown as Stub;
    return await outcomesOf(() => stub["hello"]?.(), () => stub["hello"]?.());
  },
  "error: of the constructor, fetch": async ({ BROKEN }, name) => {
    const stub = BROKEN.getByName(name);
    return await outcomesOf(
      () => stub.fetch("http://object.test/"),
      () => stub.fetch("http://object.test/"),
    );
  },
  "error: a handler that rejects stays": surviving("rejects"),
  "error: writes before abort()": async (env, name) => {
    await outcomeOf(() => stubOf(env, name)["writesAndAborts"]?.());
    return await stubOf(env, name)["stored"]?.();
  },
  "error: writes before an error": async (env, name) => {
    await outcomeOf(() => stubOf(env, name)["writesAndThrows"]?.());
    return await stubOf(env, name)["stored"]?.();
  },
  "constructor: it waits before the first call": async (env, name) =>
    await stubOf(env, `slow constructor, ${name}`)["stepped"]?.(),
};
