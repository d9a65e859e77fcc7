// Keys of every kind through the gateway: what is spelt so and so in a target is the same key behind it.

import { assert, assertEquals } from "@std/assert";
import { ask, type RawRequest } from "../../tests/store_raw.ts";
import { BUCKET as STORE_BUCKET } from "../object_store/testing_store.ts";
import { BUCKET, CLIENT_KEY as key, PREFIX, withGateway } from "./testing_gateway.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** How a key is spelt in a target, a byte a character, and the key that it is. */
const KEYS: readonly [raw: string, key: string][] = [
  ["../../../../../../etc/passwd", "../../../../../../etc/passwd"],
  ["%2e%2e/%2e%2e/x", "../../x"],
  ["%252e%252e/x", "%2e%2e/x"],
  ["a/../../b", "a/../../b"],
  ["b", "b"],
  [".", "."],
  ["..", ".."],
  ["./b", "./b"],
  ["b/", "b/"],
  ["/b", "/b"],
  ["//b", "//b"],
  ["%2Fb%2F", "/b/"],
  ["..%5c..%5cx", "..\\..\\x"],
  ["file::$DATA", "file::$DATA"],
  ["space%20", "space "],
  ["%00", "\0"],
  ["a%00/../b", "a\0/../b"],
  ["line%0d%0aend", "line\r\nend"],
  ["%1b%5b31m", "\x1b[31m"],
  ["_edge-repro/stats", "_edge-repro/stats"],
  ["$(id)", "$(id)"],
  ["a+b", "a+b"],
  ["a%3Fb%23c", "a?b#c"],
  ["a&b=c%26", "a&b=c&"],
  ["!'()*", "!'()*"],
  ["%c3%a9", "é"],
  ["e%cc%81", "e\u0301"],
  ["%f0%9f%8e%ac", "🎬"],
  ["%e2%80%ae", "\u202e"],
  ["%ef%bf%be", "\ufffe"],
  ["__proto__", "__proto__"],
  ["constructor", "constructor"],
  ["x".repeat(1024 - PREFIX.length), "x".repeat(1024 - PREFIX.length)],
];

/** Spellings of no key that is possible below the prefix. */
const NO_KEYS: readonly [raw: string, code: string][] = [
  ["%ff", "InvalidURI"],
  ["%c0%ae%c0%ae/x", "InvalidURI"],
  ["%", "InvalidURI"],
  ["x".repeat(1025 - PREFIX.length), "KeyTooLongError"],
];

const request = (method: string, target: string, more: Partial<RawRequest> = {}): RawRequest => ({
  method,
  target,
  key,
  ...more,
});

Deno.test("keys with dots, slashes, controls and tricks stay what they are, below the prefix", () =>
  withGateway({}, async (_s3, gateway, store) => {
    const { port } = gateway;
    const target = (raw: string) => `/${BUCKET}/${raw}`;
    for (const [raw, name] of KEYS) {
      const put = await ask(port, request("PUT", target(raw), { body: utf8(`of ${name}`) }));
      assertEquals([put.status, put.code], [200, ""], raw.slice(0, 40));
      assert(store.storage.object(STORE_BUCKET, PREFIX + name) !== undefined, raw.slice(0, 40));
    }
    const names = KEYS.map(([, name]) => name);
    assertEquals(
      new Set([...store.storage.objects(STORE_BUCKET)].map(([name]) => name)),
      new Set(names.map((name) => PREFIX + name)),
    );
    for (const [raw, name] of KEYS) {
      const got = await ask(port, request("GET", target(raw)));
      assertEquals([got.status, new TextDecoder().decode(got.body)], [200, `of ${name}`]);
    }
    for (const query of ["", "&encoding-type=url"]) {
      const list = await ask(port, request("GET", `/${BUCKET}?list-type=2${query}`));
      const found = new TextDecoder().decode(list.body).match(/<Key>.*?<\/Key>/gs) ?? [];
      assertEquals(found.length, names.length);
      if (query === "") continue;
      const decoded = found.map((one) => decodeURIComponent(one.slice(5, -6)));
      assertEquals(new Set(decoded), new Set(names));
    }
    // What XML can say at all is said as it is.
    const plain = await ask(port, request("GET", `/${BUCKET}?list-type=2&prefix=a`));
    const shown = new TextDecoder().decode(plain.body);
    for (const text of ["<Key>a&amp;b=c&amp;</Key>", "<Key>a+b</Key>", "<Key>a?b#c</Key>"]) {
      assert(shown.includes(text), text);
    }
    for (const [raw, code] of NO_KEYS) {
      const got = await ask(port, request("PUT", target(raw), { body: utf8("x") }));
      assertEquals([got.status, got.code], [400, code], raw.slice(0, 40));
    }
    for (const [raw] of KEYS) {
      assertEquals((await ask(port, request("DELETE", target(raw)))).status, 204, raw);
    }
    assertEquals([...store.storage.objects(STORE_BUCKET)].length, 0);
  }));

Deno.test("a copy names its source as the client knows it", () =>
  withGateway({}, async (_s3, gateway, store) => {
    for (const [raw, name] of KEYS.slice(0, 24)) {
      await store.storage.deleteObject(STORE_BUCKET, `${PREFIX}copy`);
      const put = await ask(
        gateway.port,
        request("PUT", `/${BUCKET}/${raw}`, { body: utf8(`of ${name}`) }),
      );
      assertEquals(put.status, 200);
      const source = `/${BUCKET}/${encodeURIComponent(name)}`;
      const headers = { "x-amz-copy-source": source };
      const copy = await ask(gateway.port, request("PUT", `/${BUCKET}/copy`, { headers }));
      assertEquals([copy.status, copy.code], [200, ""], raw);
      const got = await ask(gateway.port, request("GET", `/${BUCKET}/copy`));
      assertEquals(new TextDecoder().decode(got.body), `of ${name}`);
    }
    for (
      const [source, code] of [
        [`${STORE_BUCKET}/${PREFIX}b`, "NoSuchBucket"],
        ["b", "InvalidArgument"],
        [`${BUCKET}/%ff`, "InvalidArgument"],
        [`${BUCKET}/none`, "NoSuchKey"],
      ] as const
    ) {
      const headers = { "x-amz-copy-source": source };
      const copy = await ask(gateway.port, request("PUT", `/${BUCKET}/copy`, { headers }));
      assertEquals(copy.code, code, source);
    }
  }));
