// The gateway as the AWS SDK for JavaScript v3 uses it: objects in parts, and lib-storage.

import { assert, assertEquals } from "@std/assert";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { refusal } from "../object_store/testing_sdk.ts";
import { BUCKET as STORE_BUCKET } from "../object_store/testing_store.ts";
import { BUCKET, PREFIX, withGateway } from "./testing_gateway.ts";

const MIB = 1 << 20;

Deno.test("AWS SDK: an object in parts, read by part; and uploads that are given up", () =>
  withGateway({}, async (s3, _gateway, store) => {
    const at = { Bucket: BUCKET, Key: "parts é" };
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "src", Body: "0123456789" }));
    const begun = await s3.send(
      new CreateMultipartUploadCommand({
        ...at,
        ContentType: "video/mp4",
        ContentEncoding: "zstd",
        ChecksumAlgorithm: "CRC32",
      }),
    );
    const { UploadId } = begun;
    assertEquals([begun.Bucket, begun.Key], [BUCKET, at.Key]);
    const Body = new Uint8Array(5 * MIB).fill(1);
    const one = await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body }));
    const two = await s3.send(
      new UploadPartCopyCommand({
        ...at,
        UploadId,
        PartNumber: 2,
        CopySource: `${BUCKET}/src`,
        CopySourceRange: "bytes=2-5",
      }),
    );
    const parts = await s3.send(new ListPartsCommand({ ...at, UploadId }));
    assertEquals(parts.Parts?.map(({ Size }) => Size), [5 * MIB, 4]);
    assertEquals([parts.Bucket, parts.Key], [BUCKET, at.Key]);
    const listed = await s3.send(
      new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: "parts", KeyMarker: "a" }),
    );
    assertEquals(listed.Uploads?.map(({ Key }) => Key), [at.Key]);
    assertEquals([listed.Bucket, listed.Prefix, listed.KeyMarker], [BUCKET, "parts", "a"]);
    const done = await s3.send(
      new CompleteMultipartUploadCommand({
        ...at,
        UploadId,
        MultipartUpload: {
          Parts: [
            { PartNumber: 1, ETag: one.ETag, ChecksumCRC32: one.ChecksumCRC32 },
            {
              PartNumber: 2,
              ETag: two.CopyPartResult?.ETag,
              ChecksumCRC32: two.CopyPartResult?.ChecksumCRC32,
            },
          ],
        },
      }),
    );
    assert(done.ETag?.endsWith('-2"'), done.ETag);
    assertEquals([done.Bucket, done.Key], [BUCKET, at.Key]);
    assert(done.Location?.endsWith(`/${BUCKET}/parts%20%C3%A9`), done.Location);
    const stored = store.storage.object(STORE_BUCKET, `${PREFIX}parts é`);
    assertEquals([stored?.headers["content-type"], stored?.headers["content-encoding"]], [
      "video/mp4",
      "zstd",
    ]);
    const part = await s3.send(new GetObjectCommand({ ...at, PartNumber: 2 }));
    assertEquals([await part.Body?.transformToString(), part.PartsCount], ["2345", 2]);

    const given = await s3.send(new CreateMultipartUploadCommand(at));
    const up = { ...at, UploadId: given.UploadId };
    await s3.send(new UploadPartCommand({ ...up, PartNumber: 1, Body }));
    await s3.send(new AbortMultipartUploadCommand(up));
    assertEquals(
      await refusal(s3.send(new UploadPartCommand({ ...up, PartNumber: 1, Body }))),
      "404 NoSuchUpload",
    );
    const wrong = { ...at, UploadId: "none", PartNumber: 10_001, Body: "x" };
    assertEquals(await refusal(s3.send(new UploadPartCommand(wrong))), "400 InvalidArgument");
  }));

for (const variant of ["fix", "bug"] as const) {
  Deno.test(`AWS SDK: lib-storage uploads in parallel parts (${variant})`, () =>
    withGateway({ variant }, async (s3, gateway, store) => {
      const Body = new Uint8Array(23 * MIB).map((_, i) => i % 251);
      await new Upload({ client: s3, params: { Bucket: BUCKET, Key: "up", Body } }).done();
      assertEquals(store.storage.object(STORE_BUCKET, `${PREFIX}up`)?.partSizes, [
        ...[5 * MIB, 5 * MIB, 5 * MIB, 5 * MIB],
        3 * MIB,
      ]);
      const { Body: back } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: "up" }));
      assertEquals(await back?.transformToByteArray(), Body);
      const { peakBufferedBytes, bufferedBytes } = gateway.server.stats();
      assertEquals(bufferedBytes, 0);
      const isFlat = peakBufferedBytes < 2 * MIB;
      assertEquals(isFlat, variant === "fix", `${peakBufferedBytes} bytes at most`);
    }));
}

Deno.test("AWS SDK: lib-storage uploads a stream of unknown length in parts", () =>
  withGateway({}, async (s3) => {
    const Body = new Blob([new Uint8Array(12 * MIB).fill(3)]).stream();
    await new Upload({ client: s3, params: { Bucket: BUCKET, Key: "up", Body } }).done();
    const { Body: back } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: "up" }));
    const bytes = await back?.transformToByteArray();
    assertEquals([bytes?.byteLength, bytes?.every((byte) => byte === 3)], [12 * MIB, true]);
  }));
