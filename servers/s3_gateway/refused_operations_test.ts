// Operations that the gateway has not, and ones with numbers and names that there cannot be.

import { assertEquals, assertMatch } from "@std/assert";
import { ask, type RawRequest } from "../../tests/store_raw.ts";
import { RawBackend } from "./testing_backend.ts";
import {
  BUCKET,
  CLIENT_KEY as key,
  configFor,
  TestingGateway,
  withGateway,
} from "./testing_gateway.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** What there is not, and the words by which its refusal names it. */
const NOT_THERE: readonly [method: string, target: string, named: RegExp][] = [
  ["GET", "?acl", /GetBucketAcl/],
  ["GET", "?policy", /GetBucketPolicy/],
  ["GET", "?lifecycle", /GetBucketLifecycleConfiguration/],
  ["GET", "?versions", /GET with \?versions/],
  ["PUT", "?versioning", /PUT with \?versioning/],
  ["DELETE", "?cors", /DELETE with \?cors/],
  ["POST", "", /POST on a bucket/],
  ["GET", "/k?acl", /GetObjectAcl/],
  ["PUT", "/k?acl", /PUT with \?acl/],
  ["PUT", "/k?tagging", /PUT with \?tagging/],
  ["GET", "/k?attributes", /GET with \?attributes/],
  ["POST", "/k?restore", /POST with \?restore/],
  ["POST", "/k?select&select-type=2", /POST with \?select/],
  ["GET", "/k?torrent", /GET with \?torrent/],
  ["PUT", "/k?renameObject", /PUT with \?renameObject/],
];

Deno.test("what the gateway cannot do is 501 and says what it was, and no backend is asked", async () => {
  await using backend = new RawBackend(() => {});
  await using gateway = await TestingGateway.start(configFor(backend.url));
  for (const [method, target, named] of NOT_THERE) {
    const answer = await ask(gateway.port, { method, target: `/${BUCKET}${target}`, key });
    assertEquals([answer.status, answer.code], [501, "NotImplemented"], target);
    assertMatch(new TextDecoder().decode(answer.body), named);
  }
  for (const [method, target] of [["POST", "/k"], ["OPTIONS", "/k"], ["PATCH", ""]] as const) {
    const answer = await ask(gateway.port, { method, target: `/${BUCKET}${target}`, key });
    assertEquals([answer.status, answer.code], [405, "MethodNotAllowed"], `${method} ${target}`);
    assertMatch(answer.head, /\r\nallow: GET, HEAD/i);
  }
  assertEquals(backend.connections.length, 0);
});

Deno.test("parts and uploads that there cannot be are refused, however they are passed on", async () => {
  for (const uploadPart of ["stream", "buffer"] as const) {
    await withGateway({ uploadPart }, async (_s3, { port }) => {
      const send = async (request: Omit<RawRequest, "key">) => {
        const { status, code } = await ask(port, { ...request, key });
        return `${status} ${code}`;
      };
      const begun = await ask(port, { method: "POST", target: `/${BUCKET}/k?uploads`, key });
      const [, id = ""] = /<UploadId>(.*?)<\/UploadId>/.exec(
        new TextDecoder().decode(begun.body),
      ) ?? [];
      const body = utf8("part");
      for (const number of ["0", "10001", "-1", "1.5", "x", ""]) {
        const target = `/${BUCKET}/k?partNumber=${number}&uploadId=${id}`;
        assertEquals(await send({ method: "PUT", target, body }), "400 InvalidArgument", number);
      }
      const target = `/${BUCKET}/k?uploadId=${id}`;
      for (const number of ["0", "10001"]) {
        const part = `<Part><PartNumber>${number}</PartNumber><ETag>e</ETag></Part>`;
        const list = utf8(`<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`);
        const answer = await send({ method: "POST", target, body: list });
        assertMatch(answer, /^400 (?:InvalidPart|InvalidArgument|MalformedXML)$/, number);
      }
      const part = "<Part><PartNumber>1</PartNumber><ETag>e</ETag></Part>";
      const list = utf8(`<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`);
      const unknown = `/${BUCKET}/k?uploadId=none`;
      for (
        const request of [
          { method: "PUT", target: `${unknown}&partNumber=1`, body },
          { method: "POST", target: unknown, body: list },
          { method: "GET", target: unknown },
          { method: "DELETE", target: unknown },
        ]
      ) assertEquals(await send(request), "404 NoSuchUpload", request.method);
    });
  }
});
