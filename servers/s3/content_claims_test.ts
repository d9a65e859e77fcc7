// What a header says of its content and cannot: two lengths at once, or another coding than chunks.

import { assertEquals, assertThrows } from "@std/assert";
import { readContentClaims } from "./content_claims.ts";
import { S3Error } from "./error.ts";

const claims = (fields: Record<string, string>) =>
  readContentClaims(new Headers(fields), "UNSIGNED-PAYLOAD", true);

Deno.test("content claims: a length is Content-Length, and with Transfer-Encoding there is none", () => {
  assertEquals(claims({ "content-length": "5" }).lengthBytes, 5);
  assertEquals(claims({ "transfer-encoding": "chunked" }).lengthBytes, undefined);
});

Deno.test("content claims: Content-Length beside Transfer-Encoding or twice, and another coding, are refused", () => {
  const code = (fields: Record<string, string>) => assertThrows(() => claims(fields), S3Error).code;
  const both = { "content-length": "5", "transfer-encoding": "chunked" };
  assertEquals(code(both), "InvalidRequest");
  assertEquals(code({ "content-length": "5, 5" }), "InvalidArgument");
  for (const coding of ["gzip, chunked", "chunked, chunked", "identity", "x"]) {
    assertEquals(code({ "transfer-encoding": coding }), "NotImplemented");
  }
});
