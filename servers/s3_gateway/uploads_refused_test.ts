// Contents that are not what their request says, or that nobody should begin to read: all are refused.

import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { realClock } from "../../lab/clock.ts";
import { ask } from "../../tests/store_raw.ts";
import { writeChunked } from "../s3/testing_aws_chunked.ts";
import { listen } from "../listen.ts";
import { createGateway } from "./gateway.ts";
import { CLIENT_KEY as key, configFor } from "./testing_gateway.ts";
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

const ZERO = "0".charCodeAt(0);

/** Contents that are not what their request says. Each is refused, and the store keeps nothing. */
const WRONG: Readonly<Record<string, [code: string, sent: Sent]>> = {
  "a content with another SHA-256": ["XAmzContentSHA256Mismatch", {
    payloadHash: sha256(CONTENT),
    wire: () => flipped(CONTENT, -1),
  }],
  "no content, where one was signed": ["XAmzContentSHA256Mismatch", {
    payloadHash: sha256(CONTENT),
    wire: () => new Uint8Array(),
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
  "an end of the chunks that was changed": ["SignatureDoesNotMatch", {
    headers: decoded,
    payloadHash: STREAMING,
    // Another digit in the signature of the chunk of nothing.
    wire: (signer) =>
      writeChunked(CONTENT, { sizes, signer }).map((byte, i, { length }) =>
        i !== length - 10 ? byte : byte === ZERO ? ZERO + 1 : ZERO
      ),
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

Deno.test("of a content that is found wrong here a backend never has all, however quick it is", async () => {
  let took = { bytes: 0, lengthBytes: 0 };
  const gateway = createGateway(configFor("http://127.0.0.1:1"), {
    async send({ body, lengthBytes = 0 }) {
      took = { bytes: 0, lengthBytes };
      if (!(body instanceof ReadableStream)) throw new Error("not streamed");
      for await (const piece of body) took.bytes += piece.length;
      return new Response(null, { headers: { etag: '"e"' } });
    },
    fetch: () => Promise.reject(new Error("nobody")),
    clock: realClock,
    keepsDotSegments: true,
  });
  await using listening = await listen({ fetch: (request) => gateway.fetch(request) });
  const checkedHere = Object.entries(WRONG).filter(([, [, { payloadHash, wire }]]) =>
    !payloadHash.includes("UNSIGNED") && wire(undefined).length > 0
  );
  assertEquals(checkedHere.length, 5);
  for (const [what, [code, sent]] of checkedHere) {
    const answer = await send(listening.port, sent);
    assertEquals(answer.code, code, what);
    assert(took.lengthBytes >= CONTENT.length && took.bytes < took.lengthBytes, what);
  }
});

Deno.test("a content over 5 GiB, or of no length, is refused before a byte of it is read", () =>
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
    assertEquals(tap.requests.length, 0);
  }));
