// Tests of copies: what they share with their source, and what is made anew.

import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { childText } from "../../s3/xml.ts";
import { createTestStore, type TestStore } from "./testing_handlers.ts";
import { base64Crc, complete, md5, MIB, part, start } from "./testing_multipart.ts";

const COPY = { "x-amz-copy-source": "/videos/source" };

function copy(store: TestStore, headers: Record<string, string> = {}) {
  const all = { headers: { ...COPY, ...headers } };
  return store.document("PUT", "/videos/copy", "CopyObjectResult", all);
}

function copyPart(store: TestStore, id: string, number: number, range?: string) {
  const target = `/videos/copy?partNumber=${number}&uploadId=${id}`;
  const headers = range === undefined ? COPY : { ...COPY, "x-amz-copy-source-range": range };
  return store.document("PUT", target, "CopyPartResult", { headers });
}

/** An object of two parts, with a checksum over theirs. */
async function inParts(store: TestStore): Promise<Uint8Array<ArrayBuffer>> {
  const pieces = [new Uint8Array(5 * MIB).fill(1), new Uint8Array(3).fill(2)];
  const id = await start(store, "source", {
    "x-amz-checksum-algorithm": "CRC32",
    "x-amz-checksum-type": "COMPOSITE",
  });
  for (const [i, piece] of pieces.entries()) await part(store, "source", id, i + 1, piece);
  await complete(
    store,
    "source",
    id,
    pieces.map((piece, i) => [i + 1, md5(piece), { ChecksumCRC32: base64Crc(crc32(piece)) }]),
  );
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

Deno.test("copy: of an object in parts both the entity tag and the checksum are of the whole", async () => {
  const store = await createTestStore();
  const whole = await inParts(store);
  const result = await copy(store);
  assertEquals(childText(result, "ETag"), `"${md5(whole)}"`);
  assertEquals(childText(result, "ChecksumCRC32"), base64Crc(crc32(whole)));
  assertEquals(childText(result, "ChecksumType"), "FULL_OBJECT");
  assertEquals(store.context.storage.storedBytes, whole.length, "the bytes are shared");
});

Deno.test("copy: a request chooses the checksum of the copy", async () => {
  const store = await createTestStore();
  await store.ask("PUT", "/videos/source", { body: "0123" });
  assertEquals(childText(await copy(store), "ChecksumType"), undefined);
  const result = await copy(store, { "x-amz-checksum-algorithm": "SHA256" });
  const sha256 = createHash("sha256").update("0123").digest("base64");
  assertEquals(childText(result, "ChecksumSHA256"), sha256);
  assertEquals(childText(result, "ETag"), `"${md5("0123")}"`);
  const error = await store.refusal("PUT", "/videos/copy", {
    headers: { ...COPY, "x-amz-checksum-algorithm": "MD4" },
  });
  assertEquals([error.code, error.status], ["InvalidRequest", 400]);
});

Deno.test("copy: a part that is a run of whole segments shares their bytes, another has its own", async () => {
  const store = await createTestStore();
  const whole = await inParts(store);
  const id = await start(store, "copy");
  const { storage } = store.context;
  const first = await copyPart(store, id, 1);
  const last = await copyPart(store, id, 2, `bytes=${5 * MIB}-${5 * MIB + 2}`);
  assertEquals(storage.storedBytes, whole.length);
  const cut = await copyPart(store, id, 3, "bytes=1-2");
  assertEquals(storage.storedBytes, whole.length + 2);
  const etags = [first, last, cut].map((one) => (childText(one, "ETag") ?? "").replaceAll('"', ""));
  const bytes = [whole, whole.subarray(5 * MIB), whole.subarray(1, 3)];
  assertEquals(etags, bytes.map(md5));
  await store.ask("DELETE", "/videos/source");
  const [one = "", two = ""] = etags;
  await complete(store, "copy", id, [[1, one], [2, two]]);
  const read = await (await store.ask("GET", "/videos/copy")).bytes();
  assertEquals(md5(read), md5(new Uint8Array([...whole, 2, 2, 2])));
});
