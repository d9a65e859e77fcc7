// What is done to a gateway besides bursts: bad input, conditions, framing, a backend that goes.

import { BUCKET } from "../../servers/object_store/testing_store.ts";
import type { Outcomes } from "./experiments.ts";
import { arrived, ask, type Rig, type Sent } from "./requests.ts";

/** What has an end of its own, which may be a refusal. */
const REQUESTS: Readonly<Record<string, Sent>> = {
  "an absent object": { method: "GET", path: "absent" },
  "an absent object's head": { method: "HEAD", path: "absent" },
  "a range": { method: "GET", path: "seen", headers: { range: "bytes=1-3" } },
  "a range behind the end": { method: "GET", path: "seen", headers: { range: "bytes=99-" } },
  "a condition that fails": { method: "GET", path: "seen", headers: { "if-match": '"x"' } },
  "a condition that saves": { method: "GET", path: "seen", headers: { "if-none-match": "*" } },
  "a body that is no XML": { method: "POST", path: "?delete", body: "<Delete><Object>" },
  "a body that is none": { method: "POST", path: "?delete" },
  "too large a body": { method: "POST", path: "?delete", body: "x".repeat(3 << 20) },
  "an unknown upload": { method: "PUT", path: "k?partNumber=1&uploadId=none", body: "part" },
  "a part's number of 0": { method: "PUT", path: "k?partNumber=0&uploadId=none", body: "part" },
  "an operation that there is not": { method: "GET", path: "?acl" },
  "a wrong checksum": {
    method: "PUT",
    path: "wrong",
    body: "content",
    headers: { "x-amz-checksum-crc32": "AAAAAA==" },
  },
  "a key that is escaped": { method: "PUT", path: "a%20b%2Bc%C3%A9", body: "content" },
};

/** An object in one chunk, without a signature of it, and a checksum behind it. */
const AWS_CHUNKED: Sent = {
  method: "PUT",
  path: "chunked",
  body: "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
  headers: {
    "content-encoding": "aws-chunked",
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": "5",
    "x-amz-trailer": "x-amz-checksum-crc32",
  },
};

/** Makes them, one after the other. The backend is gone in the end. */
export async function afterwards(rig: Rig): Promise<Outcomes> {
  const { store, tap } = rig.behind;
  await store.put("seen", "content");
  const outcomes: Outcomes = {};
  for (const [name, sent] of Object.entries(REQUESTS)) outcomes[name] = await ask(rig, sent);
  outcomes["aws-chunked"] = `${await ask(rig, AWS_CHUNKED)} | ${await arrived(tap, AWS_CHUNKED)}`;
  outcomes["aws-chunked, stored"] = String(store.storage.object(BUCKET, "chunked")?.sizeBytes);
  await tap.close();
  outcomes["a backend that is gone"] = await ask(rig, { method: "GET", path: "seen" });
  outcomes["a backend that is gone, for an upload"] = await ask(rig, {
    method: "PUT",
    path: "late",
    body: "content",
  });
  return outcomes;
}
