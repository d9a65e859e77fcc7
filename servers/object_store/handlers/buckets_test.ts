// Tests of the operations on buckets.

import { assertEquals } from "@std/assert";
import { childrenNamed, childText } from "../../s3/xml.ts";
import { createTestStore, type TestStore } from "./testing_handlers.ts";

async function names(store: TestStore, query = ""): Promise<(string | undefined)[]> {
  const root = await store.document("GET", `/${query}`, "ListAllMyBucketsResult");
  const [buckets] = childrenNamed(root, "Buckets");
  return buckets?.children.map((bucket) => childText(bucket, "Name")) ?? [];
}

function located(region: string): string {
  return `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
    `<LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
}

Deno.test("buckets: one is made, listed with its time, found, and deleted", async () => {
  const store = await createTestStore();
  const made = await store.ask("PUT", "/alpha", { body: located("weur") });
  assertEquals([made.status, made.headers.get("location")], [200, "/alpha"]);
  const root = await store.document("GET", "/", "ListAllMyBucketsResult");
  const [bucket] = childrenNamed(root, "Buckets")[0]?.children ?? [];
  assertEquals(bucket?.children.map(({ name, text }) => [name, text]), [
    ["Name", "alpha"],
    ["CreationDate", "2026-01-01T00:00:00.000Z"],
  ]);
  assertEquals(await names(store), ["alpha", "videos"]);
  const found = await store.ask("HEAD", "/alpha", { region: "wnam" });
  assertEquals([found.status, found.headers.get("x-amz-bucket-region")], [200, "wnam"]);
  assertEquals((await store.ask("DELETE", "/alpha")).status, 204);
  assertEquals(await names(store), ["videos"]);
});

Deno.test("buckets: one's own is a conflict when made again, but in us-east-1", async () => {
  const store = await createTestStore();
  const error = await store.refusal("PUT", "/videos", { region: "weur" });
  assertEquals([error.code, error.status], ["BucketAlreadyOwnedByYou", 409]);
  await store.ask("PUT", "/videos/a", { body: "kept" });
  assertEquals((await store.ask("PUT", "/videos", { region: "us-east-1" })).status, 200);
  assertEquals(await (await store.ask("GET", "/videos/a")).text(), "kept");
});

const CONFIGURATIONS: [name: string, body: string, code: string | undefined][] = [
  ["none", "", undefined],
  ["one without a location", "<CreateBucketConfiguration/>", undefined],
  ["an empty location", located(""), undefined],
  ["a location", located("eu-west-1"), undefined],
  ["no location at all", located("a/b"), "InvalidLocationConstraint"],
  ["another document", "<Delete/>", "MalformedXML"],
  ["no document", "weur", "MalformedXML"],
  ["too long a one", located(" ".repeat(70_000)), "MalformedXML"],
];

for (const [name, body, code] of CONFIGURATIONS) {
  Deno.test(`buckets: a configuration that is ${name} is ${code ?? "taken"}`, async () => {
    const store = await createTestStore();
    if (code === undefined) {
      await store.ask("PUT", "/alpha", { body });
      assertEquals(await names(store), ["alpha", "videos"]);
    } else {
      assertEquals((await store.refusal("PUT", "/alpha", { body })).code, code);
      assertEquals(await names(store), ["videos"]);
    }
  });
}

Deno.test("buckets: object lock, which there is not, is not promised", async () => {
  const store = await createTestStore();
  const headers = { "x-amz-bucket-object-lock-enabled": "true" };
  assertEquals((await store.refusal("PUT", "/alpha", { headers })).code, "NotImplemented");
});

Deno.test("buckets: one with an object stays, one with an unfinished upload goes", async () => {
  const store = await createTestStore();
  await store.ask("POST", "/videos/a?uploads");
  await store.ask("PUT", "/videos/a", { body: "x" });
  const error = await store.refusal("DELETE", "/videos");
  assertEquals([error.code, error.status], ["BucketNotEmpty", 409]);
  await store.ask("DELETE", "/videos/a");
  assertEquals((await store.ask("DELETE", "/videos")).status, 204);
});

Deno.test("buckets: a missing one is NoSuchBucket to all but who makes it", async () => {
  const store = await createTestStore();
  for (
    const [method, target] of [["HEAD", "/alpha"], ["DELETE", "/alpha"], [
      "GET",
      "/alpha?location",
    ]] as const
  ) {
    const error = await store.refusal(method, target);
    assertEquals([error.code, error.status], ["NoSuchBucket", 404], `${method} ${target}`);
  }
});

Deno.test("buckets: the location is the region that answers, and empty for us-east-1", async () => {
  const store = await createTestStore();
  const location = async (region: string) =>
    (await store.document("GET", "/videos?location", "LocationConstraint", { region })).text;
  assertEquals(await location("weur"), "weur");
  assertEquals(await location("us-east-1"), "");
});

Deno.test("buckets: lists go by prefix and page by page", async () => {
  const store = await createTestStore();
  for (const name of ["va1", "va2", "va3"]) await store.ask("PUT", `/${name}`);
  assertEquals(await names(store, "?prefix=va"), ["va1", "va2", "va3"]);
  const found: (string | undefined)[] = [];
  let token: string | undefined = "";
  while (token !== undefined) {
    const query = `?max-buckets=3${token && `&continuation-token=${token}`}`;
    const root = await store.document("GET", `/${query}`, "ListAllMyBucketsResult");
    const [buckets] = childrenNamed(root, "Buckets");
    found.push(...(buckets?.children ?? []).map((bucket) => childText(bucket, "Name")));
    token = childText(root, "ContinuationToken");
  }
  assertEquals(found, ["va1", "va2", "va3", "videos"]);
  for (
    const wrong of ["max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token=x"]
  ) {
    assertEquals((await store.refusal("GET", `/?${wrong}`)).code, "InvalidArgument", wrong);
  }
});
