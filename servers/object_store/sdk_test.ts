// The store as the AWS SDK for JavaScript v3 uses it: every operation on whole objects, keys with tricks.

import { assert, assertEquals } from "@std/assert";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { Agent } from "node:http";
import { Readable } from "node:stream";
import { read, refusal, withClient } from "./testing_sdk.ts";
import { BUCKET, TESTING_KEY } from "./testing_store.ts";

const MIB = 1 << 20;

Deno.test("AWS SDK: buckets", () =>
  withClient({}, async (s3) => {
    const Bucket = "another";
    assertEquals(await refusal(s3.send(new HeadBucketCommand({ Bucket }))), "404 NotFound");
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new HeadBucketCommand({ Bucket }));
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    assertEquals(Buckets?.map(({ Name }) => Name), [Bucket, BUCKET]);
    await s3.send(new GetBucketLocationCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
    const deletion = () => s3.send(new DeleteBucketCommand({ Bucket }));
    assertEquals(await refusal(deletion()), "409 BucketNotEmpty");
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
    await deletion();
    assertEquals(await refusal(deletion()), "404 NoSuchBucket");
  }));

Deno.test("AWS SDK: an object's life, its checksum verified both ways", () =>
  withClient({}, async (s3) => {
    const at = { Bucket: BUCKET, Key: "clip.mp4" };
    const put = await s3.send(
      new PutObjectCommand({
        ...at,
        Body: "hello",
        ContentType: "video/mp4",
        Metadata: { n: "1" },
      }),
    );
    assertEquals(put.ChecksumCRC32, "NhCmhg==");
    const got = await s3.send(new GetObjectCommand(at));
    assertEquals(await got.Body?.transformToString(), "hello");
    assertEquals([got.ChecksumCRC32, got.ContentType, got.Metadata], [
      "NhCmhg==",
      "video/mp4",
      { n: "1" },
    ]);
    const head = await s3.send(new HeadObjectCommand(at));
    assertEquals([head.ContentLength, head.ETag], [5, put.ETag]);
    const part = await s3.send(new GetObjectCommand({ ...at, Range: "bytes=1-2" }));
    assertEquals([await part.Body?.transformToString(), part.ContentRange], ["el", "bytes 1-2/5"]);
    const copy = await s3.send(
      new CopyObjectCommand({ Bucket: BUCKET, Key: "copy", CopySource: `${BUCKET}/clip.mp4` }),
    );
    assertEquals(copy.CopyObjectResult?.ETag, put.ETag);
    await s3.send(new DeleteObjectCommand(at));
    assertEquals(await refusal(s3.send(new GetObjectCommand(at))), "404 NoSuchKey");
    assertEquals(await refusal(s3.send(new HeadObjectCommand(at))), "404 NotFound");
    assertEquals(await read(s3, "copy"), "hello");
  }));

for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
  Deno.test(`AWS SDK: an upload with ${algorithm} is checked, and read back with it`, () =>
    withClient({}, async (s3) => {
      const at = { Bucket: BUCKET, Key: "k" };
      const Body = new Uint8Array(3 * MIB).fill(5);
      await s3.send(new PutObjectCommand({ ...at, Body, ChecksumAlgorithm: algorithm }));
      const got = await s3.send(new GetObjectCommand({ ...at, ChecksumMode: "ENABLED" }));
      assert(got[`Checksum${algorithm}`]);
      assertEquals((await got.Body?.transformToByteArray())?.byteLength, 3 * MIB);
    }));
}

Deno.test("AWS SDK: a stream goes up aws-chunked with its checksum behind it", () =>
  withClient({}, async (s3, store) => {
    const Body = Readable.from([new Uint8Array(MIB).fill(1), new Uint8Array(10)]);
    await s3.send(
      new PutObjectCommand({ Bucket: BUCKET, Key: "k", Body, ContentLength: MIB + 10 }),
    );
    assertEquals(store.storage.object(BUCKET, "k")?.sizeBytes, MIB + 10);
    assert(store.storage.object(BUCKET, "k")?.checksum);
    // How it travelled is not how it is encoded.
    const head = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: "k" }));
    assertEquals(head.ContentEncoding, undefined);
  }));

Deno.test("AWS SDK: lists, by prefix, by delimiter and in pages", () =>
  withClient({}, async (s3) => {
    for (const Key of ["a/1", "a/2", "b/1", "c"]) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "x" }));
    }
    const folders = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Delimiter: "/" }));
    assertEquals(folders.CommonPrefixes?.map(({ Prefix }) => Prefix), ["a/", "b/"]);
    assertEquals(folders.Contents?.map(({ Key }) => Key), ["c"]);
    const keys: (string | undefined)[] = [];
    let token: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket: BUCKET,
          MaxKeys: 3,
          ...(token !== undefined && { ContinuationToken: token }),
        }),
      );
      keys.push(...page.Contents?.map(({ Key }) => Key) ?? []);
      token = page.NextContinuationToken;
    } while (token !== undefined);
    assertEquals(keys, ["a/1", "a/2", "b/1", "c"]);
    const first = await s3.send(new ListObjectsCommand({ Bucket: BUCKET, Prefix: "a/" }));
    assertEquals(first.Contents?.length, 2);
  }));

Deno.test("AWS SDK: deletes many at once", () =>
  withClient({}, async (s3, store) => {
    for (const Key of ["a", "b&<", "c"]) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "x" }));
    }
    const Objects = [{ Key: "a" }, { Key: "b&<" }, { Key: "none" }];
    const { Deleted } = await s3.send(
      new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }),
    );
    assertEquals(Deleted?.map(({ Key }) => Key).sort(), ["a", "b&<", "none"]);
    assertEquals([...store.storage.objects(BUCKET)].map(([key]) => key), ["c"]);
  }));

const TRICKS = [
  "a/../b",
  "./x",
  "..",
  "/",
  "a//b",
  "%2e%2e",
  "%00",
  "a\0b",
  "é ü",
  "a+b c",
  "a?b#c",
];
const MORE_TRICKS = ["\u{1f3ac}", "_edge-repro/stats", "a\\b", "x".repeat(1_024), "'\"<&>"];

for (const style of ["path", "virtual host"] as const) {
  Deno.test(`AWS SDK: keys with tricks come back as they are, by ${style}`, async () => {
    // Not every resolver knows names below localhost, so this one is told.
    const agent = new Agent({
      lookup: (_name, options, callback) =>
        options.all
          ? callback(null, [{ address: "127.0.0.1", family: 4 }])
          : callback(null, "127.0.0.1", 4),
    });
    await withClient({}, async (_, store) => {
      const byPath = style === "path";
      const s3 = new S3Client({
        endpoint: byPath ? store.url : `http://localhost:${store.port}`,
        region: "auto",
        credentials: TESTING_KEY,
        forcePathStyle: byPath,
        maxAttempts: 1,
        requestHandler: { httpAgent: agent },
      });
      try {
        const keys = [...TRICKS, ...MORE_TRICKS];
        for (const Key of keys) {
          await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }));
        }
        const stored = [...store.storage.objects(BUCKET)].map(([key]) => key);
        assertEquals(stored.sort(), [...keys].sort());
        for (const key of keys) assertEquals(await read(s3, key), key);
      } finally {
        s3.destroy();
        agent.destroy();
      }
    });
  });
}

Deno.test("AWS SDK: a wrong secret, an unknown key and a wrong region have S3's own codes", () =>
  withClient({}, async (_, store) => {
    const tried: readonly [config: S3ClientConfig, refused: string][] = [
      [{ credentials: { ...TESTING_KEY, secretAccessKey: "x" } }, "403 SignatureDoesNotMatch"],
      [{ credentials: { ...TESTING_KEY, accessKeyId: "x" } }, "403 InvalidAccessKeyId"],
      [{ region: "mars" }, "400 AuthorizationHeaderMalformed"],
    ];
    for (const [config, refused] of tried) {
      const s3 = new S3Client({
        endpoint: store.url,
        region: "auto",
        credentials: TESTING_KEY,
        forcePathStyle: true,
        maxAttempts: 1,
        ...config,
      });
      // Large, so that the refusal comes while the content is still on its way.
      const Body = new Uint8Array(20 * MIB);
      const put = s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "k", Body }));
      assertEquals(await refusal(put), refused);
      s3.destroy();
    }
    assertEquals(store.storage.storedBytes, 0);
  }));
