// Contents whose length is told twice, or is not the one they have: no backend takes one for a whole object.

import { assertEquals, assertMatch } from "@std/assert";
import { headOf, readAnswer, writeAll } from "../../tests/store_raw.ts";
import { writeChunked } from "../s3/testing_aws_chunked.ts";
import { until } from "../object_store/testing_store.ts";
import { CLIENT_KEY as key } from "./testing_gateway.ts";
import {
  CONTENT,
  decoded,
  send,
  sizes,
  stand,
  STREAMING,
  TARGET,
  trailer,
} from "./testing_uploads.ts";

const UNSIGNED = "UNSIGNED-PAYLOAD";
const IN_CHUNKS = "5\r\nhello\r\n0\r\n\r\n";

/** Framings that two readers of one connection may take for different things. */
const TWICE: readonly [fields: string, body: string, status: number][] = [
  ["transfer-encoding: chunked\r\ncontent-length: 5", IN_CHUNKS, 400],
  ["content-length: 5\r\ntransfer-encoding: chunked", IN_CHUNKS, 400],
  ["content-length: 5\r\ncontent-length: 5", "hello", 400],
  ["content-length: 5\r\ncontent-length: 6", "hello!", 400],
  ["content-length: 5, 5", "hello", 400],
  ["content-length: +5", "hello", 400],
  ["content-length: 0x5", "hello", 400],
  ["transfer-encoding: gzip, chunked", IN_CHUNKS, 501],
  ["transfer-encoding : chunked", IN_CHUNKS, 400],
  ["transfer-encoding: \x0bchunked", IN_CHUNKS, 400],
];

Deno.test("a length that is told twice, or in a way of its own, is refused, and no backend is asked", () =>
  stand({}, async ({ gateway: { port }, tap }) => {
    // What a proxy before this might take for another request.
    const smuggled = "GET /_edge-repro/stats HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    for (const [fields, body, status] of TWICE) {
      const { head } = headOf({ method: "PUT", target: TARGET, key, payloadHash: UNSIGNED });
      const text = new TextDecoder().decode(head).replace("content-length: 0", fields)
        .replace("connection: close\r\n", "");
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await writeAll(connection, Uint8Array.from(text + body + smuggled, (c) => c.charCodeAt(0)));
      await connection.closeWrite();
      const refused = await readAnswer(connection);
      assertEquals(refused.status, status, fields);
    }
    assertEquals(tap.requests.length, 0);
  }));

Deno.test("less content than its length stores nothing, and what is more than its length is none of it", () =>
  stand({}, async ({ gateway, stored }) => {
    for (const isLess of [true, false]) {
      const lengthBytes = CONTENT.length + (isLess ? 1 : -1);
      const { head } = headOf({
        method: "PUT",
        target: TARGET,
        key,
        payloadHash: UNSIGNED,
        lengthBytes,
      });
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: gateway.port });
      await writeAll(connection, head);
      await writeAll(connection, CONTENT);
      if (isLess) await connection.closeWrite();
      const answer = await readAnswer(connection);
      await until(() => gateway.server.stats().open === 0);
      await until(() => gateway.server.stats().upstreams === 0);
      assertEquals(answer.status === 200, !isLess);
      assertEquals(await stored(), isLess ? undefined : CONTENT.subarray(0, lengthBytes));
    }
  }));

for (const by of [-1, 1]) {
  const length = String(CONTENT.length + by);
  const said = { ...decoded, "x-amz-decoded-content-length": length };
  Deno.test(`chunks that bring ${by < 0 ? "more" : "less"} than was said of them store nothing`, () =>
    stand({}, async ({ gateway, stored }) => {
      const trailing = { ...trailer, ...said };
      const lines = ["x-amz-checksum-crc32:AAAAAA=="];
      const codes = [
        await send(gateway.port, {
          headers: said,
          payloadHash: STREAMING,
          wire: (signer) => writeChunked(CONTENT, { sizes, signer }),
        }),
        await send(gateway.port, {
          headers: trailing,
          payloadHash: `${STREAMING}-TRAILER`,
          wire: (signer) => writeChunked(CONTENT, { sizes, signer, trailer: lines }),
        }),
        await send(gateway.port, {
          headers: trailing,
          payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
          wire: () => writeChunked(CONTENT, { sizes, trailer: lines }),
        }),
      ].map(({ status, code }) => `${status} ${code}`);
      assertEquals(codes, Array(3).fill("400 IncompleteBody"));
      assertEquals(await stored(), undefined);
      assertEquals(gateway.server.stats().bufferedBytes, 0);
    }));
}

/** Reads what tells a client to send. */
async function readInterim(connection: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array("HTTP/1.1 100 Continue\r\n\r\n".length);
  for (let at = 0; at < buffer.length;) {
    at += await connection.read(buffer.subarray(at)) ?? buffer.length;
  }
  return new TextDecoder().decode(buffer);
}

Deno.test("who waits to be told to send is told, and what is too large is refused without a byte of it", () =>
  stand({}, async ({ gateway: { port }, tap, stored }) => {
    const headers = { expect: "100-continue" };
    const request = { method: "PUT", target: TARGET, key, headers, payloadHash: UNSIGNED };
    const over = 5 * 2 ** 30 + 1;
    using refused = await Deno.connect({ hostname: "127.0.0.1", port });
    await writeAll(refused, headOf({ ...request, lengthBytes: over }).head);
    // Deno 2.9.6 says this before any answer, also one that was given without a look at the content.
    assertMatch(await readInterim(refused), / 100 Continue/);
    const answer = await readAnswer(refused);
    assertEquals([answer.status, answer.code, tap.requests.length], [400, "EntityTooLarge", 0]);

    using taken = await Deno.connect({ hostname: "127.0.0.1", port });
    await writeAll(taken, headOf({ ...request, lengthBytes: CONTENT.length }).head);
    assertMatch(await readInterim(taken), / 100 Continue/);
    await writeAll(taken, CONTENT);
    assertEquals((await readAnswer(taken)).status, 200);
    assertEquals(await stored(), CONTENT);
  }));
