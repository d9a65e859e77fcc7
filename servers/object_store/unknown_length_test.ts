// Uploads whose length is not announced, over real sockets: refused at once, or at their end.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { request as nodeRequest } from "node:http";
import { sendRaw } from "../testing_client.ts";
import type { OnChunked } from "./call.ts";
import { BUCKET, TESTING_KEY, TestingStore } from "./testing_store.ts";
import { AwsClient } from "aws4fetch";

/** An upload without a length, of which as much is sent as one writes. */
async function upload(store: TestingStore, path: string, fields: Record<string, string> = {}) {
  const aws = new AwsClient({ ...TESTING_KEY, service: "s3", region: "auto", retries: 0 });
  const url = `${store.url}/${BUCKET}/${path}`;
  const signed = await aws.sign(url, { method: "PUT", headers: fields });
  const headers = Object.fromEntries(signed.headers);
  const request = nodeRequest(url, { method: "PUT", headers, agent: false });
  request.flushHeaders();
  const answer = new Promise<string>((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.on("data", (bytes: Uint8Array) => text += new TextDecoder().decode(bytes));
      response.on("end", () => resolve(`${response.statusCode} ${text}`));
    });
  });
  return { request, answer };
}

/** The fields of `hello` in aws-chunked, of which the wire's length is not announced. */
const AWS_CHUNKED = {
  "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "x-amz-decoded-content-length": "5",
  "x-amz-trailer": "x-amz-checksum-crc32",
  "content-encoding": "aws-chunked",
};
const IN_CHUNKS = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";

const code = (answer: string) => answer.replace(/^(\d+) .*<Code>(\w+)<.*$/s, "$1 $2").trim();

async function newUpload(store: TestingStore): Promise<string> {
  const begun = await store.fetch(`${store.s3("a")}?uploads`, { method: "POST" });
  return /<UploadId>(.*?)</.exec(await begun.text())?.[1] ?? "";
}

for (const what of ["PutObject", "UploadPart"] as const) {
  const pathOf = async (store: TestingStore) =>
    what === "PutObject" ? "a" : `a?partNumber=1&uploadId=${await newUpload(store)}`;

  Deno.test(`${what} of unknown length is refused as S3 refuses it, before its content has come`, async () => {
    await using store = await TestingStore.start();
    const { request, answer } = await upload(store, await pathOf(store));
    request.write("hello");
    const text = await answer;
    assertEquals(code(text), "501 NotImplemented");
    assertStringIncludes(text, "<Header>Transfer-Encoding</Header>");
    request.destroy();
    assertEquals(store.storage.storedBytes, 0);
  });

  Deno.test(`${what} of unknown length stalls until its content has come through, where it is to`, async () => {
    await using store = await TestingStore.start({ onChunked: "stall" });
    const { request, answer } = await upload(store, await pathOf(store));
    let answered = false;
    answer.then(() => answered = true);
    request.write("hel");
    await new Promise<void>((resolve) => request.write("lo", () => resolve()));
    // Another request on another connection is answered meanwhile.
    assertEquals(
      await (await store.fetch(`${store.url}/${BUCKET}?list-type=2`)).text().then(Boolean),
      true,
    );
    assert(!answered);
    request.end();
    assertEquals(code(await answer), "501 NotImplemented");
    assertEquals([store.storage.storedBytes, store.storage.object(BUCKET, "a")], [0, undefined]);
  });
}

for (const onChunked of ["refuse", "stall"] as const satisfies OnChunked[]) {
  Deno.test(`an upload of known length is taken, however it is framed (${onChunked})`, async () => {
    await using store = await TestingStore.start({ onChunked });
    await store.put("plain", "hello");
    const { request, answer } = await upload(store, "aws-chunked", AWS_CHUNKED);
    request.end(IN_CHUNKS);
    assertEquals(code(await answer), "200");
    for (const key of ["plain", "aws-chunked"]) {
      assertEquals(await (await store.fetch(store.s3(key))).text(), "hello");
    }
  });
}

Deno.test("an upload with neither a length nor chunks is refused with 411", async () => {
  await using store = await TestingStore.start();
  const fields = await store.signed("PUT", "a");
  const head = fields.map(([name, value]) => `\r\n${name}: ${value}`).join("");
  const socket = await Deno.connect({ hostname: "127.0.0.1", port: store.port });
  const host = new URL(store.url).host;
  await socket.write(
    new TextEncoder().encode(
      `PUT /${BUCKET}/a HTTP/1.1\r\nHost: ${host}\r\nConnection: close${head}\r\n\r\n`,
    ),
  );
  const text = await new Response(socket.readable).text();
  assertStringIncludes(text, "HTTP/1.1 411");
  assertStringIncludes(text, "<Code>MissingContentLength</Code>");
});

Deno.test("a request with both lengths, or two of one, or one that lies, stores nothing", async () => {
  await using store = await TestingStore.start();
  const target = `PUT /${BUCKET}/a HTTP/1.1`;
  const bad = [
    "Content-Length: 3\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 3",
    "Content-Length: 3\r\nContent-Length: 4",
    "Content-Length: 3, 3",
    "Content-Length: +3",
    "Content-Length: -3",
    "Content-Length: 0x3",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding : chunked",
  ];
  for (const fields of bad) {
    using client = await sendRaw(store.port, `${target}\r\n${fields}`);
    client.socket.write("abc");
    assert((await client.received("\r\n\r\n")).startsWith("HTTP/1.1 400"), fields);
  }
  const signed = async (fields: string, content: string) => {
    const lines = (await store.signed("PUT", "a"))
      .map(([name, value]) => `\r\n${name}: ${value}`).join("");
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: store.port });
    const host = new URL(store.url).host;
    const text =
      `${target}\r\nHost: ${host}\r\nConnection: close${lines}\r\n${fields}\r\n\r\n${content}`;
    await socket.write(new TextEncoder().encode(text));
    return { socket, answer: new Response(socket.readable).text() };
  };
  const same = await signed("Content-Length: 3\r\nContent-Length: 3", "abc");
  assertStringIncludes(await same.answer, "<Code>InvalidArgument</Code>");
  const gzip = await signed("Transfer-Encoding: gzip, chunked", "3\r\nabc\r\n0\r\n\r\n");
  assertStringIncludes(await gzip.answer, "<Code>NotImplemented</Code>");
  const inner = await upload(store, "a", {
    ...AWS_CHUNKED,
    "transfer-encoding": "gzip, chunked",
  });
  inner.request.end(IN_CHUNKS);
  assertEquals(code(await inner.answer), "501 NotImplemented");
  const long = await signed("Content-Length: 9", "abc");
  await long.socket.closeWrite();
  await long.answer;
  assertEquals(store.storage.object(BUCKET, "a"), undefined);
  // What comes behind the length is no part of the content, and no request either.
  const short = await signed("Content-Length: 3", "abcdef");
  assertStringIncludes(await short.answer, "HTTP/1.1 200");
  assertEquals(store.storage.object(BUCKET, "a")?.sizeBytes, 3);
});
