// The client of an issuer's token endpoint: what it makes of any answer.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ExchangeError } from "./exchange_error.ts";
import { parseToken, tokenRequest } from "./token.ts";

Deno.test("token: the request is a client credentials grant at the issuer's token endpoint", () => {
  const asked = { subject: "me & you", audience: "sts.amazonaws.com" };
  for (const issuer of ["http://a.test", "http://a.test/"]) {
    const { url, init } = tokenRequest({ ...asked, issuer });
    assertEquals(url, "http://a.test/token");
    assertEquals(Object.fromEntries(new URLSearchParams(init.body)), {
      grant_type: "client_credentials",
      ...asked,
    });
  }
});

Deno.test("token: an answer is a token, or an error with the issuer's code", () => {
  const text = '{"access_token":"a.b.c","expires_in":600}';
  assertEquals(parseToken(200, text), { token: "a.b.c", expiresInS: 600 });
  const refused = (status: number, text: string) => {
    const { code, retryable } = assertThrows(() => parseToken(status, text), ExchangeError);
    return [code, retryable];
  };
  assertEquals(refused(400, '{"error":"invalid_request"}'), ["invalid_request", false]);
  assertEquals(refused(500, "<html></html>"), ["", true]);
  assertEquals(refused(200, '{"access_token":"a.b.c"}'), ["", false]);
  assertEquals(refused(400, text), ["", false]);
});

Deno.test("token: whatever the answer, nothing but an ExchangeError is thrown", () => {
  const text = fc.oneof(fc.string(), fc.json());
  fc.assert(fc.property(text, fc.constantFrom(200, 400, 500), (text, status) => {
    try {
      parseToken(status, text);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
    }
  }));
});
