// Tests of the slow origin's bytes: every part of a body is that part of one repeated line.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bodyLine, repeated, variantOf } from "./body.ts";

Deno.test("body: the line names the path and the request", () => {
  assertEquals(new TextDecoder().decode(bodyLine("/a", 3)), "slow-origin /a request 3\n");
});

Deno.test("body: the line names the variant after the request", () => {
  const line = bodyLine("/a", 3, ["accept=b", "accept-language=de"]);
  assertEquals(
    new TextDecoder().decode(line),
    "slow-origin /a request 3 accept=b accept-language=de\n",
  );
});

const VARIANTS: [vary: string | undefined, headers: Record<string, string>, variant: string[]][] = [
  [undefined, { "accept-language": "de" }, []],
  ["Accept-Language", { "accept-language": "de, en;q=0.5" }, ["accept-language=de, en;q=0.5"]],
  ["accept-language", {}, []],
  ["accept-language", { "accept-language": "" }, ["accept-language="]],
  ["b ,A", { a: "1", b: "2", c: "3" }, ["b=2", "a=1"]],
  ["*", { a: "1" }, []],
  [
    "Cookie, authorization, proxy-authorization, a",
    { cookie: "s=1", authorization: "x", "proxy-authorization": "y", a: "1" },
    ["a=1"],
  ],
];

for (const [vary, headers, variant] of VARIANTS) {
  Deno.test(`body: the variant by Vary ${vary} of ${JSON.stringify(headers)}`, () => {
    assertEquals(variantOf(new Headers(headers), vary), variant);
  });
}

Deno.test("body: the byte at offset i is the line's byte i modulo its length, wherever one starts", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.nat(1_000),
    fc.nat(5_000),
    (line, from, length) => {
      const bytes = repeated(line, from, length);
      assertEquals(bytes.length, length);
      assert(bytes.every((byte, i) => byte === line[(from + i) % line.length]));
    },
  ));
});
