// Where keys are behind the gateway, and how they come back.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { resolveAddress } from "../s3/address.ts";
import { S3Error } from "../s3/error.ts";
import { encodeKey, encodeName, keyBehind, keyInFront, placesOf } from "./places.ts";

const placeWith = (prefix: string) => {
  const [place] = placesOf({
    backends: { main: { endpoint: "http://127.0.0.1" } },
    buckets: { front: { backend: "main", prefix } },
  }).values();
  if (place === undefined) throw new Error("no place");
  return place;
};

Deno.test("every key comes back as it went, and its spelling in a path is that key", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.string({ unit: "grapheme", maxLength: 20 }),
      (key, prefix) => {
        const place = placeWith(prefix);
        const behind = keyBehind(place, key, true);
        assertEquals(keyInFront(place, behind), key);
        if (behind !== "") {
          assertEquals(resolveAddress(`/bucket/${encodeKey(behind)}`, null, []).key, behind);
        }
        assertEquals(decodeURIComponent(encodeName(key)), key);
        assertEquals(/^[\w.~%-]*$/.test(encodeName(key)), true);
      },
    ),
  );
});

Deno.test("where dot segments would be resolved no key leaves the prefix", () => {
  const place = placeWith("tenant/");
  for (const key of ["..", ".", "../other/x", "a/../../x", "a/./b", "a/.."]) {
    assertThrows(() => keyBehind(place, key, false), S3Error, "a dot or two");
  }
  assertThrows(() => keyBehind(placeWith("a/."), "./x", false), S3Error);
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", ".", "/", "%2e", "\\", "?", "#") }),
      (key) => {
        let behind: string;
        try {
          behind = keyBehind(place, key, false);
        } catch {
          return;
        }
        const { pathname } = new URL(`http://h/bucket/${encodeKey(behind)}`);
        assertEquals(pathname, `/bucket/${encodeKey(behind)}`);
      },
    ),
  );
});

Deno.test("a key of another prefix is nobody's", () => {
  assertEquals(keyInFront(placeWith("tenant/"), "tenant2/x"), undefined);
});
