// Tests of the slow origin's bytes: every part of a body is that part of one repeated line.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bodyLine, repeated } from "./body.ts";

Deno.test("body: the line names the path and the request", () => {
  assertEquals(new TextDecoder().decode(bodyLine("/a", 3)), "slow-origin /a request 3\n");
});

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
