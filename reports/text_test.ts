// Tests of printing, measuring and wrapping text.

import { assert, assertEquals, assertNotMatch } from "@std/assert";
import fc from "fast-check";
import { indented, oneLine, padEnd, textWidth, wrap } from "./text.ts";

const anyText = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.lorem());

Deno.test("what is printed never steers the terminal, whatever a target answered", () => {
  assertEquals(oneLine("a\u001b[31mred\r\nb\u0000"), "a\\u{1b}[31mred b\\u{0}");
  assertEquals(oneLine("\u202eabc\ud800"), "\\u{202e}abc\\u{d800}");
  fc.assert(fc.property(anyText, (text) => {
    // deno-lint-ignore no-control-regex -- control characters are what must not be there
    assertNotMatch(oneLine(text), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  }));
});

Deno.test("wrapped lines keep the words and are never wider than asked", () => {
  fc.assert(fc.property(anyText.map(oneLine), fc.integer({ min: 2, max: 60 }), (text, width) => {
    const lines = wrap(text, width);
    for (const line of lines) assert(textWidth(line) <= width, `${line} in ${width}`);
    assertEquals(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
  }));
});

Deno.test("lines break at spaces, and inside a word only when it is longer than a line", () => {
  assertEquals(wrap("one two three", 8), ["one two", "three"]);
  assertEquals(wrap("see http://example.net/long now", 10), [
    "see",
    "http://exa",
    "mple.net/l",
    "ong now",
  ]);
  assertEquals(wrap("", 8), [""]);
});

Deno.test("an indentation hangs under its first line", () => {
  assertEquals(indented("one two three", 9, "- "), ["- one two", "  three"]);
});

Deno.test("wide characters take two columns and combining ones none", () => {
  assertEquals(textWidth("日本"), 4);
  assertEquals(textWidth("e\u0301"), 1);
  assertEquals(padEnd("日", 4), "日  ");
  assertEquals(wrap("日本語", 4), ["日本", "語"]);
});
