// The store as the AWS SDK for JavaScript v3 uses it: objects in parts.

import { assert, assertEquals } from "@std/assert";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { refusal, withClient } from "./testing_sdk.ts";
import { BUCKET } from "./testing_store.ts";

const MIB = 1 << 20;

Deno.test("AWS SDK: an object in parts, read by part; and uploads that are given up", () =>
  withClient({}, async (s3, store) => {
    const at = { Bucket: BUCKET, Key: "parts" };
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "src", Body: "0123456789" }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
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
    const { Parts } = await s3.send(new ListPartsCommand({ ...at, UploadId }));
    assertEquals(Parts?.map(({ Size }) => Size), [5 * MIB, 4]);
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    assertEquals(Uploads?.map(({ Key }) => Key), ["parts"]);
    const done = await s3.send(
      new CompleteMultipartUploadCommand({
        ...at,
        UploadId,
        MultipartUpload: {
          Parts: [
            { PartNumber: 1, ETag: one.ETag },
            { PartNumber: 2, ETag: two.CopyPartResult?.ETag },
          ],
        },
      }),
    );
    assert(done.ETag?.endsWith('-2"'), done.ETag);
    const part = await s3.send(new GetObjectCommand({ ...at, PartNumber: 2 }));
    assertEquals([await part.Body?.transformToString(), part.PartsCount], ["2345", 2]);
    // A copy of it is in one piece, with the entity tag of one.
    const copied = await s3.send(
      new CopyObjectCommand({ Bucket: BUCKET, Key: "copy", CopySource: `${BUCKET}/parts` }),
    );
    assert(/^"[0-9a-f]{32}"$/.test(copied.CopyObjectResult?.ETag ?? ""), "an MD5");

    const given = await s3.send(new CreateMultipartUploadCommand(at));
    const up = { ...at, UploadId: given.UploadId };
    await s3.send(new UploadPartCommand({ ...up, PartNumber: 1, Body }));
    const before = store.storage.storedBytes;
    await s3.send(new AbortMultipartUploadCommand(up));
    assertEquals(before - store.storage.storedBytes, 5 * MIB);
    assertEquals(
      await refusal(s3.send(new UploadPartCommand({ ...up, PartNumber: 1, Body }))),
      "404 NoSuchUpload",
    );
  }));

Deno.test("AWS SDK: lib-storage uploads a stream of unknown length in parts", () =>
  withClient({}, async (s3, store) => {
    const Body = new Blob([new Uint8Array(12 * MIB).fill(3)]).stream();
    await new Upload({ client: s3, params: { Bucket: BUCKET, Key: "up", Body } }).done();
    assertEquals(store.storage.object(BUCKET, "up")?.partSizes, [5 * MIB, 5 * MIB, 2 * MIB]);
    const { Body: back } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: "up" }));
    const bytes = await back?.transformToByteArray();
    assertEquals([bytes?.byteLength, bytes?.every((byte) => byte === 3)], [12 * MIB, true]);
  }));
