// Tests of taking secrets out of what is shown.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { Secrets } from "./secrets.ts";

Deno.test("secrets are taken out of texts at any depth, the longest first", () => {
  const secrets = new Secrets();
  secrets.add("hunter");
  secrets.add("hunter-two");
  const value = { a: ["x hunter-two y", 5, null, { b: "hunterhunter" }], c: true };
  assertEquals(secrets.redact(value), {
    a: ["x [secret] y", 5, null, { b: "[secret][secret]" }],
    c: true,
  });
});

Deno.test("what is too short to be a secret does not destroy a report", () => {
  const secrets = new Secrets();
  for (const short of ["", "1", "ok"]) secrets.add(short);
  const value = { text: "1 run is ok" };
  assertStrictEquals(secrets.redact(value), value);
});
