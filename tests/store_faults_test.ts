// The object store under bad input over the wire: hostile XML, keys that are paths, wrong clocks.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { openFolderStorage } from "../servers/object_store/folder_storage.ts";
import { createMemoryStorage } from "../servers/object_store/memory_storage.ts";
import type { Storage } from "../servers/object_store/storage.ts";
import {
  BUCKET,
  errorOf,
  TESTING_KEY as key,
  TestingStore,
} from "../servers/object_store/testing_store.ts";
import { ask, type RawRequest } from "./store_raw.ts";

const EMPTY_MD5 = createHash("md5").digest("base64");

const utf8 = (text: string) => new TextEncoder().encode(text);

/** What an XML document may try; each is of an operation's root element. */
const HOSTILE: Readonly<Record<string, (root: string) => string>> = {
  "a billion laughs": (root) => {
    const entities = Array.from(
      { length: 9 },
      (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
    );
    return `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">${entities.join("")}]>` +
      `<${root}><Object><Key>&l9;</Key></Object></${root}>`;
  },
  "an external entity": (root) =>
    `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><${root}><Key>&e;</Key></${root}>`,
  "a parameter entity": (root) =>
    `<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]><${root}></${root}>`,
  "an entity that nothing declares": (root) => `<${root}><Object><Key>&lol;</Key></Object></${root}>`,
  "nesting without an end": (root) => `<${root}>${"<a>".repeat(20_000)}`,
  "tags without number": (root) => `<${root}>${"<a/>".repeat(200_001)}</${root}>`,
  "comments that do not end": (root) => `<${root}>${"<!--".repeat(15_000)}`,
  "sections that do not end": (root) => `<${root}>${"<![CDATA[".repeat(6_000)}`,
  "half a document": (root) => `<${root}><Object>`,
  "nothing but an ampersand": (root) => `<${root}>&</${root}>`,
  "another root": () => "<html></html>",
  "two roots": (root) => `<${root}></${root}><${root}></${root}>`,
  "no XML": () => "{}",
};

/** The operations that take XML: how it is asked for, its root, and how much it takes, in bytes. */
const OPERATIONS: readonly [name: string, root: string, path: string, maxBytes: number][] = [
  ["DeleteObjects", "Delete", `${BUCKET}?delete`, 2 << 20],
  ["CompleteMultipartUpload", "CompleteMultipartUpload", `${BUCKET}/k?uploadId=`, 4 << 20],
  ["CreateBucket", "CreateBucketConfiguration", "new-bucket", 64 << 10],
];

for (const [name, root, path, maxBytes] of OPERATIONS) {
  Deno.test(`hostile and oversized XML in ${name} is MalformedXML, and the store goes on`, async (t) => {
    await using store = await TestingStore.start();
    await store.put("k", "kept");
    const begun = await store.fetch(store.s3("k?uploads"), { method: "POST" });
    const id = /<UploadId>(.*?)</.exec(await begun.text())?.[1] ?? "";
    const url = `${store.url}/${path}${path.endsWith("=") ? id : ""}`;
    const send = (document: string) => {
      const body = utf8(document);
      const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
      return store.fetch(url, { method: name === "CreateBucket" ? "PUT" : "POST", body, headers });
    };
    for (const [what, documentOf] of Object.entries(HOSTILE)) {
      await t.step(what, async () => {
        const answer = await errorOf(await send(documentOf(root)));
        assertEquals(answer, "400 MalformedXML");
      });
    }
    await t.step("one byte more than it takes, though well formed", async () => {
      const document = `<${root}>${" ".repeat(maxBytes + 1 - 2 * root.length - 5)}</${root}>`;
      assertEquals(document.length, maxBytes + 1);
      assertMatch(await (await send(document)).text(), /MalformedXML.*longer than \d+ bytes/);
    });
    const raw = { method: name === "CreateBucket" ? "PUT" : "POST", key, target: new URL(url) };
    const target = `${raw.target.pathname}${raw.target.search}`;
    const unhashed = { payloadHash: "UNSIGNED-PAYLOAD", headers: { "content-md5": EMPTY_MD5 } };
    await t.step("5 GiB are announced: refused before any of them has come", async () => {
      const got = await ask(store.port, { ...raw, target, ...unhashed, lengthBytes: 5 * 2 ** 30 });
      assertEquals([got.status, got.code], [400, "MalformedXML"]);
    });
    await t.step("content without an announced length: what is too much is not read", async () => {
      const got = await ask(store.port, {
        ...raw,
        ...unhashed,
        target,
        headers: { ...unhashed.headers, "transfer-encoding": "chunked" },
        body: endless(),
      });
      assertMatch(`${got.status} ${got.code}`, /x/);
    });
    assertEquals(await (await store.fetch(store.s3("k"))).text(), "kept");
    assertEquals(store.storage.buckets().map((bucket) => bucket.name), [BUCKET]);
    assertEquals(store.storage.upload(BUCKET, id)?.key, "k");
  });
}

/** How a key is spelt in a target, a byte a character, and the key that it is; or why it is none. */
const KEYS: readonly [raw: string, key: string][] = [
  ["../../../../../../etc/passwd", "../../../../../../etc/passwd"],
  ["%2e%2e/%2e%2e/x", "../../x"],
  ["..%2f..%2fy", "../../y"],
  ["%252e%252e/x", "%2e%2e/x"],
  ["a/../../b", "a/../../b"],
  ["b", "b"],
  [".", "."],
  ["..", ".."],
  ["%2E", "."],
  ["./b", "./b"],
  ["b/", "b/"],
  ["/b", "/b"],
  ["//b", "//b"],
  ["%2Fb%2F", "/b/"],
  ["%2F%2Fetc%2Fpasswd", "//etc/passwd"],
  ["..%5c..%5cx", "..\\..\\x"],
  ["C:%5CWindows%5Cwin.ini", "C:\\Windows\\win.ini"],
  ["%5C%5Chost%5Cshare", "\\\\host\\share"],
  ["CON", "CON"],
  ["NUL.txt", "NUL.txt"],
  ["file::$DATA", "file::$DATA"],
  ["dots...", "dots..."],
  ["space%20", "space "],
  ["%00", "\0"],
  ["a%00/../b", "a\0/../b"],
  ["line%0d%0aend", "line\r\nend"],
  ["%1b%5b31m", "\x1b[31m"],
  ["lock", "lock"],
  ["store.json", "store.json"],
  ["_edge-repro/stats", "_edge-repro/stats"],
  ["~/.ssh/id", "~/.ssh/id"],
  ["$(id)", "$(id)"],
  ["a+b", "a+b"],
  ["a%3Fb%23c", "a?b#c"],
  ["%c3%a9", "é"],
  ["e%cc%81", "e\u0301"],
  ["%f0%9f%8e%ac", "🎬"],
  ["%e2%80%ae", "\u202e"],
  ["__proto__", "__proto__"],
  ["constructor", "constructor"],
  ["x".repeat(1024), "x".repeat(1024)],
  ["%2e".repeat(1024), ".".repeat(1024)],
  ["%e2%98%83".repeat(341), "☃".repeat(341)],
];

/** Spellings of no key: the code of the refusal; empty where the listener itself refuses. */
const NO_KEYS: readonly [raw: string, code: string][] = [
  ["%ff", "InvalidURI"],
  ["%fe%ff", "InvalidURI"],
  ["%c0%ae%c0%ae/x", "InvalidURI"],
  ["%ed%a0%80", "InvalidURI"],
  ["%", "InvalidURI"],
  ["%zz", "InvalidURI"],
  ["x".repeat(1025), "KeyTooLongError"],
  ["%e2%98%83".repeat(342), "KeyTooLongError"],
  ["x".repeat(40_000), "KeyTooLongError"],
  ["a\0b", ""],
  ["a b", ""],
  ["x".repeat(2 << 20), ""],
];

/** Buckets that are none. */
const NO_BUCKETS = ["..", "%2e%2e", ".", "a%2fb", "..%2f..%2fetc", "%00", "_edge", "A", "%5c", "con."];

interface Place {
  storage: () => Promise<Storage>;
  /** Checks that everything is where it belongs. */
  check: () => Promise<void>;
}

const request = (method: string, target: string, more: Partial<RawRequest> = {}): RawRequest => ({
  method,
  target,
  key,
  ...more,
});

/** What each key's object holds. */
const contentOf = (name: string) => `content of ${JSON.stringify(name)}`;

async function tryKeys({ storage, check }: Place): Promise<void> {
  await using store = await TestingStore.start({ storage: await storage() });
  const { port } = store;
  const target = (raw: string) => `/${BUCKET}/${raw}`;
  for (const [raw, name] of KEYS) {
    const put = await ask(port, request("PUT", target(raw), { body: utf8(contentOf(name)) }));
    assertEquals([put.status, put.code], [200, ""], raw.slice(0, 40));
  }
  const names = new Set(KEYS.map(([, name]) => name));
  const stored = () => new Set([...store.storage.objects(BUCKET)].map(([name]) => name));
  assertEquals(stored(), names);
  for (const [raw, name] of KEYS) {
    for (const path of [target(raw), store.publicPath(raw)]) {
      const got = await ask(port, request("GET", path));
      const text = new TextDecoder().decode(got.body);
      assertEquals([got.status, text], [200, contentOf(name)], raw.slice(0, 40));
    }
  }
  const list = await ask(port, request("GET", `/${BUCKET}?list-type=2&encoding-type=url`));
  const listed = new TextDecoder().decode(list.body).match(/<Key>(.*?)<\/Key>/gs) ?? [];
  assertEquals(
    new Set(listed.map((one) => decodeURIComponent(one.slice(5, -6).replaceAll("+", " ")))),
    names,
  );
  for (const [raw, code] of NO_KEYS) {
    const got = await ask(port, request("PUT", target(raw), { body: utf8("x") }));
    assert(got.status >= 400 && got.status < 500, `${raw.slice(0, 40)}: ${got.status}`);
    assertEquals(got.code, code, raw.slice(0, 40));
  }
  for (const bucket of NO_BUCKETS) {
    for (const [method, path] of [["PUT", ""], ["PUT", "/x"], ["GET", "/x"], ["DELETE", ""]]) {
      const got = await ask(port, request(method ?? "", `/${bucket}${path}`));
      assertMatch(`${got.status} ${got.code}`, /^400 InvalidBucketName$|^404 NoSuchKey$/, bucket);
    }
  }
  for (const host of ["..localhost", "%2e%2e.localhost", "../x.localhost", "a/b.localhost"]) {
    const { status } = await ask(port, request("PUT", "/x", { host }));
    assert(status === 400 || status === 403, `${host}: ${status}`);
  }
  for (const id of ["../../x", "..%2f..%2fx", "%00", "%ff"]) {
    const put = await ask(port, request("PUT", `${target("b")}?partNumber=1&uploadId=${id}`));
    assertMatch(`${put.status} ${put.code}`, /^404 NoSuchUpload$|^400 InvalidArgument$/, id);
  }
  for (const source of ["/etc/passwd", "../x/y", `${BUCKET}/../../etc/passwd`, `${BUCKET}/%00x`]) {
    const headers = { "x-amz-copy-source": source };
    const put = await ask(port, request("PUT", target("copy"), { headers }));
    assertMatch(`${put.status} ${put.code}`, /^404 NoSuch(Key|Bucket)$|^400 /, source);
  }
  assertEquals(stored(), names);
  await check();
  for (const [raw, name] of KEYS) {
    if (!stored().has(name)) continue; // It was spelt in another way before.
    assertEquals((await ask(port, request("DELETE", target(raw)))).status, 204);
    assert(!stored().has(name));
  }
}

Deno.test("keys that are paths are names like any other in memory", () =>
  tryKeys({ storage: () => Promise.resolve(createMemoryStorage()), check: async () => {} }));

/** All that is below a folder, as paths below it. */
async function below(folder: string, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${prefix}`)) {
    paths.push(prefix + name);
    if (isDirectory) paths.push(...await below(folder, `${prefix}${name}/`));
  }
  return paths;
}

const OURS =
  /^data(\/(lock|store\.json|tmp|blobs(\/[\da-f-]{36})?|buckets(\/[\da-f]{64}(\/(bucket|uploads|objects(\/[\da-f]{64})?))?)?))?$/;

Deno.test("keys that are paths leave nothing but the store's own names in a data folder, and none beside it", async () => {
  const root = await Deno.makeTempDir();
  try {
    const check = async () => {
      const foreign = (await below(root)).filter((path) => !OURS.test(path));
      assertEquals(foreign, []);
    };
    await tryKeys({ storage: () => openFolderStorage(`${root}/data`, { fsync: false }), check });
    await check();
    assertEquals((await below(root)).filter((path) => /objects\/|blobs\/|tmp\//.test(path)), []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a request that was signed a quarter of an hour ago or ahead is refused with both times", async () => {
  await using store = await TestingStore.start();
  for (const minutes of [-16, 16]) {
    const atMs = Date.now() + minutes * 60_000;
    const got = await ask(store.port, request("GET", `/${BUCKET}`, { atMs }));
    assertEquals([got.status, got.code], [403, "RequestTimeTooSkewed"]);
    const text = new TextDecoder().decode(got.body);
    assertMatch(text, /<RequestTime>\d{8}T\d{6}Z<.*<ServerTime>\d{4}-\d\d-\d\dT/);
  }
  for (const minutes of [-14, 14]) {
    const atMs = Date.now() + minutes * 60_000;
    assertEquals((await ask(store.port, request("GET", `/${BUCKET}`, { atMs }))).status, 200);
  }
});
