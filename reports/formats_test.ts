// Tests of what all formats have in common.

import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { arbitraryResult } from "../lab/result_arbitrary.ts";
import { FORMATS } from "./formats.ts";
import { PLAIN } from "./testdata.ts";

Deno.test("the formats are these, each under its own name with a description of one line", () => {
  assertEquals([...FORMATS.keys()], [
    "pretty",
    "json",
    "ndjson",
    "junit",
    "tap",
    "markdown",
    "vendor",
    "matrix",
    "matrix-page",
  ]);
  for (const { description } of FORMATS.values()) assertMatch(description, /^.{10,80}$/);
});

for (const { name, render, stream } of FORMATS.values()) {
  Deno.test(`${name} renders any result, the same each time, and ends in one newline`, () => {
    fc.assert(fc.property(arbitraryResult, fc.boolean(), (result, verbose) => {
      const options = { ...PLAIN, verbose };
      const text = render(result, options);
      assertMatch(text, /[^\n]\n$/);
      assertEquals(render(result, options), text);
    }));
  });

  Deno.test(`${name} ${stream ? "can" : "cannot"} be written live`, () => {
    assertEquals(stream !== undefined, name === "ndjson");
  });
}
