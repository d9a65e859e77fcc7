// Tests of reading a saved result of either machine format.

import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../lab/errors.ts";
import { json } from "./json.ts";
import { ndjson } from "./ndjson.ts";
import { readResult } from "./read.ts";
import { EVERY_KIND, PLAIN, resultOf } from "./testdata.ts";

for (const format of [json, ndjson]) {
  for (const result of [EVERY_KIND, resultOf()]) {
    Deno.test(`${format.name} of ${result.runs.length} runs is read back as it was`, () => {
      assertEquals(readResult(format.render(result, PLAIN), "r"), result);
    });
  }
}

Deno.test("JSON is indented by two and ends in a newline", () => {
  const text = json.render(EVERY_KIND, PLAIN);
  assertEquals(text.slice(0, 12), '{\n  "schema"');
  assertEquals(text.endsWith("}\n"), true);
});

Deno.test("JSON on one line is read, too", () => {
  assertEquals(readResult(JSON.stringify(EVERY_KIND), "r"), EVERY_KIND);
});

for (const text of ["", "hello", "[1]", "null", '{"type":"other"}']) {
  Deno.test(`'${text}' is neither, and is not taken for events`, () => {
    assertThrows(() => readResult(text, "r.txt"), UsageError, "Cannot read r.txt: it is not ");
  });
}
