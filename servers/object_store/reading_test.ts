// Reads of one object beside each other, over real sockets, in both variants.

import { assert, assertEquals } from "@std/assert";
import { ManualClock, realClock } from "../../lab/clock.ts";
import { Http1Connection } from "../../probes/http1.ts";
import { listen } from "../listen.ts";
import { BUCKET, TestingStore, until } from "./testing_store.ts";

const MIB = 1 << 20;
/** Well over what the kernel's buffers hold, so that an unread GET stays in the middle of its body. */
const LARGE = 16 * MIB;

/** A connection on which one public GET was sent. */
async function asks(store: TestingStore, key: string, region?: string) {
  const connection = await Http1Connection.connect({ url: new URL(store.url), clock: realClock });
  const headers: [string, string][] = region === undefined ? [] : [["x-edge-repro-region", region]];
  const exchange = connection.send({ method: "GET", path: store.publicPath(key), headers });
  return { connection, exchange, [Symbol.dispose]: () => connection[Symbol.dispose]() };
}

/** A GET whose head has come and whose body nobody reads. */
async function abandoned(store: TestingStore, key: string) {
  const asked = await asks(store, key);
  await asked.exchange.headers;
  asked.connection.pause();
  return asked;
}

const whole = async (asked: { exchange: { body: Promise<{ bytes: Uint8Array }> } }) =>
  (await asked.exchange.body).bytes.byteLength;

const figures = ({ store }: TestingStore) => store.stats();

for (const variant of ["bug", "fix"] as const) {
  const bug = variant === "bug";

  Deno.test(`an unread GET ${bug ? "keeps the next one waiting until it is closed" : "keeps nobody waiting"} (${variant})`, async () => {
    await using store = await TestingStore.start({ variant });
    await store.put("large", new Uint8Array(LARGE));
    using first = await abandoned(store, "large");
    using second = await asks(store, "large");
    if (bug) {
      await until(() => figures(store).waiting === 1);
      assertEquals(store.reads().length, 1);
      assert(store.reads().every(({ sentBytes }) => sentBytes > 0 && sentBytes < LARGE));
      first.connection.close();
    }
    assertEquals(await whole(second), LARGE);
    assertEquals(figures(store).waiting, 0);
    first.connection.close();
    await until(() => figures(store).locks === 0 && store.reads().length === 0);
  });

  Deno.test(`an unread GET keeps no HEAD, list, write, other object or other region waiting (${variant})`, async () => {
    await using store = await TestingStore.start({ variant });
    await store.put("large", new Uint8Array(LARGE).fill(1));
    await store.put("other", new Uint8Array(LARGE).fill(2));
    using _first = await abandoned(store, "large");
    using other = await asks(store, "other");
    assertEquals(await whole(other), LARGE);
    using elsewhere = await asks(store, "large", "weur");
    assertEquals(await whole(elsewhere), LARGE);
    for (
      const [method, url] of [
        ["HEAD", store.s3("large")],
        ["GET", `${store.url}/${BUCKET}?list-type=2`],
        ["PUT", store.s3("large")],
        ["DELETE", store.s3("large")],
      ] as const
    ) {
      const answer = await store.fetch(url, { method, ...(method === "PUT" && { body: "new" }) });
      await answer.text();
      assert(answer.ok, method);
    }
    // What is answered without a body waits for nobody either.
    const gone = await fetch(store.url + store.publicPath("large"));
    assertEquals([gone.status, (await gone.text()).includes("NoSuchKey")], [404, true]);
  });

  Deno.test(`who was reading when the object was replaced gets the old bytes to the end (${variant})`, async () => {
    await using store = await TestingStore.start({ variant });
    await store.put("large", new Uint8Array(LARGE).fill(1));
    using first = await abandoned(store, "large");
    await store.put("large", new Uint8Array(LARGE).fill(2));
    using second = await asks(store, "large");
    first.connection.resume();
    const [old, fresh] = [(await first.exchange.body).bytes, (await second.exchange.body).bytes];
    assertEquals([old.byteLength, old.every((byte) => byte === 1)], [LARGE, true]);
    assertEquals([fresh.byteLength, fresh.every((byte) => byte === 2)], [LARGE, true]);
    await until(() => store.storage.storedBytes === LARGE);
  });

  Deno.test(`a whole read lets the next one on the same connection go on (${variant})`, async () => {
    await using store = await TestingStore.start({ variant });
    await store.put("large", new Uint8Array(LARGE));
    await store.put("small", "hello");
    for (const key of ["large", "small"]) {
      using connection = await Http1Connection.connect({
        url: new URL(store.url),
        clock: realClock,
      });
      for (let n = 0; n < 3; n++) {
        const { body, headers } = connection.send({ method: "GET", path: store.publicPath(key) });
        const { bytes } = await body;
        assertEquals(String(bytes.byteLength), (await headers).headers.get("content-length"));
      }
    }
    assertEquals(figures(store).locks, 0);
  });
}

Deno.test("an unread GET lets the next one go on at the lock timeout, and can itself go on (bug)", async () => {
  const clock = new ManualClock(Date.now());
  await using store = await TestingStore.start({ variant: "bug", clock, lockTimeoutMs: 60_000 });
  await store.put("large", new Uint8Array(LARGE));
  using first = await abandoned(store, "large");
  using second = await asks(store, "large");
  await until(() => figures(store).waiting === 1);
  await clock.advance(59_999);
  assertEquals(figures(store).waiting, 1);
  await clock.advance(1);
  assertEquals(await whole(second), LARGE);
  first.connection.resume();
  assertEquals(await whole(first), LARGE);
});

Deno.test("a GET that leaves while it waits makes way for the one behind it (bug)", async () => {
  await using store = await TestingStore.start({ variant: "bug" });
  await store.put("large", new Uint8Array(LARGE));
  using first = await abandoned(store, "large");
  using leaving = await asks(store, "large");
  await until(() => figures(store).waiting === 1);
  using staying = await asks(store, "large");
  await until(() => figures(store).waiting === 2);
  leaving.connection.close();
  await until(() => figures(store).waiting === 1);
  first.connection.reset();
  assertEquals(await whole(staying), LARGE);
});

Deno.test("a GET whose object goes while it waits is answered 404, and holds nothing (bug)", async () => {
  await using store = await TestingStore.start({ variant: "bug" });
  await store.put("large", new Uint8Array(LARGE));
  using first = await abandoned(store, "large");
  using second = await asks(store, "large");
  await until(() => figures(store).waiting === 1);
  await (await store.fetch(store.s3("large"), { method: "DELETE" })).text();
  first.connection.close();
  assertEquals((await second.exchange.headers).status, 404);
  await until(() => figures(store).locks === 0);
});

Deno.test("a listener of a region answers in it, unless the request says otherwise (bug)", async () => {
  await using store = await TestingStore.start({ variant: "bug" });
  await store.put("large", new Uint8Array(LARGE));
  await using weur = await listen(store.store.region("weur"));
  using _first = await abandoned(store, "large");
  const elsewhere = await fetch(weur.url + store.publicPath("large"));
  assertEquals((await elsewhere.arrayBuffer()).byteLength, LARGE);
  using here = await Http1Connection.connect({ url: new URL(weur.url), clock: realClock });
  const headers: [string, string][] = [["x-edge-repro-region", "wnam"]];
  here.send({ method: "GET", path: store.publicPath("large"), headers });
  await until(() => figures(store).waiting === 1);
  const nowhere = await fetch(store.url + store.publicPath("large"), {
    headers: { "x-edge-repro-region": "mars" },
  });
  assertEquals([nowhere.status, (await nowhere.text()).includes("InvalidArgument")], [400, true]);
});

Deno.test("10,000 GETs that wait and leave hold nothing (bug)", async () => {
  await using store = await TestingStore.start({ variant: "bug" });
  await store.put("large", new Uint8Array(LARGE));
  const url = store.url + store.publicPath("large");
  const first = await store.store.fetch(new Request(url));
  const client = new AbortController();
  const waiting = Array.from(
    { length: 10_000 },
    () => store.store.fetch(new Request(url, { signal: client.signal })),
  );
  await until(() => figures(store).waiting === 10_000);
  client.abort();
  const statuses = new Set((await Promise.all(waiting)).map(({ status }) => status));
  assertEquals([[...statuses], figures(store).waiting, figures(store).locks], [[499], 0, 1]);
  await first.body?.cancel();
  assertEquals([figures(store).locks, store.reads()], [0, []]);
});

Deno.test("closing the store ends who waits and cuts who reads", async () => {
  await using store = await TestingStore.start({ variant: "bug" });
  await store.put("large", new Uint8Array(LARGE));
  using first = await abandoned(store, "large");
  using second = await asks(store, "large");
  await until(() => figures(store).waiting === 1);
  await store.store.close();
  assertEquals((await second.exchange.headers).status, 503);
  first.connection.resume();
  const end = await first.exchange.body.then(() => "whole", () => "cut");
  assertEquals([end, store.reads()], ["cut", []]);
});

Deno.test("GETs that nobody reads hold a fraction of their object in memory", async () => {
  const size = 64 * MIB;
  const readers = 16;
  await using store = await TestingStore.start();
  await store.put("large", new Uint8Array(size));
  const before = Deno.memoryUsage().rss;
  using scope = new DisposableStack();
  for (let n = 0; n < readers; n++) scope.use(await abandoned(store, "large"));
  const handedOn = () => store.reads().reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  // Full buffers make no event. Too short a pause here would make the test weaker, not fail it.
  for (let last = -1; last !== handedOn();) {
    last = handedOn();
    await realClock.sleep(100);
  }
  assertEquals(store.reads().length, readers);
  assert(handedOn() < readers * size / 8, `handed on ${handedOn()}`);
  const grown = Deno.memoryUsage().rss - before;
  assert(grown < readers * size / 8, `grew by ${grown}`);
});
