// Tests of the checksums of uploads in parts.

import { assertEquals, assertNotEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { childText } from "../../s3/xml.ts";
import { createTestStore } from "./testing_handlers.ts";
import { base64Crc, listed, md5, MIB, part, start } from "./testing_multipart.ts";

Deno.test("multipart: a composite checksum is over the parts', and each part's is named again", async () => {
  const store = await createTestStore();
  const id = await start(store, "a", { "x-amz-checksum-algorithm": "SHA256" });
  const value = createHash("sha256").update("x").digest("base64");
  const target = `/videos/a?partNumber=1&uploadId=${id}`;
  const sent = await store.ask("PUT", target, {
    body: "x",
    headers: { "x-amz-checksum-sha256": value },
  });
  assertEquals(sent.headers.get("x-amz-checksum-sha256"), value);
  const finish = `/videos/a?uploadId=${id}`;
  assertEquals(
    (await store.refusal("POST", finish, { body: listed([[1, md5("x")]]) })).code,
    "InvalidRequest",
  );
  const wrong = listed([[1, md5("x"), { ChecksumSHA256: `${"A".repeat(43)}=` }]]);
  assertEquals((await store.refusal("POST", finish, { body: wrong })).code, "InvalidPart");
  const result = await store.document("POST", finish, "CompleteMultipartUploadResult", {
    body: listed([[1, md5("x"), { ChecksumSHA256: value }]]),
  });
  const composite = createHash("sha256").update(value, "base64").digest("base64");
  assertEquals([childText(result, "ChecksumSHA256"), childText(result, "ChecksumType")], [
    `${composite}-1`,
    "COMPOSITE",
  ]);
});

Deno.test("multipart: a full-object checksum is that of the whole, and the client's must be too", async () => {
  const store = await createTestStore();
  const headers = { "x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "FULL_OBJECT" };
  const id = await start(store, "a", headers);
  const first = new Uint8Array(5 * MIB).fill(7);
  await part(store, "a", id, 1, first);
  await part(store, "a", id, 2, "tail");
  const whole = base64Crc(crc32("tail", crc32(first)));
  const body = listed([[1, md5(first)], [2, md5("tail")]]);
  const target = `/videos/a?uploadId=${id}`;
  const claim = { "x-amz-checksum-crc32": "AAAAAA==" };
  assertEquals((await store.refusal("POST", target, { body, headers: claim })).code, "BadDigest");
  const mode = { "x-amz-checksum-type": "COMPOSITE" };
  assertEquals(
    (await store.refusal("POST", target, { body, headers: mode })).code,
    "InvalidRequest",
  );
  const result = await store.document("POST", target, "CompleteMultipartUploadResult", {
    body,
    headers: { "x-amz-checksum-crc32": whole, "x-amz-checksum-type": "FULL_OBJECT" },
  });
  assertEquals([childText(result, "ChecksumCRC32"), childText(result, "ChecksumType")], [
    whole,
    "FULL_OBJECT",
  ]);
});

Deno.test("multipart: a part without a checksum is given its upload's, one with another is refused", async () => {
  const store = await createTestStore();
  const id = await start(store, "a", { "x-amz-checksum-algorithm": "CRC64NVME" });
  const target = `/videos/a?partNumber=1&uploadId=${id}`;
  const headers = { "x-amz-checksum-crc32": base64Crc(crc32("x")) };
  assertEquals((await store.refusal("PUT", target, { body: "x", headers })).code, "InvalidRequest");
  assertEquals(store.context.storage.storedBytes, 0);
  const sent = await store.ask("PUT", target, { body: "x" });
  assertNotEquals(sent.headers.get("x-amz-checksum-crc64nvme"), null);
  await store.ask("PUT", "/videos/source", { body: "x" });
  const copied = await store.document("PUT", target, "CopyPartResult", {
    headers: { "x-amz-copy-source": "videos/source" },
  });
  assertEquals(
    childText(copied, "ChecksumCRC64NVME"),
    sent.headers.get("x-amz-checksum-crc64nvme"),
  );
});

const CHECKSUMS: [algorithm: string | null, type: string | null, answered: string | null][] = [
  [null, null, null],
  ["CRC32", null, "COMPOSITE"],
  ["crc32c", "full_object", "FULL_OBJECT"],
  ["CRC64NVME", null, "FULL_OBJECT"],
  ["SHA1", "COMPOSITE", "COMPOSITE"],
];

for (const [algorithm, type, answered] of CHECKSUMS) {
  Deno.test(`multipart: an upload with checksum ${algorithm} of type ${type} has ${answered}`, async () => {
    const store = await createTestStore();
    const response = await store.ask("POST", "/videos/a?uploads", {
      headers: {
        ...(algorithm && { "x-amz-checksum-algorithm": algorithm }),
        ...(type && { "x-amz-checksum-type": type }),
      },
    });
    assertEquals(response.headers.get("x-amz-checksum-type"), answered);
    await response.body?.cancel();
  });
}

Deno.test("multipart: checksums that S3 does not have are refused", async () => {
  const store = await createTestStore();
  for (
    const [algorithm, type] of [["MD5", "COMPOSITE"], ["SHA1", "FULL_OBJECT"], [
      "CRC64NVME",
      "COMPOSITE",
    ], ["", "COMPOSITE"]] as const
  ) {
    const headers = {
      "x-amz-checksum-type": type,
      ...(algorithm && { "x-amz-checksum-algorithm": algorithm }),
    };
    assertEquals(
      (await store.refusal("POST", "/videos/a?uploads", { headers })).code,
      "InvalidRequest",
    );
  }
});
