// The gateway as the AWS SDK for JavaScript v3 uses it: every operation, through to our object store.

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
  type S3Client,
} from "@aws-sdk/client-s3";
import { refusal } from "../object_store/testing_sdk.ts";
import { BUCKET as STORE_BUCKET, type TestingStore } from "../object_store/testing_store.ts";
import { BUCKET, PREFIX, withGateway } from "./testing_gateway.ts";

const put = (s3: S3Client, Key: string, Body = Key) =>
  s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));

const stored = ({ storage }: TestingStore) =>
  [...storage.objects(STORE_BUCKET)].map(([key]) => key);

Deno.test("AWS SDK: an object's life, its checksum verified both ways, below its prefix", () =>
  withGateway({}, async (s3, gateway, store) => {
    const at = { Bucket: BUCKET, Key: "a/clip.mp4" };
    const made = await s3.send(
      new PutObjectCommand({
        ...at,
        Body: "hello",
        ContentType: "video/mp4",
        ContentEncoding: "zstd",
        Metadata: { n: "1" },
      }),
    );
    assertEquals(made.ChecksumCRC32, "NhCmhg==");
    assertEquals(stored(store), [`${PREFIX}a/clip.mp4`]);
    const got = await s3.send(new GetObjectCommand(at));
    assertEquals(await got.Body?.transformToString(), "hello");
    assertEquals([got.ChecksumCRC32, got.ContentType, got.ContentEncoding, got.Metadata], [
      "NhCmhg==",
      "video/mp4",
      "zstd",
      { n: "1" },
    ]);
    const head = await s3.send(new HeadObjectCommand(at));
    assertEquals([head.ContentLength, head.ETag], [5, made.ETag]);
    const part = await s3.send(new GetObjectCommand({ ...at, Range: "bytes=1-2" }));
    assertEquals([await part.Body?.transformToString(), part.ContentRange], ["el", "bytes 1-2/5"]);
    const renamed = await s3.send(
      new GetObjectCommand({ ...at, ResponseContentType: "text/x-other" }),
    );
    assertEquals([await renamed.Body?.transformToString(), renamed.ContentType], [
      "hello",
      "text/x-other",
    ]);
    const copy = await s3.send(
      new CopyObjectCommand({ Bucket: BUCKET, Key: "copy", CopySource: `${BUCKET}/a/clip.mp4` }),
    );
    assertEquals(copy.CopyObjectResult?.ETag, made.ETag);
    assertEquals(stored(store), [`${PREFIX}a/clip.mp4`, `${PREFIX}copy`]);
    await s3.send(new DeleteObjectCommand(at));
    assertEquals(await refusal(s3.send(new GetObjectCommand(at))), "404 NoSuchKey");
    assertEquals(await refusal(s3.send(new HeadObjectCommand(at))), "404 NotFound");
    assertEquals(gateway.server.stats().upstreams, 0);
    assertEquals(gateway.errors, []);
  }));

Deno.test("AWS SDK: conditions are the store's to judge", () =>
  withGateway({}, async (s3) => {
    const at = { Bucket: BUCKET, Key: "k" };
    const { ETag } = await put(s3, "k");
    assertEquals(
      await refusal(s3.send(new GetObjectCommand({ ...at, IfNoneMatch: ETag }))),
      "304 Unknown",
    );
    assertEquals(
      await refusal(s3.send(new GetObjectCommand({ ...at, IfMatch: '"other"' }))),
      "412 PreconditionFailed",
    );
    assertEquals(
      await refusal(s3.send(new PutObjectCommand({ ...at, Body: "new", IfNoneMatch: "*" }))),
      "412 PreconditionFailed",
    );
    assertEquals(
      await refusal(s3.send(new GetObjectCommand({ ...at, Range: "bytes=9-" }))),
      "416 InvalidRange",
    );
  }));

Deno.test("AWS SDK: buckets are those of the config, and stay as they are", () =>
  withGateway({}, async (s3) => {
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    assertEquals(Buckets?.map(({ Name }) => Name), [BUCKET]);
    await s3.send(new HeadBucketCommand({ Bucket: BUCKET }));
    const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket: BUCKET }));
    assertEquals(String(LocationConstraint), "auto");
    const Bucket = "another";
    assertEquals(await refusal(s3.send(new HeadBucketCommand({ Bucket }))), "404 NotFound");
    assertEquals(
      await refusal(s3.send(new CreateBucketCommand({ Bucket }))),
      "403 AccessDenied",
    );
    assertEquals(
      await refusal(s3.send(new CreateBucketCommand({ Bucket: BUCKET }))),
      "409 BucketAlreadyOwnedByYou",
    );
    assertEquals(
      await refusal(s3.send(new DeleteBucketCommand({ Bucket: BUCKET }))),
      "403 AccessDenied",
    );
    // The bucket's name behind the gateway is none in front of it.
    assertEquals(
      await refusal(s3.send(new GetObjectCommand({ Bucket: STORE_BUCKET, Key: "k" }))),
      "404 NoSuchBucket",
    );
  }));

Deno.test("AWS SDK: lists show the keys below the prefix, and nothing else of the bucket", () =>
  withGateway({}, async (s3, _gateway, store) => {
    for (const key of ["a/1", "a/2", "b", "c d", "é&<"]) await put(s3, key);
    // What others have there, and what a console makes for a folder.
    for (const key of ["other", "tenant", "tenant2/x", PREFIX]) await store.put(key, "x");
    const all = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    assertEquals(all.Contents?.map(({ Key }) => Key), ["a/1", "a/2", "b", "c d", "é&<"]);
    assertEquals([all.Name, all.Prefix, all.KeyCount, all.IsTruncated], [BUCKET, "", 5, false]);
    const folders = await s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Delimiter: "/", StartAfter: "Z" }),
    );
    assertEquals(folders.CommonPrefixes?.map(({ Prefix }) => Prefix), ["a/"]);
    assertEquals(folders.Contents?.map(({ Key }) => Key), ["b", "c d", "é&<"]);
    assertEquals([folders.StartAfter, folders.Delimiter], ["Z", "/"]);
    const some = await s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: "a/", MaxKeys: 1 }),
    );
    assertEquals([some.Prefix, some.Contents?.map(({ Key }) => Key)], ["a/", ["a/1"]]);
    const rest = await s3.send(
      new ListObjectsV2Command({
        Bucket: BUCKET,
        Prefix: "a/",
        ContinuationToken: some.NextContinuationToken,
      }),
    );
    assertEquals([rest.IsTruncated, rest.Contents?.map(({ Key }) => Key)], [false, ["a/2"]]);

    const old = await s3.send(
      new ListObjectsCommand({ Bucket: BUCKET, Delimiter: "/", MaxKeys: 1, Marker: "a/" }),
    );
    assertEquals([old.Marker, old.NextMarker], ["a/", "b"]);
    const on = await s3.send(
      new ListObjectsCommand({ Bucket: BUCKET, Delimiter: "/", Marker: old.NextMarker }),
    );
    assertEquals(on.Contents?.map(({ Key }) => Key), ["c d", "é&<"]);
  }));

Deno.test("AWS SDK: a folder's own entry at the prefix stands in the way of no page", () =>
  withGateway({}, async (s3, _gateway, store) => {
    await store.put(PREFIX, "");
    for (const key of ["a/1", "b"]) await put(s3, key);
    for (const Delimiter of [undefined, "/"]) {
      const seen: (string | undefined)[] = [];
      let Marker: string | undefined;
      // One page more than there can be.
      for (let page = 0; page < 4; page++) {
        const one = await s3.send(
          new ListObjectsCommand({ Bucket: BUCKET, Delimiter, Marker, MaxKeys: 1 }),
        );
        const keys = one.Contents?.map(({ Key }) => Key) ?? [];
        const prefixes = one.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? [];
        seen.push(...keys, ...prefixes);
        if (!one.IsTruncated) break;
        Marker = one.NextMarker ?? keys.at(-1);
      }
      assertEquals(seen, [Delimiter === undefined ? "a/1" : "a/", "b"]);
    }
    const first = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: 1 }));
    assertEquals([first.KeyCount, first.Contents?.map(({ Key }) => Key)], [1, ["a/1"]]);
    assertEquals(first.StartAfter, undefined);
  }));

Deno.test("AWS SDK: 1,000 keys are deleted at once, and each is told by its name in front", () =>
  withGateway({}, async (s3, _gateway, store) => {
    const keys = Array.from(
      { length: 1_000 },
      (_, i) => `k/${i} é&<>'"\t\r\n${"x".repeat(i % 50)}`,
    );
    for (const key of keys.slice(0, 100)) await put(s3, key, "x");
    await store.put("other", "x");
    const Objects = keys.map((Key) => ({ Key }));
    const { Deleted, Errors } = await s3.send(
      new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }),
    );
    assertEquals(Errors ?? [], []);
    assertEquals(Deleted?.map(({ Key }) => Key), keys);
    assertEquals(stored(store), ["other"]);
    const versions = [{ Key: "a", VersionId: "v7" }];
    const told = await s3.send(
      new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: versions, Quiet: true } }),
    );
    assertEquals(told.Errors?.map(({ Key, Code }) => [Key, Code]), [["a", "NoSuchVersion"]]);
    assertEquals(told.Deleted, undefined);
    const tooMany = [...Objects, { Key: "one more" }];
    assertEquals(
      await refusal(
        s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: tooMany } })),
      ),
      "400 MalformedXML",
    );
  }));

Deno.test("AWS SDK: refusals name what the client knows, and nothing behind the gateway", () =>
  withGateway({}, async (s3) => {
    const error = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: "none" })).catch((
      one,
    ) => one);
    const text = JSON.stringify({ ...error, message: error.message, $response: undefined });
    assertEquals([error.name, error.Key], ["NoSuchKey", "none"]);
    assert(!text.includes(PREFIX) && !text.includes(STORE_BUCKET), text);
  }));
