// Tests of a content's claims as it is read: lengths, digests, checksums in header and trailer.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect } from "node:net";
import { createHash } from "node:crypto";
import { authenticate } from "./authenticate.ts";
import { createChecksum } from "./checksum.ts";
import { S3Error } from "./error.ts";
import type { ChecksumAlgorithm, Payload } from "./payload.ts";
import { writeChunked } from "./testing_aws_chunked.ts";
import { type Found, listenAndExamine, testOptions } from "./testing_authenticator.ts";

const URL_ = "http://store.test/b/k";
const HELLO = new TextEncoder().encode("hello");
const MD5 = "5d41402abc4b2a76b9719d911017c592";
const TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

function payloadOf(
  headers: Record<string, string>,
  body: Uint8Array<ArrayBuffer> | ReadableStream = HELLO,
  options: { method?: string; url?: string } = {},
): Payload {
  const { method = "PUT", url = URL_ } = options;
  return authenticate(new Request(url, { method, headers, body }), testOptions()).payload;
}

async function readAll(payload: Payload): Promise<number> {
  let sizeBytes = 0;
  for await (const bytes of payload.chunks()) sizeBytes += bytes.length;
  return sizeBytes;
}

async function codeOf(
  headers: Record<string, string>,
  body: Uint8Array<ArrayBuffer> = HELLO,
  options: { method?: string; url?: string } = {},
): Promise<string> {
  try {
    await readAll(payloadOf(headers, body, options));
    return "";
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return `${error.code} ${error.status}`;
  }
}

async function checksumOf(algorithm: ChecksumAlgorithm): Promise<string> {
  const checksum = await createChecksum(algorithm);
  checksum.update(HELLO);
  return await checksum.digest();
}

const sha256 = createHash("sha256").update(HELLO).digest("hex");
const md5 = createHash("md5").update(HELLO).digest("base64");
const chunked = (trailer: string[]) => writeChunked(HELLO, { sizes: [2], trailer });
const streaming = (more: Record<string, string> = {}) => ({
  "x-amz-content-sha256": TRAILER,
  "x-amz-decoded-content-length": "5",
  "x-amz-trailer": "x-amz-checksum-crc32",
  ...more,
});

type Case = [
  name: string,
  headers: Record<string, string>,
  expected: string,
  body?: Uint8Array<ArrayBuffer>,
];

const CASES: Case[] = [
  ["its true SHA-256", { "x-amz-content-sha256": sha256.toUpperCase() }, ""],
  [
    "a wrong SHA-256",
    { "x-amz-content-sha256": sha256.replace("2", "3") },
    "XAmzContentSHA256Mismatch 400",
  ],
  ["a SHA-256 that is none", { "x-amz-content-sha256": "abc" }, "InvalidArgument 400"],
  ["its true MD5", { "content-md5": md5 }, ""],
  ["a wrong MD5", { "content-md5": md5.replace("X", "Y") }, "BadDigest 400"],
  ["an MD5 of another length", { "content-md5": "AAAAAA==" }, "InvalidDigest 400"],
  ["an MD5 that is none", { "content-md5": "abc" }, "InvalidDigest 400"],
  ["its true length", { "content-length": "5" }, ""],
  ["less than its length", { "content-length": "6" }, "IncompleteBody 400"],
  ["more than its length", { "content-length": "4" }, "IncompleteBody 400"],
  ["a length that is none", { "content-length": "5x" }, "InvalidArgument 400"],
  ["a checksum that is none", { "x-amz-checksum-crc32": "abc" }, "InvalidRequest 400"],
  ["a checksum of another length", { "x-amz-checksum-sha1": "AAAAAA==" }, "InvalidRequest 400"],
  ["an unknown checksum", { "x-amz-checksum-xxhash64": "AAAAAA==" }, "NotImplemented 501"],
  [
    "two checksums",
    { "x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-crc32c": "AAAAAA==" },
    "InvalidRequest 400",
  ],
  ["an algorithm alone", { "x-amz-sdk-checksum-algorithm": "CRC32" }, "InvalidRequest 400"],
  ["another algorithm than the checksum's", {
    "x-amz-sdk-checksum-algorithm": "SHA1",
    "x-amz-checksum-crc32": "NhCmhg==",
  }, "InvalidRequest 400"],
  ["fields that are like checksums", {
    "x-amz-checksum-mode": "ENABLED",
    "x-amz-checksum-type": "COMPOSITE",
    "x-amz-checksum-algorithm": "SHA1",
  }, ""],
  ["a trailer but no chunks", { "x-amz-trailer": "x-amz-checksum-crc32" }, "InvalidRequest 400"],
  [
    "a trailer of another kind",
    streaming({ "x-amz-trailer": "x-amz-meta-a" }),
    "InvalidRequest 400",
  ],
  ["its true checksum in the trailer", streaming(), "", chunked(["x-amz-checksum-crc32:NhCmhg=="])],
  [
    "a wrong checksum in the trailer",
    streaming(),
    "BadDigest 400",
    chunked(["x-amz-checksum-crc32:AAAAAA=="]),
  ],
  [
    "a checksum in the trailer that is none",
    streaming(),
    "InvalidRequest 400",
    chunked(["x-amz-checksum-crc32:no"]),
  ],
  ["a trailer that lacks the checksum", streaming(), "MalformedTrailerError 400", chunked([])],
  [
    "another trailer than was announced",
    streaming(),
    "MalformedTrailerError 400",
    chunked(["x-amz-checksum-sha1:NhCmhg=="]),
  ],
  [
    "more in the trailer than was announced",
    streaming(),
    "MalformedTrailerError 400",
    chunked(["x-amz-checksum-crc32:NhCmhg==", "a:1"]),
  ],
  [
    "chunks but no decoded length",
    { "x-amz-content-sha256": TRAILER },
    "MissingContentLength 411",
    chunked([]),
  ],
  [
    "chunks of another length",
    streaming({ "x-amz-decoded-content-length": "6" }),
    "IncompleteBody 400",
    chunked(["x-amz-checksum-crc32:NhCmhg=="]),
  ],
  ["signed chunks of nobody", {
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "x-amz-decoded-content-length": "5",
  }, "AccessDenied 403"],
];

for (const [name, headers, expected, body] of CASES) {
  Deno.test(`payload: a content with ${name} gives ${expected || "no error"}`, async () => {
    assertEquals(await codeOf(headers, body), expected);
  });
}

for (const algorithm of ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"] as ChecksumAlgorithm[]) {
  Deno.test(`payload: a ${algorithm} is checked, and told when it holds`, async () => {
    const value = await checksumOf(algorithm);
    const field = `x-amz-checksum-${algorithm}`;
    const payload = payloadOf({ [field]: value, "content-length": "5" });
    assertEquals(await readAll(payload), 5);
    assertEquals(payload.digest(), { sizeBytes: 5, md5: MD5, checksum: { algorithm, value } });
    const other = `${value.startsWith("A") ? "B" : "A"}${value.slice(1)}`;
    assertEquals(await codeOf({ [field]: other }), "BadDigest 400");
  });
}

Deno.test("payload: the checksum that completes an upload is not that of the list of parts", async () => {
  const options = { method: "POST", url: `${URL_}?uploadId=1` };
  assertEquals(await codeOf({ "x-amz-checksum-crc32": "AAAAAA==" }, HELLO, options), "");
});

Deno.test("payload: its length is Content-Length, or what it is without framing", () => {
  assertEquals(payloadOf({ "content-length": "5" }).lengthBytes, 5);
  assertEquals(payloadOf(streaming({ "content-length": "99" })).lengthBytes, 5);
  assertEquals(payloadOf({}).lengthBytes, undefined);
});

Deno.test("payload: is read once, and says what it is at its end", async () => {
  const payload = payloadOf({});
  assertThrows(() => payload.digest(), Error, "expected all of it");
  await readAll(payload);
  assertEquals(payload.digest(), { sizeBytes: 5, md5: MD5 });
  await assertRejects(() => readAll(payload), Error, "second reader");
});

Deno.test("payload: text is UTF-8 of limited length", async () => {
  assertEquals(await payloadOf({}).text(5), "hello");
  assertEquals(await payloadOf({ "content-length": "0" }, new Uint8Array()).text(0), "");
  const error = async (payload: Payload, max: number) =>
    (await assertRejects(() => payload.text(max), S3Error)).code;
  assertEquals(await error(payloadOf({}), 4), "MalformedXML");
  assertEquals(await error(payloadOf({ "content-length": "5" }), 4), "MalformedXML");
  assertEquals(await error(payloadOf({}, new Uint8Array([0xff])), 9), "MalformedXML");
  assertEquals(await error(payloadOf({}, new Uint8Array([0xc3])), 9), "MalformedXML");
});

Deno.test("payload: a reader who stops cancels the body", async () => {
  const cancelled = Promise.withResolvers<void>();
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1000)),
    cancel: () => cancelled.resolve(),
  });
  await assertRejects(() => payloadOf({}, body).text(5000), S3Error);
  await cancelled.promise;
});

for (const size of [10, 1_000_000]) {
  Deno.test(`payload: a connection that ends within ${size} bytes gives IncompleteBody`, async () => {
    const found = Promise.withResolvers<Found>();
    await using listening = await listenAndExamine(found.resolve);
    const socket = connect({ host: "127.0.0.1", port: listening.port });
    socket.on("error", () => {});
    socket.end(`PUT /b/k HTTP/1.1\r\nHost: test\r\nContent-Length: ${size}\r\n\r\nabc`);
    assertEquals((await found.promise).code, "IncompleteBody");
    socket.destroy();
  });
}

Deno.test("a content that is lent is taken back once more is asked for, and only then", async () => {
  for (const lent of [true, false]) {
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(65_536));
        controller.close();
      },
    });
    const payload = payloadOf({ "content-length": "65536" }, body);
    const seen: Uint8Array[] = [];
    for await (const bytes of payload.chunks({ lent })) {
      assertEquals(bytes.length, 65_536);
      seen.push(bytes);
    }
    assertEquals(seen.map(({ length }) => length), [lent ? 0 : 65_536]);
    assertEquals(payload.digest().sizeBytes, 65_536);
  }
});
