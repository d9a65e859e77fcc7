// Keys, buckets and ids that are paths, over the wire: names like any other, and nothing escapes a data folder.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { openFolderStorage } from "../servers/object_store/folder_storage.ts";
import { createMemoryStorage } from "../servers/object_store/memory_storage.ts";
import type { Storage } from "../servers/object_store/storage.ts";
import { BUCKET, TESTING_KEY as key, TestingStore } from "../servers/object_store/testing_store.ts";
import { ask, type RawRequest } from "./store_raw.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

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
const NO_BUCKETS = [
  "..",
  "%2e%2e",
  ".",
  "a%2fb",
  "..%2f..%2fetc",
  "%00",
  "_edge",
  "A",
  "%5c",
  "con.",
];

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
