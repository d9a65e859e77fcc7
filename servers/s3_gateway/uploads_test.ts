// Contents on their way through the gateway, as they are on the wire before it and behind it.

import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { ask } from "../../tests/store_raw.ts";
import { BUCKET as STORE_BUCKET } from "../object_store/testing_store.ts";
import { writeChunked } from "../s3/testing_aws_chunked.ts";
import { CLIENT_KEY as key, PREFIX } from "./testing_gateway.ts";
import {
  CONTENT,
  crc32,
  decoded,
  KIB,
  lines,
  send,
  sha256,
  sizes,
  stand,
  STREAMING,
  TARGET,
  trailer,
} from "./testing_uploads.ts";

Deno.test("a plain content keeps its length, and is unsigned; its digests are forwarded and signed", () =>
  stand({}, async ({ gateway, tap, stored }) => {
    const md5 = createHash("md5").update(CONTENT).digest("base64");
    const headers = { "content-md5": md5, "x-amz-checksum-crc32": crc32(CONTENT) };
    for (const payloadHash of ["UNSIGNED-PAYLOAD", sha256(CONTENT)]) {
      tap.clear();
      const answer = await send(gateway.port, { headers, payloadHash, wire: () => CONTENT });
      assertEquals(answer.status, 200);
      assertEquals(await stored(), CONTENT);
      const seen = await tap.wait(({ ended }) => ended !== undefined);
      assertEquals(seen.framing, { kind: "content-length", bytes: CONTENT.length });
      assertEquals(seen.field("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
      assertEquals(seen.field("content-md5"), md5);
      assertEquals(seen.field("x-amz-checksum-crc32"), crc32(CONTENT));
      const signedFields = /SignedHeaders=([^,]*)/.exec(seen.field("authorization") ?? "")?.[1] ??
        "";
      for (const name of ["content-md5", "x-amz-checksum-crc32", "x-amz-content-sha256"]) {
        assert(signedFields.split(";").includes(name), signedFields);
      }
    }
  }));

Deno.test("with framing chunked the same content has no length behind the gateway", () =>
  stand({ framing: "chunked" }, async ({ gateway, tap }) => {
    const sent = { payloadHash: "UNSIGNED-PAYLOAD", wire: () => CONTENT };
    assertEquals((await send(gateway.port, sent)).status, 501);
    assertEquals(tap.requests[0]?.framing.kind, "chunked");
  }));

Deno.test("nothing has a length however contents are framed", () =>
  stand({ framing: "chunked" }, async ({ gateway, tap, stored }) => {
    const sent = { payloadHash: "UNSIGNED-PAYLOAD", wire: () => new Uint8Array() };
    assertEquals((await send(gateway.port, sent)).status, 200);
    assertEquals(tap.requests[0]?.framing, { kind: "content-length", bytes: 0 });
    assertEquals(await stored(), new Uint8Array());
  }));

for (const framing of ["fixed", "chunked"] as const) {
  Deno.test(`aws-chunked with unsigned chunks passes byte for byte (framing ${framing})`, () =>
    stand({ framing }, async ({ gateway, tap, stored }) => {
      const wire = writeChunked(CONTENT, { sizes, trailer: lines });
      const answer = await send(gateway.port, {
        headers: trailer,
        payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        wire: () => wire,
      });
      assertEquals(answer.status, 200, answer.code);
      assertEquals(await stored(), CONTENT);
      const seen = await tap.wait(({ ended }) => ended !== undefined);
      assertEquals(seen.framing, { kind: "content-length", bytes: wire.length });
      assertEquals(seen.sha256, sha256(wire));
      for (const [name, value] of Object.entries(trailer)) assertEquals(seen.field(name), value);
      assertEquals(seen.field("x-amz-content-sha256"), "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    }));
}

Deno.test("signed chunks are checked, and what is in them goes on as a plain content", () =>
  stand({}, async ({ gateway, tap, stored }) => {
    const answer = await send(gateway.port, {
      headers: decoded,
      payloadHash: STREAMING,
      wire: (signer) => writeChunked(CONTENT, { sizes, signer }),
    });
    assertEquals(answer.status, 200, answer.code);
    assertEquals(await stored(), CONTENT);
    const seen = await tap.wait(({ ended }) => ended !== undefined);
    assertEquals(seen.framing, { kind: "content-length", bytes: CONTENT.length });
    assertEquals(seen.field("content-encoding"), undefined);
    assertEquals(seen.field("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  }));

Deno.test("signed chunks with a trailer are checked, and framed anew with that trailer", () =>
  stand({}, async ({ gateway, store, tap, stored }) => {
    const answer = await send(gateway.port, {
      headers: trailer,
      payloadHash: `${STREAMING}-TRAILER`,
      wire: (signer) => writeChunked(CONTENT, { sizes, signer, trailer: lines }),
    });
    assertEquals(answer.status, 200, answer.code);
    assertEquals(await stored(), CONTENT);
    const { checksum } = store.storage.object(STORE_BUCKET, `${PREFIX}k`) ?? {};
    assertEquals([checksum?.algorithm, checksum?.value], ["crc32", crc32(CONTENT)]);
    const seen = await tap.wait(({ ended }) => ended === "complete");
    const expected = writeChunked(CONTENT, {
      sizes: [64, 64, 64].map((k) => k * KIB),
      trailer: lines,
    });
    assertEquals(seen.framing, { kind: "content-length", bytes: expected.length });
    assertEquals(seen.sha256, sha256(expected));
  }));

Deno.test("metadata that is not ASCII, and an empty content, go through", () =>
  stand({}, async ({ gateway, store, tap }) => {
    const value = Array.from(
      new TextEncoder().encode("ÄMÄZÕÑ\u00a0S3"),
      (b) => String.fromCharCode(b),
    ).join("");
    const body = new Uint8Array();
    const headers = { "x-amz-meta-name": value, "content-type": "text/plain; charset=utf-8" };
    const put = await ask(gateway.port, { method: "PUT", target: TARGET, key, headers, body });
    assertEquals([put.status, put.code], [200, ""]);
    const object = store.storage.object(STORE_BUCKET, `${PREFIX}k`);
    assertEquals(object?.sizeBytes, 0);
    assert(object?.headers["x-amz-meta-name"]?.startsWith("=?UTF-8?B?"));
    assertEquals(tap.requests[0]?.framing, { kind: "content-length", bytes: 0 });
  }));
