// Tests of the raw target and of the form of it that is signed.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { canonicalPath, canonicalQuery, targetOf } from "./target.ts";

Deno.test("target: path and query are taken as they came, dot segments and empty ones too", () => {
  for (
    const [url, path, query] of [
      ["http://h:1/b/../a%2e//%zz?x=%ff&", "/b/../a%2e//%zz", "x=%ff&"],
      ["http://h", "/", ""],
      ["http://h?a/b?c", "/", "a/b?c"],
      ["http://h/a#b?c", "/a", ""],
      ["http://h/a?b#c", "/a", "b"],
    ]
  ) {
    assertEquals(targetOf(url ?? ""), { path: path ?? "", query: query ?? "" });
  }
});

Deno.test("target: the canonical path is decoded and encoded once, byte by byte", () => {
  for (
    const [path, expected] of [
      ["/a b+~/%7e%2b%2F", "/a%20b%2B~/~%2B/"],
      ["/%c3%bc/ü/%ff%C3", "/%C3%BC/%C3%BC/%FF%C3"],
      ["/%2520/%zz/%", "/%2520/%25zz/%25"],
      ["/a/../b//./!'()*$", "/a/../b//./%21%27%28%29%2A%24"],
      ["/🎬", "/%F0%9F%8E%AC"],
    ]
  ) {
    assertEquals(canonicalPath(path ?? ""), expected);
  }
});

Deno.test("target: the canonical query is ordered by name, then value, and a plus is a space", () => {
  assertEquals(
    canonicalQuery("b=2&a-=1&a=2&a=1&&c&d=x=y&e=a+b%2b%2f"),
    "a=1&a=2&a-=1&b=2&c=&d=x%3Dy&e=a%20b%2B%2F",
  );
  assertEquals(canonicalQuery("b=1&x=2", "x"), "b=1");
});

Deno.test("target: the canonical form of a key's path is stable and decodes to the key", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (key) => {
    const path = canonicalPath(`/${encodeURIComponent(key)}`);
    assertEquals(decodeURIComponent(path), `/${key}`);
    assertEquals(canonicalPath(path), path);
    assertEquals(
      canonicalQuery(`a=${encodeURIComponent(key)}`).slice(2),
      path.slice(1).replaceAll("/", "%2F"),
    );
  }));
});
