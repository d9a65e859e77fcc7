// Which operations need all of their body first, and that these and no others are read before they are sent.

import { assertEquals, assertThrows } from "@std/assert";
import { authenticate } from "../s3/authenticate.ts";
import { S3Error } from "../s3/error.ts";
import { testOptions } from "../s3/testing_authenticator.ts";
import type { ForwardedCall } from "./call.ts";
import type { GatewaySwitches } from "./config.ts";
import { contentOf } from "./content.ts";
import { FORWARDED, needsBufferedBody } from "./forwarded.ts";
import { BufferMeter } from "./meter.ts";
import { placesOf } from "./places.ts";
import type { Operation } from "../s3/operation.ts";

const OPERATIONS = Object.keys(FORWARDED) as Operation[];
const BUFFERED = [
  ...["AbortMultipartUpload", "CompleteMultipartUpload", "CreateMultipartUpload"],
  "DeleteObjects",
];

function callOf(operation: Operation, headers: Record<string, string>): ForwardedCall {
  const request = new Request("http://gateway.test/front/k", { method: "PUT", headers });
  const [place] = placesOf({
    backends: { main: { endpoint: "http://127.0.0.1" } },
    buckets: { front: { backend: "main" } },
  }).values();
  if (place === undefined) throw new Error("no place");
  return {
    ...authenticate(request, testOptions()),
    ...{ request, operation, place, bucket: "front", key: "k", backendKey: "k" },
    ...{ headers: request.headers, query: new URLSearchParams() },
  };
}

/** The operations whose content is read before it is sent on. */
function gathered(switches: Partial<GatewaySwitches>, headers: Record<string, string> = {}) {
  const all: GatewaySwitches = {
    ...{ readBody: "early", uploadPart: "stream", framing: "fixed" },
    ...switches,
  };
  return OPERATIONS.filter((operation) =>
    contentOf(callOf(operation, { "content-length": "5", ...headers }), all, new BufferMeter())
      .isGathered
  ).sort();
}

Deno.test("the classifier names the four operations with a document, and no other", () => {
  assertEquals(OPERATIONS.filter(needsBufferedBody).sort(), BUFFERED);
});

Deno.test("what is read before it is sent is what the classifier names; with uploadPart buffer plain parts too", () => {
  for (const readBody of ["early", "late"] as const) {
    for (const framing of ["fixed", "chunked"] as const) {
      assertEquals(gathered({ readBody, framing }), BUFFERED);
      assertEquals(gathered({ readBody, framing, uploadPart: "buffer" }), [
        ...BUFFERED,
        "UploadPart",
      ]);
    }
  }
  const chunked = {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": "5",
  };
  assertEquals(gathered({ uploadPart: "buffer" }, chunked), BUFFERED);
});

Deno.test("a part over 5 GiB is refused when its content is looked at, which needs no I/O", () => {
  const call = (bytes: number) => callOf("UploadPart", { "content-length": String(bytes) });
  const switches = { readBody: "late", uploadPart: "buffer", framing: "chunked" } as const;
  const limit = 5 * 2 ** 30;
  contentOf(call(limit), switches, new BufferMeter());
  const over = () => contentOf(call(limit + 1), switches, new BufferMeter());
  const { code, status, details } = assertThrows(over, S3Error);
  assertEquals([code, status, details["MaxSizeAllowed"]], ["EntityTooLarge", 400, String(limit)]);
});
