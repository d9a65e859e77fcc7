// Tests of addresses and headers from the command line, and of keeping their secrets.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../lab/errors.ts";
import { isLoopback, parseAddress, parseHeaders, shownUrl } from "./address.ts";
import { Secrets } from "./secrets.ts";

Deno.test("parseAddress turns user and password into a Basic authorization and hides them", () => {
  const secrets = new Secrets();
  const { url, authorization } = parseAddress(
    "target",
    "https://m%C3%A9:p%40ss-w@a.example/x#y",
    secrets,
  );
  assertEquals(url.href, "https://a.example/x");
  assertEquals(authorization, `Basic ${new TextEncoder().encode("mé:p@ss-w").toBase64()}`);
  const told = `${authorization} p@ss-w p%40ss-w`;
  assertEquals(secrets.redact(told), "Basic [secret] [secret] [secret]");
});

Deno.test("parseAddress takes a percent sign that encodes nothing as it is", () => {
  const { authorization } = parseAddress("target", "http://a:100%@b.example", new Secrets());
  assertEquals(authorization, `Basic ${btoa("a:100%")}`);
});

Deno.test("parseAddress takes http and https only, and never quotes what may be secret", () => {
  for (const text of ["", "x", "localhost:80", "ftp://a", "http:", "http:/a", "javascript:1"]) {
    assertThrows(() => parseAddress("target", text, new Secrets()), UsageError, `'${text}'`);
  }
  const error = assertThrows(
    () => parseAddress("target", "x://a:pass@b", new Secrets()),
    UsageError,
  );
  assert(!error.message.includes("pass"), error.message);
});

Deno.test("shownUrl keeps scheme, host and path", () => {
  assertEquals(shownUrl("http://me:pass@a.example:81/x?sig=1#y"), "http://a.example:81/x");
  assertEquals(shownUrl("http://a.example/"), "http://a.example");
  assertEquals(shownUrl("me:pass@a"), "URL");
});

Deno.test("parseHeaders joins what is given again, and keeps values to itself", () => {
  const secrets = new Secrets();
  const headers = parseHeaders(
    ["X-Key: one-two", "x-key:three", "Authorization: Bearer tok-en"],
    secrets,
  );
  assertEquals(headers, { "authorization": "Bearer tok-en", "x-key": "one-two, three" });
  assertEquals(secrets.redact("tok-en one-two three"), "[secret] [secret] [secret]");
});

Deno.test("parseHeaders does not hide values that are common words", () => {
  const secrets = new Secrets();
  parseHeaders(["accept: text/html", "cache-control: no-cache"], secrets);
  assertEquals(secrets.redact("text/html no-cache"), "text/html no-cache");
});

Deno.test("parseHeaders refuses what is no header and what the probe writes itself", () => {
  for (const text of ["", "x", ": v", "a b: v", "x: a\nb", "x: a\r\nb: c", "x: a\0b"]) {
    assertThrows(() => parseHeaders([text], new Secrets()), UsageError, "--header: received a bad");
  }
  for (const name of ["Connection", "Content-Length", "Transfer-Encoding", "Upgrade"]) {
    assertThrows(() => parseHeaders([`${name}: x`], new Secrets()), UsageError, "probe itself");
  }
  assertThrows(() => parseHeaders(["Host: x"], new Secrets()), UsageError, "--host");
});

Deno.test("isLoopback knows this machine's names and nobody else's", () => {
  for (
    const host of ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "a.localhost", "2130706433"]
  ) {
    assert(isLoopback(new URL(`http://${host}:81`)), host);
  }
  for (const host of ["10.0.0.1", "localhost.example", "127.0.0.1.example", "[::2]", "0.0.0.0"]) {
    assert(!isLoopback(new URL(`http://${host}:81`)), host);
  }
});
