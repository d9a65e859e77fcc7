// Tests of the client against our own object store: keys of every kind, uploads whole and cut.

import { assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import type { Access } from "../../lab/scenario.ts";
import { BUCKET, TESTING_KEY, TestingStore } from "../../servers/object_store/testing_store.ts";
import { startPeer } from "../testing_peer.ts";
import { InconclusiveError } from "../../lab/errors.ts";
import { ObjectContent } from "./content.ts";
import { ContentReader } from "./content_reader.ts";
import { StoreClient } from "./store_client.ts";

function clientOf(url: string | URL, signal = new AbortController().signal): StoreClient {
  const access: Access = {
    ...{ url: new URL(url), headers: {}, insecure: false },
    store: { region: "auto", credentials: TESTING_KEY },
  };
  return StoreClient.for(access, { clock: realClock, signal });
}

Deno.test("a bucket and an object are made, found, read back and removed", async () => {
  await using store = await TestingStore.start();
  const client = clientOf(store.url);
  await client.createBucket("mine");
  assertEquals([await client.hasBucket("mine"), await client.hasBucket("no-other")], [true, false]);
  const content = new ObjectContent({ sizeBytes: 5_000_001, version: 1 });
  const { etag, sentAtMs, completedAtMs } = await client.upload("mine", "a/b", content);
  assertEquals(sentAtMs <= completedAtMs, true);
  assertEquals(await client.head("mine", "a/b"), { key: "a/b", sizeBytes: 5_000_001, etag });
  assertEquals(await client.list("mine", "a/"), [{ key: "a/b", sizeBytes: 5_000_001, etag }]);
  const reader = new ContentReader([content]);
  const request = { method: "GET", bucket: "mine", key: "a/b" };
  const { connection, exchange } = await client.begin(request, {
    onBody: (bytes) => reader.push(bytes),
  });
  assertEquals((await exchange.body).bytes.length, 0);
  connection.close();
  assertEquals(reader.report(), {
    ...{ receivedBytes: 5_000_001, versions: [1], mixed: false, foreignAtByte: null },
  });
  const full = await assertRejects(() => client.deleteBucket("mine"), InconclusiveError);
  assertEquals(/\(BucketNotEmpty\)$/.test(full.message), true);
  await client.remove("mine", "a/b");
  await client.remove("mine", "a/b");
  assertEquals(await client.head("mine", "a/b"), undefined);
  await client.deleteBucket("mine");
  await client.deleteBucket("mine");
  assertEquals(await client.hasBucket("mine"), false);
});

const KEYS = [
  ...["a b+c%2Fd", "../../etc/./x", "ü€😀!'()*~$&,;=:@", "a?b#c", "trailing/", "x//y"],
  ...["<&>\"'", "%zz", "dots..", "new\nline"],
];

Deno.test("keys of every kind go there and back, in header, query and listing", async () => {
  await using store = await TestingStore.start();
  const client = clientOf(store.url);
  for (const [at, key] of KEYS.entries()) {
    await client.upload(BUCKET, key, new ObjectContent({ sizeBytes: 10 + at, version: at }));
  }
  const found = await client.list(BUCKET, "");
  assertEquals(
    new Map(found.map(({ key, sizeBytes }) => [key, sizeBytes])),
    new Map(KEYS.map((key, at) => [key, 10 + at])),
  );
  for (const [at, key] of KEYS.entries()) {
    for (const presign of [false, true]) {
      const answer = await client.call({ method: "GET", bucket: BUCKET, key, presign });
      assertEquals([key, answer.headers.get("content-length")], [key, String(10 + at)]);
    }
    await client.remove(BUCKET, key);
  }
  assertEquals(await client.list(BUCKET, ""), []);
});

Deno.test("a presigned URL is good for one who cannot sign", async () => {
  await using store = await TestingStore.start();
  const client = clientOf(store.url);
  const content = new ObjectContent({ sizeBytes: 100, version: 3 });
  await client.upload(BUCKET, "a b+c", content);
  const answer = await fetch(await client.presignedUrl(BUCKET, "a b+c"));
  assertEquals(content.check(0, await answer.bytes()), "same");
});

Deno.test("a listing is read over all its pages", async () => {
  await using store = await TestingStore.start();
  const client = clientOf(store.url);
  const empty = new ObjectContent({ sizeBytes: 0 });
  const keys = Array.from({ length: 1_003 }, (_, at) => `k/${String(at).padStart(4, "0")}`);
  for (let at = 0; at < keys.length; at += 50) {
    await Promise.all(keys.slice(at, at + 50).map((key) => client.upload(BUCKET, key, empty)));
  }
  assertEquals((await client.list(BUCKET, "k/")).map(({ key }) => key), keys);
});

Deno.test("an upload that is interrupted ends at once and leaves no object", async () => {
  await using store = await TestingStore.start();
  const interrupt = new AbortController();
  const client = clientOf(store.url, interrupt.signal);
  const content = new ObjectContent({ sizeBytes: 64 << 20, version: 1 });
  const reason = new Error("interrupted");
  const error = await assertRejects(() =>
    client.upload(BUCKET, "cut", {
      ...{ sizeBytes: content.sizeBytes, sha256: () => content.sha256() },
      *pieces() {
        let pieces = 0;
        for (const piece of content.pieces()) {
          if (pieces++ === 3) interrupt.abort(reason);
          yield piece;
        }
      },
    })
  );
  assertEquals(error, reason);
  const cleaner = client.withSignal(new AbortController().signal);
  assertEquals(await cleaner.list(BUCKET, ""), []);
});

Deno.test("an upload that the store cuts says how far it came", async () => {
  await using peer = await startPeer();
  const client = clientOf(peer.url);
  const content = new ObjectContent({ sizeBytes: 64 << 20 });
  const cut = assertRejects(() => client.upload("b", "k", content), InconclusiveError);
  const connection = await peer.next();
  await connection.received("\r\n\r\n");
  connection.socket.resetAndDestroy();
  const { message } = await cut;
  const [, sent] =
    /^Cannot upload 'k' to bucket 'b' at http:\/\/[\d.:]+: the connection was cut before the answer was complete after (\d+) of 67108864 bytes; a store may refuse like this: check the key and that it has s3:PutObject$/
      .exec(message) ?? [];
  assertEquals([message, Number(sent) < content.sizeBytes], [message, true]);
});

Deno.test("a refusal in the middle of an upload is read, and the rest is not sent", async () => {
  await using peer = await startPeer();
  const client = clientOf(peer.url);
  const content = new ObjectContent({ sizeBytes: 256 << 20 });
  const refused = assertRejects(() => client.upload("b", "k", content), InconclusiveError);
  const connection = await peer.next();
  await connection.received("\r\n\r\n");
  const text = "<Error><Code>QuotaExceeded</Code></Error>";
  connection.socket.pause();
  connection.socket.write(
    `HTTP/1.1 403 Forbidden\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
  assertEquals(
    (await refused).message,
    `Cannot upload 'k' to bucket 'b' at ${peer.url.origin}: the quota of the bucket is used up ` +
      "(QuotaExceeded)",
  );
});

Deno.test("the public URL is asked without a signature and without the target's headers", async () => {
  await using peer = await startPeer({ answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" });
  const { access } = clientOf(store404);
  const client = StoreClient.for({
    ...access,
    headers: { "x-secret": "1" },
    store: { region: "auto", credentials: TESTING_KEY, publicUrl: new URL("/pub", peer.url) },
  }, { clock: realClock, signal: new AbortController().signal });
  assertEquals(client.publicUrl("a b")?.href, `${peer.url.origin}/pub/a%20b`);
  await client.call({ method: "GET", bucket: "b", key: "a b", publicly: true });
  const { text } = await peer.next();
  assertEquals(
    text,
    `GET /pub/a%20b HTTP/1.1\r\nHost: ${peer.url.host}\r\nUser-Agent: edge-repro\r\nAccept: */*\r\n\r\n`,
  );
});

const store404 = "http://127.0.0.1:1";
