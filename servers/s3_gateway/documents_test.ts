// Documents of clients that are refused before anybody is asked, and documents of backends that are odd.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { ask } from "../../tests/store_raw.ts";
import { RawBackend, writeText } from "./testing_backend.ts";
import { BUCKET, CLIENT_KEY as key, configFor, PREFIX, TestingGateway } from "./testing_gateway.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const DELETE = `/${BUCKET}?delete`;
const COMPLETE = `/${BUCKET}/k?uploadId=u`;
const objects = (count: number, inner = "<Key>k</Key>") =>
  `<Delete>${`<Object>${inner}</Object>`.repeat(count)}</Delete>`;
const parts = (count: number) =>
  `<CompleteMultipartUpload>${
    "<Part><PartNumber>1</PartNumber><ETag>e</ETag></Part>".repeat(count)
  }</CompleteMultipartUpload>`;
const bomb = `<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>` +
  "<Delete><Object><Key>&b;&b;</Key></Object></Delete>";

const BAD: readonly [target: string, document: string, code: string][] = [
  [DELETE, "", "MalformedXML"],
  [DELETE, "hello", "MalformedXML"],
  [DELETE, "<Delete>", "MalformedXML"],
  [DELETE, "<Other/>", "MalformedXML"],
  [DELETE, bomb, "MalformedXML"],
  [DELETE, "<Delete>".repeat(100_000), "MalformedXML"],
  [DELETE, objects(0), "MalformedXML"],
  [DELETE, objects(1, ""), "MalformedXML"],
  [DELETE, objects(1, "<Key>a</Key><Key>b</Key>"), "MalformedXML"],
  [DELETE, objects(1, "<Key></Key>"), "UserKeyMustBeSpecified"],
  [DELETE, objects(1_001), "MalformedXML"],
  [DELETE, objects(10_001), "MalformedXML"],
  [DELETE, `<Delete>${" ".repeat(3 << 20)}</Delete>`, "MalformedXML"],
  [COMPLETE, "", "MalformedXML"],
  [COMPLETE, parts(0), "MalformedXML"],
  [COMPLETE, parts(10_001), "MalformedXML"],
  [`/${BUCKET}?list-type=2&encoding-type=x`, "", "InvalidArgument"],
];

Deno.test("documents that are none, or too large, are refused before a backend is asked", async () => {
  await using backend = new RawBackend(() => {});
  await using gateway = await TestingGateway.start(configFor(backend.url));
  for (const [target, document, code] of BAD) {
    const method = target.includes("list-type") ? "GET" : "POST";
    const body = utf8(document);
    const refused = await ask(gateway.port, {
      method,
      target,
      key,
      body,
      payloadHash: "UNSIGNED-PAYLOAD",
    });
    assertEquals([refused.status, refused.code], [400, code], document.slice(0, 60));
  }
  assertEquals(backend.connections.length, 0);
  assertEquals(gateway.server.stats().bufferedBytes, 0);
});

Deno.test("documents of the most parts and keys there may be go on", async () => {
  await using backend = new RawBackend((one) =>
    writeText(one, "HTTP/1.1 503 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
  );
  await using gateway = await TestingGateway.start(configFor(backend.url));
  for (const [target, document] of [[COMPLETE, parts(10_000)], [DELETE, objects(1_000)]] as const) {
    const answer = await ask(gateway.port, { method: "POST", target, key, body: utf8(document) });
    assertEquals(answer.status, 503);
  }
  assertEquals(backend.connections.length, 2);
});

Deno.test("a backend that deletes what it was not told is not passed on", async () => {
  const answer = (key: string) =>
    `<DeleteResult><Deleted><Key>${key}</Key></Deleted></DeleteResult>`;
  for (const [name, expected] of [[`${PREFIX}k`, 200], ["other/k", 502], ["k", 502]] as const) {
    const text = answer(name);
    await using backend = new RawBackend((one) =>
      writeText(one, `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`)
    );
    await using gateway = await TestingGateway.start(configFor(backend.url));
    const request = { method: "POST", target: DELETE, key, body: utf8(objects(1)) };
    assertEquals((await ask(gateway.port, request)).status, expected, name);
  }
});

/** What a list comes to, of a backend that answers so. */
async function listed(content: string, query = ""): Promise<string> {
  const text = `<?xml version="1.0"?><ListBucketResult>${content}</ListBucketResult>`;
  await using backend = new RawBackend((one) =>
    writeText(one, `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`)
  );
  await using gateway = await TestingGateway.start(configFor(backend.url));
  const target = `/${BUCKET}?list-type=2${query}`;
  const answer = await ask(gateway.port, { method: "GET", target, key });
  return `${answer.status} ${answer.code}${new TextDecoder().decode(answer.body)}`;
}

Deno.test("a backend that lists what was not asked for is not passed on", async () => {
  for (
    const content of [
      "<Contents><Key>other/x</Key></Contents>",
      "<CommonPrefixes><Prefix>other/</Prefix></CommonPrefixes>",
      "<EncodingType>url</EncodingType><Contents><Key>%ff</Key></Contents>",
    ]
  ) assertStringIncludes(await listed(content), "502 BadGateway");
});

Deno.test("a document of a backend's that has no end is not read to its end", async () => {
  let isOver = false;
  await using backend = new RawBackend(async (one) => {
    await writeText(one, "HTTP/1.1 200 OK\r\n\r\n<ListBucketResult>");
    const piece = "<Contents/>".repeat(6_000);
    one.over.then(() => isOver = true);
    // It fails once nobody reads.
    while (!isOver) await writeText(one, piece).catch(() => isOver = true);
  });
  await using gateway = await TestingGateway.start(configFor(backend.url));
  const target = `/${BUCKET}?list-type=2`;
  const answer = await ask(gateway.port, { method: "GET", target, key });
  assertEquals([answer.status, answer.code], [502, "BadGateway"]);
  assertEquals(gateway.server.stats().peakBufferedBytes < 17 << 20, true);
});

Deno.test("who the gateway is to a backend is not told to its clients", async () => {
  const who = "<ID>arn:aws:iam::123456789012:role/writer</ID><DisplayName>x</DisplayName>";
  const list = await listed(
    `<Owner>${who}</Owner><Contents><Key>${PREFIX}k</Key><Owner>${who}</Owner></Contents>`,
  );
  assertStringIncludes(list, "<Key>k</Key><Owner><ID>edge-repro</ID>");
  assertEquals(list.includes("arn:"), false);
});

Deno.test("names come back from backends that encode them, as forms do or not at all, or do not", async () => {
  const encoded = await listed(
    `<EncodingType>url</EncodingType><Contents><Key>${PREFIX}a+b%2Bc%0D</Key></Contents>`,
  );
  assertStringIncludes(encoded, "<Key>a b+c&#xD;</Key>");
  const plain = `<Contents><Key>${PREFIX}a+b%2B</Key><Size>1</Size></Contents>`;
  assertStringIncludes(await listed(plain), "<Key>a+b%2B</Key><Size>1</Size>");
  const wanted = await listed(plain, "&encoding-type=url");
  assertStringIncludes(wanted, "<Key>a%2Bb%252B</Key>");
});
