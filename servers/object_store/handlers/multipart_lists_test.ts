// Tests of ListParts and ListMultipartUploads.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { childrenNamed, childText, type XmlElement } from "../../s3/xml.ts";
import { compareUtf8 } from "../sorted_keys.ts";
import { createTestStore, type TestStore } from "./testing_handlers.ts";
import { md5, part, start } from "./testing_multipart.ts";

function texts(root: XmlElement, list: string, name: string): (string | undefined)[] {
  return childrenNamed(root, list).map((one) => childText(one, name));
}

Deno.test("parts: listed by number, page by page", async () => {
  const store = await createTestStore();
  const id = await start(store, "a", { "x-amz-checksum-algorithm": "CRC32" });
  for (const number of [7, 1, 10_000, 3]) await part(store, "a", id, number, `${number}`);
  const found: (string | undefined)[] = [];
  let marker = "0";
  let pages = 0;
  for (let more = true; more; pages++) {
    const target = `/videos/a?uploadId=${id}&max-parts=3&part-number-marker=${marker}`;
    const page = await store.document("GET", target, "ListPartsResult");
    found.push(...texts(page, "Part", "PartNumber"));
    assertEquals(childText(page, "PartNumberMarker"), marker);
    marker = childText(page, "NextPartNumberMarker") ?? "";
    more = childText(page, "IsTruncated") === "true";
  }
  assertEquals([found, marker, pages], [["1", "3", "7", "10000"], "10000", 2]);
  const all = await store.document("GET", `/videos/a?uploadId=${id}`, "ListPartsResult");
  const [first] = childrenNamed(all, "Part");
  const about = ["LastModified", "ETag", "Size"].map((name) => first && childText(first, name));
  assertEquals(about, ["2026-01-01T00:00:00.000Z", `"${md5("1")}"`, "1"]);
  assertEquals(first && childText(first, "ChecksumCRC32"), "g9zvtw==");
  const fields = ["Bucket", "Key", "UploadId", "MaxParts", "ChecksumAlgorithm", "ChecksumType"];
  assertEquals(fields.map((name) => childText(all, name)), [
    "videos",
    "a",
    id,
    "1000",
    "CRC32",
    "COMPOSITE",
  ]);
  for (const query of ["max-parts=x", "part-number-marker=-1", "encoding-type=x"]) {
    const error = await store.refusal("GET", `/videos/a?uploadId=${id}&${query}`);
    assertEquals(error.code, "InvalidArgument", query);
  }
});

Deno.test("uploads: those of one key are listed as they were begun", async () => {
  const store = await createTestStore();
  const ids: string[] = [];
  for (const key of ["b", "a", "a", "a"]) {
    ids.push(await start(store, key));
    await store.clock.advance(1_000);
  }
  const root = await store.document("GET", "/videos?uploads", "ListMultipartUploadsResult");
  assertEquals(texts(root, "Upload", "Key"), ["a", "a", "a", "b"]);
  assertEquals(texts(root, "Upload", "UploadId"), [...ids.slice(1), ids[0]]);
  assertEquals(texts(root, "Upload", "Initiated")[0], "2026-01-01T00:00:01.000Z");
  assertEquals(["IsTruncated", "MaxUploads"].map((name) => childText(root, name)), [
    "false",
    "1000",
  ]);
});

Deno.test("uploads: what is asked for wrongly is refused", async () => {
  const store = await createTestStore();
  for (const query of ["max-uploads=x", "encoding-type=x"]) {
    assertEquals((await store.refusal("GET", `/videos?uploads&${query}`)).code, "InvalidArgument");
  }
  assertEquals((await store.refusal("GET", "/missing?uploads")).code, "NoSuchBucket");
});

async function paged(store: TestStore, query: Record<string, string>): Promise<string[]> {
  const found: string[] = [];
  const markers: Record<string, string> = {};
  while (true) {
    const parameters = new URLSearchParams({ uploads: "", ...query, ...markers });
    const page = await store.document("GET", `/videos?${parameters}`, "ListMultipartUploadsResult");
    const keys = texts(page, "Upload", "Key");
    texts(page, "Upload", "UploadId").forEach((id, i) => found.push(`${keys[i]} ${id}`));
    found.push(...texts(page, "CommonPrefixes", "Prefix").map(String));
    if (childText(page, "IsTruncated") !== "true") return found;
    markers["key-marker"] = childText(page, "NextKeyMarker") ?? "";
    markers["upload-id-marker"] = childText(page, "NextUploadIdMarker") ?? "";
  }
}

Deno.test("uploads: pages to the end have each upload or its common prefix once", async () => {
  const unit = fc.constantFrom("a", "b", "/", "\ue000", "\u{1f600}");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit, minLength: 1, maxLength: 3 }), { maxLength: 10 }),
      fc.string({ unit, maxLength: 2 }),
      fc.constantFrom("", "/"),
      fc.integer({ min: 1, max: 3 }),
      async (keys, prefix, delimiter, max) => {
        const store = await createTestStore();
        const expected = new Set<string>();
        for (const key of keys) {
          const id = await start(store, key);
          const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
          if (!key.startsWith(prefix)) continue;
          expected.add(at < 0 ? `${key} ${id}` : key.slice(0, at + 1));
        }
        const found = await paged(store, { prefix, delimiter, "max-uploads": String(max) });
        assertEquals(found.toSorted(compareUtf8), [...expected].toSorted(compareUtf8));
      },
    ),
    { numRuns: 150 },
  );
});
