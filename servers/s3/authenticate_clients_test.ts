// Tests of signatures with clients that nobody here wrote: the AWS SDK v3 and aws4fetch, over sockets.

import {
  type ChecksumAlgorithm,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { assert, assertEquals } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { type Found, listenAndExamine, TEST_KEY } from "./testing_authenticator.ts";

/** Runs `use` against an examining listener, and gives back what that found. */
async function examined(use: (url: string) => Promise<unknown>): Promise<Found[]> {
  const all: Found[] = [];
  await using listening = await listenAndExamine((found) => all.push(found));
  await use(listening.url);
  return all;
}

async function withSdk(
  use: (client: S3Client) => Promise<unknown>,
  options: ConstructorParameters<typeof S3Client>[0] = {},
): Promise<Found[]> {
  return await examined(async (endpoint) => {
    const client = new S3Client({
      endpoint,
      region: "us-east-1",
      credentials: TEST_KEY,
      forcePathStyle: true,
      maxAttempts: 1,
      ...options,
    });
    // What is found is asserted, not what the client makes of the listener's answer.
    await use(client).catch(() => {});
    client.destroy();
  });
}

function put(body: Uint8Array | Readable | string, more: object = {}) {
  return new PutObjectCommand({ Bucket: "b", Key: "a key/ü+~(1)*!'é%2F", Body: body, ...more });
}

const BODY = new Uint8Array(3000).map((_, i) => i % 251);
const MD5 = createHash("md5").update(BODY).digest("hex");

for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as ChecksumAlgorithm[]) {
  Deno.test(`authenticate: the AWS SDK puts bytes with ${algorithm}`, async () => {
    const [found] = await withSdk((client) =>
      client.send(put(BODY, { ChecksumAlgorithm: algorithm, Metadata: { a: "1  2" } }))
    );
    assertEquals([found?.code, found?.accessKeyId], ["", TEST_KEY.accessKeyId]);
    assertEquals(found?.content, BODY.toHex());
    assertEquals(found?.digest?.checksum?.algorithm.toUpperCase(), algorithm);
    assertEquals(found?.digest?.md5, MD5);
  });

  Deno.test(`authenticate: the AWS SDK puts a stream in chunks with ${algorithm}`, async () => {
    const [found] = await withSdk((client) =>
      client.send(put(Readable.from([BODY, BODY]), {
        ChecksumAlgorithm: algorithm,
        ContentLength: 6000,
      }))
    );
    assertEquals([found?.code, found?.sha256], ["", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]);
    assertEquals(found?.digest?.sizeBytes, 6000);
    assertEquals(found?.digest?.checksum?.algorithm.toUpperCase(), algorithm);
  });
}

Deno.test("authenticate: the AWS SDK puts bytes without a checksum, and none at all", async () => {
  const options = { requestChecksumCalculation: "WHEN_REQUIRED" } as const;
  for (const body of [BODY, new Uint8Array(), "text"]) {
    const [found] = await withSdk((client) => client.send(put(body)), options);
    assertEquals([found?.code, found?.digest?.sizeBytes], ["", body.length]);
    assertEquals(found?.digest?.checksum, undefined);
  }
});

Deno.test("authenticate: the AWS SDK reads and lists, whatever is in keys and queries", async () => {
  const found = await withSdk(async (client) => {
    for (const Key of ["plain", "../x/./y//", "a+b c&d=e?f#g", "🎬/~tilde*'()!", "%41%2f"]) {
      await client.send(new GetObjectCommand({ Bucket: "b", Key, Range: "bytes=0-9" })).catch(
        () => {},
      );
      await client.send(
        new ListObjectsV2Command({
          Bucket: "b",
          Prefix: Key,
          Delimiter: "/",
          StartAfter: "a=b&c+",
        }),
      ).catch(() => {});
    }
  });
  assertEquals(found.map(({ code }) => code), Array(10).fill(""));
});

Deno.test("authenticate: the AWS SDK with a wrong secret, key id or region is refused", async () => {
  const get = (client: S3Client) => client.send(new GetObjectCommand({ Bucket: "b", Key: "k" }));
  const code = async (options: object) => (await withSdk(get, options))[0]?.code;
  assertEquals(
    [
      await code({ credentials: { ...TEST_KEY, secretAccessKey: "other" } }),
      await code({ credentials: { ...TEST_KEY, accessKeyId: "other" } }),
      await code({ region: "eu-central-1" }),
      await code({ systemClockOffset: -16 * 60_000 }),
      await code({ region: "auto" }),
    ],
    [
      "SignatureDoesNotMatch",
      "InvalidAccessKeyId",
      "AuthorizationHeaderMalformed",
      "RequestTimeTooSkewed",
      "",
    ],
  );
});

for (const signQuery of [false, true]) {
  const how = signQuery ? "presigns" : "signs";
  Deno.test(`authenticate: aws4fetch ${how} requests of every shape`, async () => {
    const client = new AwsClient({ ...TEST_KEY, service: "s3", region: "auto", retries: 0 });
    const paths = [
      "/b/k",
      "/b/a%20b%2Bc/%C3%BC~!'()*",
      "/b//x/",
      "/b?list-type=2&prefix=a%2Fb+c&uploads",
      "/",
    ];
    const found = await examined(async (url) => {
      for (const path of paths) {
        for (const method of ["GET", "PUT"]) {
          const body = method === "PUT" ? BODY : null;
          const signed = await client.sign(`${url}${path}`, { method, body, aws: { signQuery } });
          await (await fetch(signed)).text();
        }
      }
    });
    assertEquals(found.map(({ code }) => code), Array(10).fill(""));
    assertEquals(
      found.map(({ digest }) => digest?.sizeBytes),
      paths.flatMap(() => [0, BODY.length]),
    );
    assert(found.every(({ accessKeyId }) => accessKeyId === TEST_KEY.accessKeyId));
  });
}

Deno.test("authenticate: a 20 MB stream of the AWS SDK comes whole, a wrong checksum is refused", async () => {
  const size = 20_000_000;
  // Under Deno 2.9 the SDK (3.1169) cannot compute the checksum of a web stream, only of Node's.
  const stream = Readable.from(Array(size / 20_000).fill(new Uint8Array(20_000).fill(7)));
  const [found] = await withSdk((client) => client.send(put(stream, { ContentLength: size })));
  assertEquals([found?.code, found?.digest?.sizeBytes], ["", size]);
  const [wrong] = await withSdk((client) => client.send(put(BODY, { ChecksumCRC32: "AAAAAA==" })));
  assertEquals([wrong?.code, wrong?.status], ["BadDigest", 400]);
});
