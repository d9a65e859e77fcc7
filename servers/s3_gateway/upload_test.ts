// What of a content has gone out when its end turns out wrong: never all, in whatever pieces it came.

import { assert, assertRejects } from "@std/assert";
import { S3Error } from "../s3/error.ts";
import { readContentClaims } from "../s3/content_claims.ts";
import type { Payload } from "../s3/payload.ts";
import { BufferMeter } from "./meter.ts";
import { uploadOf } from "./upload.ts";

const CONTENT = new Uint8Array(100_000);

/** A content that comes whole, and whose end, which comes by itself, is wrong. */
const wrongAtItsEnd: Payload = {
  lengthBytes: CONTENT.length,
  async *chunks() {
    yield CONTENT;
    await Promise.resolve();
    throw new S3Error("SignatureDoesNotMatch", 403, "wrong");
  },
  digest: () => ({ sizeBytes: CONTENT.length, md5: "" }),
  text: () => Promise.reject(new Error("not asked for")),
};

for (
  const [hash, more] of [
    ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", {}],
    ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { "x-amz-trailer": "x-amz-checksum-crc32" }],
  ] as const
) {
  Deno.test(`a content with a wrong end does not go out whole (${hash})`, async () => {
    const headers = new Headers({
      "x-amz-decoded-content-length": String(CONTENT.length),
      ...more,
    });
    const request = new Request("http://gateway.test/front/k", { method: "PUT", headers });
    const claims = readContentClaims(headers, hash, true);
    const meter = new BufferMeter();
    const upload = uploadOf({ request, claims, payload: wrongAtItsEnd }, "fixed", meter);
    let bytes = 0;
    await assertRejects(
      async () => {
        for await (const piece of upload.pieces()) bytes += piece.length;
      },
      S3Error,
      "wrong",
    );
    assert(bytes < (upload.lengthBytes ?? 0), `${bytes} bytes`);
    assert(meter.bytes === 0);
  });
}
