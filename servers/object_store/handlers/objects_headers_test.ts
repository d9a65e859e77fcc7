// Tests of the header fields that an object keeps.

import { assertEquals } from "@std/assert";
import { objectHeaders } from "./objects_headers.ts";

Deno.test("headers: metadata that is not ASCII comes back as S3's documentation shows it", () => {
  // Header values are strings of bytes, one a character.
  const sent = String.fromCharCode(...new TextEncoder().encode("ÄMÄZÕÑ S3"));
  const kept = objectHeaders(
    new Headers({ "x-amz-meta-nonascii": sent, "x-amz-meta-ascii": "=?UTF-8?Q?=41?=\t~" }),
  );
  assertEquals(kept, {
    "content-type": "binary/octet-stream",
    "x-amz-meta-nonascii": "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=",
    "x-amz-meta-ascii": "=?UTF-8?Q?=41?=\t~",
  });
});
