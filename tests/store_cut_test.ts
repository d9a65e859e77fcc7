// Uploads that do not come to their end: cut, stalled, or too large for the disk.

import { assert, assertEquals, assertGreater } from "@std/assert";
import { openFolderStorage } from "../servers/object_store/folder_storage.ts";
import { createMemoryStorage } from "../servers/object_store/memory_storage.ts";
import type { Storage } from "../servers/object_store/storage.ts";
import {
  BUCKET,
  errorOf,
  TESTING_KEY as key,
  TestingStore,
  until,
} from "../servers/object_store/testing_store.ts";
import { writeChunked } from "../servers/s3/testing_aws_chunked.ts";
import { signingKey } from "../servers/s3/sigv4.ts";
import { filesBelow, onSmallDisk } from "./store_folder.ts";
import { headOf, writeAll } from "./store_raw.ts";

const KIB = 1 << 10;
/** As much as has come when it is cut. */
const SENT_BYTES = 300 * KIB;
const SIZE_BYTES = 2 * SENT_BYTES;
const CONTENT = crypto.getRandomValues(new Uint8Array(64 * KIB));
const content = (bytes: number) => new Uint8Array(bytes).map((_, i) => CONTENT[i % 65_521] ?? 0);

/** Sends half of an upload, in one of the forms that clients use, and leaves it at that. */
type Half = (port: number, target: string) => Promise<Deno.TcpConn>;

async function sendHalf(
  port: number,
  target: string,
  headers: Record<string, string>,
  payloadHash: string,
  halfOf: (signature: string, timestamp: string) => Uint8Array,
): Promise<Deno.TcpConn> {
  const { head, signature, timestamp } = headOf({
    method: "PUT",
    target,
    key,
    headers,
    payloadHash,
    lengthBytes: SIZE_BYTES,
  });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeAll(connection, head);
  await writeAll(connection, halfOf(signature, timestamp));
  return connection;
}

const decoded = { "x-amz-decoded-content-length": String(SIZE_BYTES - 20 * KIB) };
const FORMS: Readonly<Record<string, Half>> = {
  "with a plain content": (port, target) =>
    sendHalf(port, target, {}, "UNSIGNED-PAYLOAD", () => content(SENT_BYTES)),
  "with aws-chunked content": (port, target) => {
    const headers = {
      ...decoded,
      "content-encoding": "aws-chunked",
      "x-amz-trailer": "x-amz-checksum-crc32",
    };
    const half = writeChunked(content(SENT_BYTES), { sizes: [64 * KIB, 64 * KIB, 64 * KIB] });
    // Without the end that it has as a whole.
    const cut = half.subarray(0, SENT_BYTES - KIB);
    return sendHalf(port, target, headers, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", () => cut);
  },
  "with signed aws-chunked content": (port, target) =>
    sendHalf(
      port,
      target,
      { ...decoded, "content-encoding": "aws-chunked" },
      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      (seed, timestamp) => {
        const scope = { date: timestamp.slice(0, 8), region: "us-east-1" };
        const signer = { key: signingKey(key.secretAccessKey, scope), timestamp, scope, seed };
        const sizes = [64 * KIB, 64 * KIB, 64 * KIB];
        return writeChunked(content(SENT_BYTES), { sizes, signer }).subarray(0, SENT_BYTES - KIB);
      },
    ),
};

/** Runs with a store in memory, and with one in a folder, whose files are told. */
async function onEachStorage(
  check: (storage: Storage, files: () => Promise<string[]>) => Promise<void>,
): Promise<void> {
  await check(createMemoryStorage(), () => Promise.resolve([]));
  const folder = await Deno.makeTempDir();
  try {
    await check(await openFolderStorage(folder), () => filesBelow(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const [form, sendHalfOf] of Object.entries(FORMS)) {
  Deno.test(`an upload ${form} that is cut leaves what was there, and nothing of its own`, () =>
    onEachStorage(async (storage, files) => {
      await using store = await TestingStore.start({ storage });
      await store.put("kept", content(200 * KIB));
      const begun = await store.fetch(store.s3("parts?uploads"), { method: "POST" });
      const id = /<UploadId>(.*?)</.exec(await begun.text())?.[1] ?? "";
      const before = { bytes: storage.storedBytes, files: await files() };
      const targets = [
        `/${BUCKET}/new`,
        `/${BUCKET}/kept`,
        `/${BUCKET}/parts?partNumber=1&uploadId=${id}`,
      ];
      for (const target of targets) {
        for (const end of ["cut", "half-closed"]) {
          const connection = await sendHalfOf(store.port, target);
          await until(() => storage.storedBytes > before.bytes + SENT_BYTES / 2);
          assertEquals(storage.object(BUCKET, "new"), undefined);
          if (end === "half-closed") await connection.closeWrite();
          else connection.close();
          await until(() => storage.storedBytes === before.bytes);
          if (end === "half-closed") connection.close();
        }
      }
      await until(() => Number(store.store.stats()["open"]) === 0);
      assertEquals(await files(), before.files);
      assertEquals([...storage.objects(BUCKET)].map(([name]) => name), ["kept"]);
      const kept = await store.fetch(store.s3("kept"));
      assertEquals(new Uint8Array(await kept.arrayBuffer()), content(200 * KIB));
      assertEquals(storage.parts(BUCKET, id), []);
      const { locks, waiting } = store.store.stats();
      assertEquals([locks, waiting], [0, 0]);
    }));
}

Deno.test("a store that is closed while an upload stalls ends at once and leaves nothing of it", () =>
  onEachStorage(async (storage, files) => {
    const connections: Deno.TcpConn[] = [];
    let before: string[];
    {
      await using store = await TestingStore.start({ storage });
      before = await files();
      for (const sendHalfOf of Object.values(FORMS)) {
        connections.push(await sendHalfOf(store.port, `/${BUCKET}/stalled`));
      }
      await until(() => storage.storedBytes > 2 * SENT_BYTES);
    }
    for (const connection of connections) connection.close();
    assertEquals(await files(), before);
  }));

/** How a test of a full disk could be run here, if at all. */
const small = await onSmallDisk(() => Promise.resolve());
if (!small) console.warn("NOT TESTED: a full disk: mounting a small one takes root on Linux");

Deno.test({
  name: `${small ? "" : "NOT TESTED, no small disk: "}a full disk is 507, nothing partial stays`,
  ignore: !small,
  fn: async () => {
    await onSmallDisk(async (folder) => {
      const errors: unknown[] = [];
      const onError = (error: unknown) => void errors.push(error);
      const storage = await openFolderStorage(folder);
      await using store = await TestingStore.start({ storage, onError });
      await store.put("k", content(900 * KIB));
      const begun = await store.fetch(store.s3("parts?uploads"), { method: "POST" });
      const id = /<UploadId>(.*?)</.exec(await begun.text())?.[1] ?? "";
      const before = await filesBelow(folder);
      const put = (name: string, bytes: number) =>
        store.fetch(store.s3(name), { method: "PUT", body: content(bytes) });
      for (const name of ["k", "new", `parts?partNumber=1&uploadId=${id}`]) {
        assertEquals(await errorOf(await put(name, 3_000 * KIB)), "507 InsufficientStorage", name);
        assertEquals(await filesBelow(folder), before);
      }
      const headers = { "x-amz-copy-source": `${BUCKET}/k` };
      let stored = 0;
      let refused = "";
      while (refused === "") {
        const answer = await put(`small ${stored}`, 60 * KIB);
        if (answer.ok) stored++;
        refused = answer.ok ? "" : await errorOf(answer);
        if (answer.ok) await answer.body?.cancel();
      }
      assertEquals(refused, "507 InsufficientStorage");
      assertGreater(stored, 5);
      assertEquals([...storage.objects(BUCKET)].length, stored + 1);
      assertEquals(storage.parts(BUCKET, id), []);
      const got = await store.fetch(store.s3("k"));
      assertEquals(new Uint8Array(await got.arrayBuffer()), content(900 * KIB));
      const list = await store.fetch(`${store.url}/${BUCKET}?list-type=2&prefix=small`);
      assertEquals((await list.text()).match(/<Key>/g)?.length, stored);

      // It goes on as soon as there is room.
      const removed = await store.fetch(store.s3("k"), { method: "DELETE" });
      assertEquals(removed.status, 204);
      await store.put("again", content(800 * KIB));
      const copied = await store.fetch(store.s3("copy"), {
        method: "PUT",
        headers: { "x-amz-copy-source": headers["x-amz-copy-source"].replace(/k$/, "again") },
      });
      assert(copied.ok, await copied.text());
      assertEquals(errors, []);
    });
  },
});

Deno.test("beside 200 reads that nobody goes on with everything else is answered", async () => {
  for (const variant of ["bug", "fix"] as const) {
    await using store = await TestingStore.start({ variant, lockTimeoutMs: 60_000 });
    await store.put("read", content(8_192 * KIB));
    await store.put("other", "other");
    const readers: Deno.TcpConn[] = [];
    const { head } = headOf({ method: "GET", target: `/${BUCKET}/read`, key });
    for (let i = 0; i < 200; i++) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: store.port });
      readers.push(connection);
      await writeAll(connection, head);
    }
    if (variant === "bug") await until(() => store.store.stats().waiting === 199);
    // Each has its first bytes, and the rest of 8 MiB is for nobody.
    else for (const connection of readers) await connection.read(new Uint8Array(64));
    assertEquals(await (await store.fetch(store.s3("other"))).text(), "other");
    const asked = await store.fetch(store.s3("read"), { method: "HEAD" });
    assertEquals([asked.status, asked.headers.get("content-length")], [200, `${8 << 20}`]);
    await store.put("read", "new");
    await store.put("another", "another");
    assertEquals(store.store.stats().waiting, variant === "bug" ? 199 : 0);
    for (const connection of readers) connection.close();
    await until(() => store.store.stats().waiting === 0 && store.store.stats().locks === 0);
    assertEquals(await (await store.fetch(store.s3("read"))).text(), "new");
    // What the old reads had is nobody's any more.
    await until(() => store.storage.storedBytes < 1_024);
  }
});
