// What a backend is asked for each operation: the target that goes on, and what does not.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ask, type RawRequest } from "../../tests/store_raw.ts";
import { fieldsOf, RawBackend, writeText } from "./testing_backend.ts";
import { BUCKET, CLIENT_KEY as key, configFor, TestingGateway } from "./testing_gateway.ts";

/** What the client asks for, and what the backend is asked then. Both are targets, without the bucket. */
const TARGETS: readonly [method: string, target: string, behind: string][] = [
  ["GET", "/k?versionId=v7", "/tenant/k?versionId=v7"],
  ["DELETE", "/k?versionId=v7", "/tenant/k?versionId=v7"],
  ["HEAD", "/k?partNumber=2", "/tenant/k?partNumber=2"],
  ["GET", "/k?response-expires=a%2Fb&x-id=GetObject", "/tenant/k?response-expires=a%2Fb"],
  ["GET", "/k?uploadId=u&max-parts=2", "/tenant/k?max-parts=2&uploadId=u"],
  ["GET", "/k?tagging", "/tenant/k?tagging="],
  ["PUT", "/k?x-amz-acl=public-read", "/tenant/k"],
  [
    "GET",
    "?list-type=2&prefix=a%2F&start-after=b",
    "?encoding-type=url&list-type=2&prefix=tenant%2Fa%2F&start-after=tenant%2Fb",
  ],
  // An entry of the prefix itself is passed over.
  [
    "GET",
    "?list-type=2&max-keys=1",
    "?encoding-type=url&list-type=2&max-keys=1&prefix=tenant%2F&start-after=tenant%2F",
  ],
  ["GET", "?marker=b", "?encoding-type=url&marker=tenant%2Fb&prefix=tenant%2F"],
  [
    "GET",
    "?uploads&key-marker=b&upload-id-marker=u",
    "?encoding-type=url&key-marker=tenant%2Fb&prefix=tenant%2F&upload-id-marker=u&uploads=",
  ],
];

Deno.test("what is asked of a backend: keys below the prefix, and the parameters that its operation has", async () => {
  const targets: string[] = [];
  await using backend = new RawBackend(async (one) => {
    targets.push((await one.head)?.split(" ")[1] ?? "");
    await writeText(one, "HTTP/1.1 503 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  await using gateway = await TestingGateway.start(configFor(backend.url));
  const send = (request: Omit<RawRequest, "key">) => ask(gateway.port, { ...request, key });
  for (const [method, target, behind] of TARGETS) {
    await send({ method, target: `/${BUCKET}${target}` });
    assertEquals(targets.splice(0), [`/videos${behind}`], target);
  }
});

/** What a client sends, and what of it the backend gets. */
const FIELDS: readonly [name: string, value: string, goesOn: boolean][] = [
  ["x-amz-meta-a", "b", true],
  ["x-amz-checksum-mode", "ENABLED", true],
  ["range", "bytes=1-2", true],
  ["if-match", '"e"', true],
  ["if-none-match", '"e"', true],
  ["if-range", '"e"', true],
  // The client's own, not the gateway's.
  ["x-amz-security-token", "of-the-client", false],
  ["x-amz-copy-source", `${BUCKET}/other`, false],
  ["x-amz-user-agent", "client", false],
  ["x-amz-request-id", "1", false],
  ["cookie", "a=b", false],
  ["x-forwarded-for", "10.0.0.1", false],
  ["proxy-authorization", "Basic eDp5", false],
  ["te", "trailers", false],
];

Deno.test("what a backend is told: fields that mean the same to it, signed with the gateway's key", async () => {
  const heads: string[] = [];
  await using backend = new RawBackend(async (one) => {
    heads.push(await one.head ?? "");
    await writeText(one, "HTTP/1.1 503 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  await using gateway = await TestingGateway.start(configFor(backend.url));
  const headers = Object.fromEntries(FIELDS);
  await ask(gateway.port, { method: "GET", target: `/${BUCKET}/k`, key, headers });
  const [head = ""] = heads;
  const lines = fieldsOf(head);
  for (const [name, value, goesOn] of FIELDS) {
    assertEquals(lines.get(name), goesOn ? value : undefined, name);
  }
  assertMatch(lines.get("authorization") ?? "", /Credential=AKTESTING\//);
  assert(!head.includes(key.accessKeyId));
});
