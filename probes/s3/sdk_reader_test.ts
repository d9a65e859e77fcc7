// Tests of the reader with the AWS SDK: what it times, what it says, and what it may not look at.

import { assertEquals } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import type { Access } from "../../lab/scenario.ts";
import { BUCKET, TESTING_KEY, TestingStore } from "../../servers/object_store/testing_store.ts";
import { startPeer } from "../testing_peer.ts";
import { runProgram } from "../testing_program.ts";
import { ObjectContent } from "./content.ts";
import { SDK_FLAGS, sdkAvailability, sdkRead } from "./sdk_reader.ts";
import { StoreClient } from "./store_client.ts";

const signal = new AbortController().signal;
const accessTo = (url: string | URL): Access => ({
  ...{ url: new URL(url), headers: {}, insecure: false },
  store: { region: "auto", credentials: TESTING_KEY },
});

Deno.test("the SDK reads up to the first byte, in order of time", async () => {
  await using store = await TestingStore.start();
  const access = accessTo(store.url);
  const client = StoreClient.for(access, { clock: realClock, signal });
  await client.upload(BUCKET, "a b+c", new ObjectContent({ sizeBytes: 8 << 20 }));
  const read = await sdkRead(access, { bucket: BUCKET, key: "a b+c", clock: realClock, signal });
  assertEquals(read.failure, undefined);
  const times = [read.sentAtMs, read.headersAtMs, read.firstByteAtMs, read.endedAtMs];
  assertEquals(times, times.toSorted((a, b) => Number(a) - Number(b)));
  assertEquals(read.receivedBytes > 0 && read.receivedBytes < 8 << 20, true);
  const missing = await sdkRead(access, { bucket: BUCKET, key: "none", clock: realClock, signal });
  assertEquals([missing.headersAtMs, missing.failure?.split(":", 1)[0]], [null, "NoSuchKey"]);
});

Deno.test("the SDK is made to give up while nothing is answered", async () => {
  await using peer = await startPeer();
  const leave = new AbortController();
  const options = { bucket: "b", key: "k", clock: realClock, signal: leave.signal };
  const reading = sdkRead(accessTo(peer.url), options);
  const connection = await peer.next();
  await connection.received("\r\n\r\n");
  leave.abort();
  const { headersAtMs, failure } = await reading;
  assertEquals({ headersAtMs, failure }, { headersAtMs: null, failure: "this side gave up" });
  await connection.ended;
});

Deno.test("the SDK asks once, as it is told, and leaves what it is given as it is", async () => {
  const names = ["host", "x-via", "x-amz-checksum-mode"];
  const asked: unknown[] = [];
  let answer = () => new Response(null, { headers: { "content-length": "0" } });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url, headers }) => {
      asked.push([
        new URL(url).pathname,
        ...names.map((name) => headers.get(name)),
        headers.has("authorization"),
      ]);
      return answer();
    },
  );
  const url = new URL(`http://localhost:${server.addr.port}`);
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const access: Access = {
    ...{ url: new URL("http://127.0.0.1:1"), insecure: false, host: "store.example" },
    headers: { "x-via": "1" },
    store: { region: "auto", credentials },
  };
  const options = { bucket: "b", key: "k", clock: realClock, signal };
  const empty = await sdkRead(access, { ...options, endpoint: url });
  assertEquals(empty.failure, "the body ended without a byte");
  assertEquals(credentials, { accessKeyId: "a", secretAccessKey: "b" });
  answer = () => new Response("<Error><Code>SlowDown</Code></Error>", { status: 503 });
  const refused = await sdkRead(access, { ...options, endpoint: url });
  assertEquals(refused.failure?.startsWith("SlowDown"), true, refused.failure);
  const anonymous = { ...access, url, store: { region: "auto" } };
  await sdkRead(anonymous, options);
  assertEquals(asked, [
    ["/b/k", url.host, "1", null, true],
    ["/b/k", url.host, "1", null, true],
    ["/b/k", "store.example", "1", null, false],
  ]);
});

Deno.test("the SDK is made to give up in the middle of a body", async () => {
  await using peer = await startPeer({ answer: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" });
  const leave = new AbortController();
  const clock = {
    ...realClock,
    now() {
      // The second look at the clock is at the header.
      if (looks++ === 1) queueMicrotask(() => leave.abort());
      return realClock.now();
    },
  };
  let looks = 0;
  const options = { bucket: "b", key: "k", clock, signal: leave.signal };
  const { headersAtMs, firstByteAtMs, failure } = await sdkRead(accessTo(peer.url), options);
  assertEquals([headersAtMs !== null, firstByteAtMs, failure], [true, null, "this side gave up"]);
  await (await peer.next()).ended;
});

const PROGRAM = `
import { sdkAvailability, sdkRead } from ${JSON.stringify(import.meta.resolve("./sdk_reader.ts"))};
import { realClock as clock } from ${JSON.stringify(import.meta.resolve("../../lab/clock.ts"))};
const availability = await sdkAvailability();
const access = { url: new URL(Deno.args[0]), headers: {}, insecure: false,
  store: { region: "auto", credentials: { accessKeyId: "a", secretAccessKey: "b" } } };
const { signal } = new AbortController();
const read = availability.available
  ? await sdkRead(access, { bucket: "b", key: "k", clock, signal })
  : {};
console.log(JSON.stringify([availability, read.receivedBytes ?? null, read.failure ?? null]));
`;

const run = (url: URL, permissions: string[]) =>
  runProgram(PROGRAM, {
    permissions: ["--allow-net=127.0.0.1", ...permissions],
    args: [url.href],
  });

Deno.test("the SDK works with the flags that are named, and without them says which", async () => {
  await using peer = await startPeer({ answer: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" });
  assertEquals(await run(peer.url, SDK_FLAGS.split(" ")), [{ available: true }, 3, null]);
  assertEquals(await run(peer.url, []), [
    {
      available: false,
      reason: `needs permission to use the AWS SDK: ${SDK_FLAGS}`,
    },
    null,
    null,
  ]);
  assertEquals(await sdkAvailability(), { available: true });
});
