// Contents in S3's own chunks: their sizes, and the hash that is told of them.

import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { awsChunkedBody } from "./aws_chunked_body.ts";

Deno.test("chunks have the sizes that were asked for, the last what is left, and the checksum behind", () => {
  const bytes = new TextEncoder().encode("hello world");
  const { body, headers, wire, crc32 } = awsChunkedBody(bytes, [2, 1]);
  assertEquals(
    new TextDecoder().decode(body),
    `2\r\nhe\r\n1\r\nl\r\n8\r\nlo world\r\n0\r\nx-amz-checksum-crc32:${crc32}\r\n\r\n`,
  );
  assertEquals(crc32, "DUoRhQ==");
  assertEquals(Object.fromEntries(headers)["x-amz-decoded-content-length"], "11");
  const sha256 = createHash("sha256").update(body).digest("hex");
  assertEquals(wire, { bytes: body.length, sha256, isChunked: false });
});

Deno.test("sizes that use up the content leave no empty chunk", () => {
  const { body } = awsChunkedBody(new TextEncoder().encode("abc"), [3]);
  assertEquals(new TextDecoder().decode(body).split("\r\n").slice(0, 3), ["3", "abc", "0"]);
});
