// Tests of ListObjectsV2 and ListObjects.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { childrenNamed, childText, type XmlElement } from "../../s3/xml.ts";
import { compareUtf8 } from "../sorted_keys.ts";
import { createTestStore, type TestStore } from "./testing_handlers.ts";

async function storeWith(keys: readonly string[]): Promise<TestStore> {
  const store = await createTestStore();
  for (const key of keys) {
    await store.ask("PUT", `/videos/${encodeURIComponent(key)}`, { body: key });
  }
  return store;
}

function list(store: TestStore, query: Record<string, string>): Promise<XmlElement> {
  return store.document("GET", `/videos?${new URLSearchParams(query)}`, "ListBucketResult");
}

function keysOf(page: XmlElement): (string | undefined)[] {
  return childrenNamed(page, "Contents").map((one) => childText(one, "Key"));
}

function prefixesOf(page: XmlElement): (string | undefined)[] {
  return childrenNamed(page, "CommonPrefixes").map((one) => childText(one, "Prefix"));
}

const V2 = { "list-type": "2" };

Deno.test("lists: an object is listed with what S3 says of it", async () => {
  const store = await storeWith(["a"]);
  const page = await list(store, V2);
  const [object] = childrenNamed(page, "Contents");
  assertEquals(object?.children.map(({ name, text }) => [name, text]), [
    ["Key", "a"],
    ["LastModified", "2026-01-01T00:00:00.000Z"],
    ["ETag", '"0cc175b9c0f1b6a831c399e269772661"'],
    ["Size", "1"],
    ["StorageClass", "STANDARD"],
  ]);
  const about = ["Name", "Prefix", "KeyCount", "MaxKeys", "IsTruncated"];
  assertEquals(about.map((name) => childText(page, name)), ["videos", "", "1", "1000", "false"]);
});

Deno.test("lists: an owner is named on request only, and in version 1 always", async () => {
  const store = await storeWith(["a"]);
  const owners = async (query: Record<string, string>) =>
    (await list(store, query)).children.flatMap((one) => childrenNamed(one, "Owner")).length;
  assertEquals(await owners(V2), 0);
  assertEquals(await owners({ ...V2, "fetch-owner": "true" }), 1);
  assertEquals(await owners({}), 1);
});

Deno.test("lists: keys come in the order of their UTF-8 bytes, whatever they are made of", async () => {
  const keys = [
    "a",
    "b/",
    "\r",
    "\n",
    " a ",
    "&<>\"'",
    "\0",
    "\x01",
    "\uffff",
    "\ue000",
    "\u{1f600}",
  ];
  const store = await storeWith(keys);
  const sorted = keys.toSorted(compareUtf8);
  assertEquals(keysOf(await list(store, V2)), sorted);
  assertEquals(keysOf(await list(store, {})), sorted);
  const encoded = keysOf(await list(store, { ...V2, "encoding-type": "url" }));
  assertEquals(encoded.map((key) => decodeURIComponent(key ?? "")), sorted);
  assert(encoded.includes("b/") && encoded.includes("%20a%20"), "a slash stays, a space does not");
});

Deno.test("lists: encoding-type=url encodes every name in the answer", async () => {
  const store = await storeWith(["a b/c d", "a b/e f/g"]);
  const query = { prefix: "a b/", delimiter: " ", "encoding-type": "url", "max-keys": "1" };
  const v2 = await list(store, { ...V2, ...query, "start-after": "a b" });
  assertEquals(
    ["Prefix", "Delimiter", "StartAfter", "EncodingType"].map((name) => childText(v2, name)),
    [
      "a%20b/",
      "%20",
      "a%20b",
      "url",
    ],
  );
  assertEquals(prefixesOf(v2), ["a%20b/c%20"]);
  const v1 = await list(store, { ...query, marker: "a b" });
  assertEquals([childText(v1, "Marker"), childText(v1, "NextMarker")], ["a%20b", "a%20b/c%20"]);
});

Deno.test("lists: version 1 has NextMarker with a delimiter only", async () => {
  const store = await storeWith(["a/1", "b", "c"]);
  const plain = await list(store, { "max-keys": "1" });
  assertEquals([childText(plain, "IsTruncated"), childText(plain, "NextMarker")], [
    "true",
    undefined,
  ]);
  const rolled = await list(store, { "max-keys": "1", delimiter: "/" });
  assertEquals(childText(rolled, "NextMarker"), "a/");
  assertEquals(keysOf(await list(store, { delimiter: "/", marker: "a/" })), ["b", "c"]);
});

Deno.test("lists: max-keys is 1,000 at most, and 0 asks for nothing", async () => {
  const store = await storeWith(["a"]);
  const many = await list(store, { ...V2, "max-keys": "5000" });
  assertEquals([childText(many, "MaxKeys"), keysOf(many).length], ["1000", 1]);
  const none = await list(store, { ...V2, "max-keys": "0" });
  assertEquals(["MaxKeys", "KeyCount", "IsTruncated"].map((name) => childText(none, name)), [
    "0",
    "0",
    "false",
  ]);
});

for (
  const query of [
    "max-keys=-1",
    "max-keys=x",
    "max-keys=1.5",
    "max-keys=2147483648",
    "encoding-type=x",
  ]
) {
  Deno.test(`lists: ${query} is InvalidArgument`, async () => {
    const store = await createTestStore();
    for (const version of ["1", "2"]) {
      const error = await store.refusal("GET", `/videos?list-type=${version}&${query}`);
      assertEquals([error.code, error.status], ["InvalidArgument", 400]);
    }
  });
}

Deno.test("lists: a token is opaque, goes before start-after, and one that was changed is refused", async () => {
  const store = await storeWith(["a", "b", "c"]);
  const first = await list(store, { ...V2, "max-keys": "1" });
  const token = childText(first, "NextContinuationToken") ?? "";
  assertNotEquals(token, "");
  const query = { ...V2, "continuation-token": token, "start-after": "b" };
  assertEquals(keysOf(await list(store, query)), ["b", "c"]);
  for (
    const wrong of ["", "a", `${token}A`, `${token}=`, token.slice(1), token.toLowerCase() + "_"]
  ) {
    const error = await store.refusal(
      "GET",
      `/videos?list-type=2&continuation-token=${encodeURIComponent(wrong)}`,
    );
    assertEquals(error.code, "InvalidArgument", wrong);
  }
});

Deno.test("lists: of a missing bucket there is NoSuchBucket", async () => {
  const store = await createTestStore();
  assertEquals((await store.refusal("GET", "/missing?list-type=2")).code, "NoSuchBucket");
  assertEquals((await store.refusal("GET", "/missing")).code, "NoSuchBucket");
});

Deno.test("lists: pages to the end have each key or its common prefix once, in both versions", async () => {
  const unit = fc.constantFrom("a", "b", "/", "\u00e4", "\ue000", "\u{1f600}", "\r");
  const text = fc.string({ unit, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 4 }), { maxLength: 12 }),
      text,
      fc.constantFrom("", "/", "a"),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      async (keys, prefix, delimiter, max, v2) => {
        const store = await storeWith(keys);
        const query: Record<string, string> = { prefix, delimiter, "max-keys": String(max) };
        const found: (string | undefined)[] = [];
        for (let more = true; more;) {
          const page = await list(store, v2 ? { ...V2, ...query } : query);
          found.push(...keysOf(page), ...prefixesOf(page));
          more = childText(page, "IsTruncated") === "true";
          query[v2 ? "continuation-token" : "marker"] = childText(page, "NextContinuationToken") ??
            childText(page, "NextMarker") ?? keysOf(page).at(-1) ?? "";
        }
        const expected = new Set(
          keys.filter((key) => key.startsWith(prefix)).map((key) => {
            const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
            return at < 0 ? key : key.slice(0, at + delimiter.length);
          }),
        );
        assertEquals(found.toSorted(), [...expected].toSorted());
      },
    ),
    { numRuns: 150 },
  );
});
