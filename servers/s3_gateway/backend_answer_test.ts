// What of a backend's answer reaches the client: the object's fields, and not those of who answered.

import { assertEquals } from "@std/assert";
import { ask } from "../../tests/store_raw.ts";
import { fieldsOf, RawBackend, writeText } from "./testing_backend.ts";
import { BUCKET, CLIENT_KEY as key, configFor, TestingGateway } from "./testing_gateway.ts";

const FIELDS: readonly [name: string, value: string, goesOn: boolean][] = [
  ["etag", '"e"', true],
  ["content-type", "text/html", true],
  ["content-encoding", "gzip", true],
  ["content-disposition", "attachment", true],
  ["content-language", "en", true],
  ["content-range", "bytes 0-4/9", true],
  ["accept-ranges", "bytes", true],
  ["cache-control", "no-cache", true],
  ["expires", "never", true],
  ["last-modified", "Sat, 21 Nov 2026 10:00:00 GMT", true],
  ["x-amz-meta-a", "b", true],
  ["x-amz-version-id", "v7", true],
  ["x-amz-checksum-crc32", "AAAAAA==", true],
  ["x-amz-id-2", "machine", false],
  ["x-amz-bucket-region", "mars", false],
  ["server", "store/1", false],
  ["set-cookie", "a=b", false],
  ["via", "1.1 inside", false],
  ["location", "http://inside/", false],
  ["access-control-allow-origin", "*", false],
];

Deno.test("what a client is told: the fields of the object, and none of the store's own", async () => {
  const fields = FIELDS.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const content = "hello";
  await using backend = new RawBackend(async (one) => {
    const isHead = (await one.head)?.startsWith("HEAD ");
    const head = `HTTP/1.1 206 Some\r\n${fields}x-amz-request-id: THEIRS\r\nconnection: close\r\n` +
      `content-length: ${content.length}\r\n\r\n`;
    await writeText(one, head + (isHead ? "" : content));
  });
  await using gateway = await TestingGateway.start(configFor(backend.url));
  for (const method of ["GET", "HEAD"]) {
    const answer = await ask(gateway.port, { method, target: `/${BUCKET}/k`, key });
    const lines = fieldsOf(answer.head);
    assertEquals([answer.status, lines.get("content-length")], [206, "5"], method);
    for (const [name, value, goesOn] of FIELDS) {
      assertEquals(lines.get(name), goesOn ? value : undefined, `${method} ${name}`);
    }
    assertEquals(/^[0-9A-F]{12}$/.test(lines.get("x-amz-request-id") ?? ""), true);
    assertEquals(new TextDecoder().decode(answer.body), method === "GET" ? content : "");
  }
});
