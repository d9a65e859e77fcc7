// Contents that are not what their request says, or that nobody should begin to read: all are refused.

import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { ask, headOf, readAnswer, writeAll } from "../../tests/store_raw.ts";
import { writeChunked } from "../s3/testing_aws_chunked.ts";
import { CLIENT_KEY as key } from "./testing_gateway.ts";
import {
  CONTENT,
  crc32,
  decoded,
  send,
  type Sent,
  sha256,
  sizes,
  stand,
  STREAMING,
  TARGET,
  trailer,
} from "./testing_uploads.ts";

const flipped = (bytes: Uint8Array, at: number) =>
  bytes.map((byte, i) => i === (at + bytes.length) % bytes.length ? byte ^ 1 : byte);

/** Contents that are not what their request says. Each is refused, and the store keeps nothing. */
const WRONG: Readonly<Record<string, [code: string, sent: Sent]>> = {
  "a content with another SHA-256": ["XAmzContentSHA256Mismatch", {
    payloadHash: sha256(CONTENT),
    wire: () => flipped(CONTENT, -1),
  }],
  "another MD5": ["BadDigest", {
    headers: { "content-md5": createHash("md5").update("x").digest("base64") },
    payloadHash: "UNSIGNED-PAYLOAD",
    wire: () => CONTENT,
  }],
  "another CRC32": ["BadDigest", {
    headers: { "x-amz-checksum-crc32": crc32(CONTENT.subarray(1)) },
    payloadHash: "UNSIGNED-PAYLOAD",
    wire: () => CONTENT,
  }],
  "a chunk that was changed": ["SignatureDoesNotMatch", {
    headers: decoded,
    payloadHash: STREAMING,
    wire: (signer) => flipped(writeChunked(CONTENT, { sizes, signer }), 500),
  }],
  "a last chunk that was changed": ["SignatureDoesNotMatch", {
    headers: decoded,
    payloadHash: STREAMING,
    wire: (signer) => flipped(writeChunked(CONTENT, { sizes, signer }), -200),
  }],
  "a trailer of another content": ["BadDigest", {
    headers: trailer,
    payloadHash: `${STREAMING}-TRAILER`,
    wire: (signer) =>
      writeChunked(CONTENT, {
        sizes,
        signer,
        trailer: [`x-amz-checksum-crc32:${crc32(CONTENT.subarray(1))}`],
      }),
  }],
  "an unsigned trailer of another content": ["BadDigest", {
    headers: trailer,
    payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    wire: () =>
      writeChunked(CONTENT, {
        sizes,
        trailer: [`x-amz-checksum-crc32:${crc32(CONTENT.subarray(1))}`],
      }),
  }],
};

for (const [what, [code, sent]] of Object.entries(WRONG)) {
  Deno.test(`${what} is refused, and nothing of it is stored`, () =>
    stand({}, async ({ gateway, stored }) => {
      const answer = await send(gateway.port, sent);
      assertEquals([answer.status < 500, answer.code], [true, code]);
      assertEquals(await stored(), undefined);
      assertEquals(gateway.errors, []);
    }));
}

Deno.test("a content over 5 GiB, or of no length, or of two, is refused before a byte of it is read", () =>
  stand({}, async ({ gateway, tap }) => {
    const { port } = gateway;
    const over = 5 * 2 ** 30 + 1;
    for (const target of [TARGET, `${TARGET}?partNumber=1&uploadId=u`]) {
      const large = { payloadHash: "UNSIGNED-PAYLOAD", wire: () => new Uint8Array(), target };
      const answer = await send(port, { ...large, lengthBytes: over });
      assertEquals([answer.status, answer.code], [400, "EntityTooLarge"]);
      const chunked = await send(port, {
        ...large,
        headers: { ...trailer, "x-amz-decoded-content-length": String(over) },
        payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        lengthBytes: over + 100,
      });
      assertEquals(chunked.code, "EntityTooLarge");
    }
    const headers = { "transfer-encoding": "chunked" };
    const payloadHash = "UNSIGNED-PAYLOAD";
    const none = await ask(port, { method: "PUT", target: TARGET, key, headers, payloadHash });
    assertEquals([none.status, none.code], [411, "MissingContentLength"]);
    for (
      const [fields, body] of [
        ["transfer-encoding: chunked\r\ncontent-length: 5", "5\r\nhello\r\n0\r\n\r\n"],
        ["content-length: 5\r\ntransfer-encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"],
        ["content-length: 5\r\ncontent-length: 5", "hello"],
        ["content-length: 5\r\ncontent-length: 6", "hello!"],
        ["transfer-encoding: gzip, chunked", "5\r\nhello\r\n0\r\n\r\n"],
      ] as const
    ) {
      const { head } = headOf({ method: "PUT", target: TARGET, key, payloadHash });
      const text = new TextDecoder().decode(head).replace("content-length: 0", fields);
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await writeAll(connection, new TextEncoder().encode(text + body));
      const refused = await readAnswer(connection);
      assertEquals(refused.status, 400, fields);
    }
    assertEquals(tap.requests.length, 0);
  }));
