// Tests of a read that is begun and left: held open, read on, closed, ended by the other side.

import { assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { InconclusiveError } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import { type PeerConnection, startPeer } from "../testing_peer.ts";
import { abandonRead } from "./abandoned_read.ts";
import { ObjectContent } from "./content.ts";
import { StoreClient } from "./store_client.ts";

const SIZE = 32 << 20;
const content = new ObjectContent({ sizeBytes: SIZE, version: 1 });
const newer = new ObjectContent({ sizeBytes: SIZE, version: 2 });
const form = { bucket: "b", key: "k", contents: [content, newer] };

function clientOf(url: URL): StoreClient {
  const access: Access = { url, headers: {}, insecure: false, store: { region: "auto" } };
  return StoreClient.for(access, { clock: realClock, signal: new AbortController().signal });
}

/** Answers with the header and `bytes`; resolves when the kernel has taken all of them. */
async function answer(
  connection: PeerConnection,
  bytes: Iterable<Uint8Array>,
  head = `200 OK\r\nContent-Length: ${SIZE}`,
): Promise<boolean> {
  await connection.received("\r\n\r\n");
  connection.socket.write(`HTTP/1.1 ${head}\r\n\r\n`);
  for (const piece of bytes) {
    const taken = new Promise<boolean>((resolve) =>
      connection.socket.write(piece, (error) => resolve(!error))
    );
    if (!await taken) return false;
  }
  return true;
}

Deno.test("a read that is left holds the sender back, and comes whole when it is read on", async () => {
  await using peer = await startPeer();
  const begun = abandonRead(clientOf(peer.url), form);
  const connection = await peer.next();
  let sent = false;
  const sending = answer(connection, content.pieces()).then((all) => (sent = all));
  using read = await begun;
  assertEquals([read.head.status, read.expectedBytes], [200, SIZE]);
  assertEquals(read.sentAtMs <= read.head.atMs && read.head.atMs <= read.firstByteAtMs, true);
  const { receivedBytes } = read;
  // What is sent after it on another connection arrives: time enough for this one to have gone on.
  const second = abandonRead(clientOf(peer.url), form);
  await answer(await peer.next(), [content.read(0, 1 << 16)]);
  using _other = await second;
  assertEquals([sent, read.receivedBytes, read.state()], [false, receivedBytes, { open: true }]);
  assertEquals(receivedBytes > 0 && receivedBytes < SIZE / 4, true);
  const end = await read.resume();
  await sending;
  assertEquals({ ...end, atMs: 0 }, {
    ...{ how: "complete", atMs: 0, receivedBytes: SIZE, versions: [1], mixed: false },
    ...{ foreignAtByte: null, expectedBytes: SIZE },
  });
  assertEquals(read.state(), { open: false, how: "complete", atMs: end.atMs });
});

Deno.test("a range is asked for, and its bytes are known by their place", async () => {
  await using peer = await startPeer();
  const first = 1_000_000;
  const last = SIZE - 1;
  const begun = abandonRead(clientOf(peer.url), { ...form, range: { first, last } });
  const connection = await peer.next();
  const length = last - first + 1;
  const sending = answer(
    connection,
    [content.read(first, length)],
    `206 Partial Content\r\nContent-Length: ${length}`,
  );
  using read = await begun;
  assertEquals(/\r\nRange: bytes=1000000-33554431\r\n/.test(connection.text), true);
  const { how, versions, foreignAtByte, receivedBytes } = await read.resume();
  await sending;
  assertEquals({ how, versions, foreignAtByte, receivedBytes }, {
    ...{ how: "complete", versions: [1], foreignAtByte: null, receivedBytes: length },
  });
});

Deno.test("bytes of two versions in one read are found", async () => {
  await using peer = await startPeer();
  const begun = abandonRead(clientOf(peer.url), form);
  const connection = await peer.next();
  const half = SIZE / 2;
  const sending = answer(connection, [content.read(0, half), newer.read(half, half)]);
  using read = await begun;
  assertEquals(read.report().versions, [1]);
  const { versions, mixed } = await read.resume();
  await sending;
  assertEquals({ versions, mixed }, { versions: [1, 2], mixed: true });
});

for (const how of ["fin", "reset"] as const) {
  Deno.test(`a read that the other side cuts is told from one that is whole: ${how}`, async () => {
    await using peer = await startPeer();
    const begun = abandonRead(clientOf(peer.url), form);
    const connection = await peer.next();
    await answer(connection, [content.read(0, 1 << 20)]);
    using read = await begun;
    if (how === "fin") connection.socket.end();
    else connection.socket.resetAndDestroy();
    const end = await read.resume();
    assertEquals([end.how, end.versions, end.receivedBytes < SIZE], [how, [1], true]);
    assertEquals(read.state(), { open: false, how, atMs: end.atMs });
  });
}

for (const leave of ["close", "reset"] as const) {
  Deno.test(`a reader leaves by ${leave}, and the other side sees a connection that is gone`, async () => {
    await using peer = await startPeer();
    const begun = abandonRead(clientOf(peer.url), form);
    const connection = await peer.next();
    const sending = answer(connection, content.pieces());
    using read = await begun;
    const atMs = read[leave]();
    await connection.closed;
    assertEquals(await sending, false);
    const state = read.state();
    assertEquals(state, { open: false, how: "local", atMs });
  });
}

Deno.test("a reader that is very slow holds the sender back, and reads on at full speed when told", async () => {
  await using peer = await startPeer();
  const begun = abandonRead(clientOf(peer.url), { ...form, bytesPerSecond: 1 });
  let sent = false;
  const sending = answer(await peer.next(), content.pieces()).then((all) => (sent = all));
  using read = await begun;
  const { receivedBytes } = read;
  const second = abandonRead(clientOf(peer.url), form);
  await answer(await peer.next(), [content.read(0, 1 << 16)]);
  using _other = await second;
  assertEquals([sent, read.receivedBytes], [false, receivedBytes]);
  assertEquals((await read.resume()).how, "complete");
  await sending;
});

Deno.test("a body without a length, an empty one, and a range that is not heeded", async () => {
  await using peer = await startPeer();
  const opened = async (head: string, piece: string, more = {}) => {
    const begun = abandonRead(clientOf(peer.url), { ...form, ...more });
    const connection = await peer.next();
    await answer(connection, [new TextEncoder().encode(piece)], head);
    return { read: await begun, connection };
  };
  const chunked = await opened("200 OK\r\nTransfer-Encoding: chunked", "1\r\nx\r\n");
  assertEquals([chunked.read.expectedBytes, chunked.read.receivedBytes], [null, 1]);
  chunked.read[Symbol.dispose]();
  await chunked.connection.ended;
  const { read } = await opened("200 OK\r\nContent-Length: 0", "");
  assertEquals([read.expectedBytes, read.state().open], [0, false]);
  read[Symbol.dispose]();
  const range = { first: 0, last: 9 };
  const { message } = await assertRejects(
    () => opened("200 OK\r\nContent-Length: 9", "123456789", { range }),
    InconclusiveError,
  );
  assertEquals(
    message,
    `Cannot read a range of 'k' of bucket 'b' at ${peer.url.origin}: received 200, expected 206`,
  );
});

Deno.test("a read goes elsewhere, or to the public URL, when it is told to", async () => {
  await using target = await startPeer();
  await using peer = await startPeer();
  const { access } = clientOf(target.url);
  const client = StoreClient.for(
    { ...access, store: { region: "auto", publicUrl: new URL("/pub", peer.url) } },
    { clock: realClock, signal: new AbortController().signal },
  );
  const ways = [[{ endpoint: peer.url }, "/b/k"], [{ publicly: true }, "/pub/k"]] as const;
  for (const [more, path] of ways) {
    const begun = abandonRead(client, { ...form, ...more });
    const connection = await peer.next();
    await answer(connection, [content.read(0, 10)]);
    using _read = await begun;
    assertEquals(connection.text.split("\r\n")[0], `GET ${path} HTTP/1.1`);
  }
});

Deno.test("a slow reader reads on by itself", async () => {
  await using peer = await startPeer();
  const begun = abandonRead(clientOf(peer.url), { ...form, bytesPerSecond: 10_000_000 });
  const sending = answer(await peer.next(), content.pieces());
  using read = await begun;
  const { receivedBytes } = read;
  while (read.receivedBytes === receivedBytes) await realClock.sleep(1);
  read.close();
  await sending;
});

Deno.test("a read that is refused, or gets no body, says why", async () => {
  await using peer = await startPeer();
  const refused = assertRejects(() => abandonRead(clientOf(peer.url), form), InconclusiveError);
  const text = "<Error><Code>NoSuchKey</Code><Message>x</Message></Error>";
  const connection = await peer.next();
  await answer(
    connection,
    [new TextEncoder().encode(text)],
    `404 Not Found\r\nContent-Length: ${text.length}`,
  );
  const begin = `Cannot read 'k' of bucket 'b' at ${peer.url.origin}:`;
  assertEquals((await refused).message, `${begin} there is no such object (NoSuchKey)`);
  await connection.ended;
  const late = assertRejects(
    () => abandonRead(clientOf(peer.url), { ...form, limitMs: 50 }),
    InconclusiveError,
  );
  await answer(await peer.next(), []);
  assertEquals((await late).message, `${begin} no progress for 0.05 s`);
});
