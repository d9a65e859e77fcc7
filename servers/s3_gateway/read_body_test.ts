// When a body that is needed whole is begun to be read: before the handler's first wait, or behind it.

import { assertEquals } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { headOf } from "../../tests/store_raw.ts";
import { createGateway } from "./gateway.ts";
import { UnreachableError } from "./outbound.ts";
import { BUCKET, CLIENT_KEY, configFor } from "./testing_gateway.ts";

/** A gateway whose backend is never reached: what counts is what has happened when `fetch` returns. */
function readWhenCalled(
  readBody: "early" | "late",
  uploadPart: "stream" | "buffer",
  target: string,
  method: string,
  headers: Record<string, string>,
) {
  const gateway = createGateway(configFor("http://127.0.0.1:1", { readBody, uploadPart }), {
    send: () => Promise.reject(new UnreachableError("nobody")),
    fetch: () => Promise.reject(new Error("nobody")),
    clock: realClock,
    keepsDotSegments: true,
  });
  const { head } = headOf({
    method,
    target,
    key: CLIENT_KEY,
    headers,
    payloadHash: "UNSIGNED-PAYLOAD",
  });
  const lines = new TextDecoder().decode(head).split("\r\n").slice(1, -2);
  const fields = lines.map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string])
    .filter(([name]) => name !== "content-length" && name !== "connection");
  const request = new Request(`http://127.0.0.1${target}`, {
    method,
    headers: [...fields, ["content-length", "2"]],
    body: "no",
  });
  const answer = gateway.fetch(request);
  return { isRead: request.bodyUsed || request.body?.locked === true, answer };
}

Deno.test("early is before the first wait: the reading has begun when the handler returns its promise", async () => {
  const checksums = [
    {},
    { "x-amz-checksum-crc32": "AAAAAA==" },
    { "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=" },
  ];
  const part = `/${BUCKET}/k?partNumber=1&uploadId=u`;
  const requests = [
    [`/${BUCKET}?delete`, "POST"],
    [`/${BUCKET}/k?uploads`, "POST"],
    [`/${BUCKET}/k?uploadId=u`, "POST"],
    [`/${BUCKET}/k?uploadId=u`, "DELETE"],
    [part, "PUT"],
  ] as const;
  for (const [target, method] of requests) {
    for (const headers of checksums) {
      const early = readWhenCalled("early", "buffer", target, method, headers);
      const late = readWhenCalled("late", "buffer", target, method, headers);
      const streamed = readWhenCalled("early", "stream", target, method, headers);
      const isStreamed = target === part;
      assertEquals(
        [early.isRead, late.isRead, streamed.isRead],
        [true, false, !isStreamed],
        target,
      );
      for (const { answer } of [early, late, streamed]) await (await answer).body?.cancel();
    }
  }
});
