// Tests of what is sent for an error.

import { assert, assertEquals } from "@std/assert";
import { S3Error } from "./error.ts";
import { errorResponse } from "./error_response.ts";
import { childText, parseXml } from "./xml.ts";

const request = { method: "GET", resource: "/videos/a\r<b>", requestId: "1F" };

Deno.test("errors: the document has what S3's has", async () => {
  const error = new S3Error("NoSuchKey", 404, "There is no object of that key.", { Key: "a&b" });
  const response = errorResponse(error, request);
  assertEquals(response.status, 404);
  assertEquals(response.headers.get("content-type"), "application/xml");
  assertEquals(response.headers.get("x-amz-request-id"), "1F");
  const text = await response.text();
  const document = parseXml(text, "Error");
  const fields = document.children.map(({ name, text }) => [name, text]);
  assertEquals(fields, [
    ["Code", "NoSuchKey"],
    ["Message", "There is no object of that key."],
    ["Key", "a&b"],
    ["Resource", "/videos/a\r<b>"],
    ["RequestId", "1F"],
  ]);
  assert(!text.includes("xmlns"), "S3 writes its errors in no namespace");
});

Deno.test("errors: HEAD gets the status and no content", async () => {
  const error = new S3Error("NoSuchKey", 404, "no");
  const response = errorResponse(error, { ...request, method: "HEAD" });
  assertEquals([response.status, await response.text()], [404, ""]);
  assertEquals(response.headers.get("x-amz-request-id"), "1F");
});

Deno.test("errors: a detail in lower case is a header field, and a 304 has nothing else", async () => {
  const error = new S3Error("NotModified", 304, "no", { etag: '"a"', "last-modified": "then" });
  const response = errorResponse(error, request);
  assertEquals([response.status, await response.text()], [304, ""]);
  assertEquals(response.headers.get("etag"), '"a"');
  assertEquals(response.headers.get("last-modified"), "then");
  assertEquals(response.headers.get("content-type"), null);
});

Deno.test("errors: a 416 says how long the object is, a 412 which condition failed", async () => {
  const range = errorResponse(
    new S3Error("InvalidRange", 416, "no", { RangeRequested: "bytes=9-", ActualObjectSize: "5" }),
    request,
  );
  assertEquals(range.headers.get("content-range"), "bytes */5");
  await range.body?.cancel();
  const failed = errorResponse(
    new S3Error("PreconditionFailed", 412, "no", { Condition: "If-Match" }),
    request,
  );
  assertEquals(childText(parseXml(await failed.text(), "Error"), "Condition"), "If-Match");
});

Deno.test("errors: what is no S3Error says nothing of itself", async () => {
  const response = errorResponse(new TypeError("secret path"), request);
  assertEquals(response.status, 500);
  const text = await response.text();
  assertEquals(childText(parseXml(text, "Error"), "Code"), "InternalError");
  assert(!text.includes("secret"));
});
