// What the examples and properties of all judges are made of: healthy pieces. Times are milliseconds.

import type { BackendRequest } from "../../lab/backend_log.ts";
import type { SdkAttempt } from "../../probes/s3/sdk_attempts.ts";
import type { Burst } from "./burst.ts";
import type { Framed } from "./framed.ts";
import type { Left, Oversized } from "./leaving.ts";
import type { Memory } from "./memory.ts";
import type { Checksummed, Chunked } from "./passed_on.ts";
import type { Asked } from "./raw.ts";
import type { Recovery } from "./recovery.ts";

/** A first attempt that was answered with 200. */
export const attempt = (change: Partial<SdkAttempt> = {}): SdkAttempt => ({
  ...{ operation: "CreateMultipartUpload", key: "k", attempt: 1, sentAtMs: 10, endedAtMs: 30 },
  ...{ end: "answered", status: 200, why: null },
  ...change,
});

/** The report's: the gateway's own error. */
export const failed500: SdkAttempt = attempt({ status: 500, why: "InternalError", endedAtMs: 400 });

/** A burst of three that met a cold cache together. */
export const burst = (change: Partial<Burst> = {}): Burst => ({
  ...{ wanted: "cold", unit: "upload", opening: 3, failed: 0, whyFailed: null },
  attempts: [attempt(), attempt(), attempt()],
  ...{ wrong: [], unread: [], alone: null, exchange: { begun: 1, parked: 2, upstreams: 1 } },
  figuresFailure: null,
  ...change,
});

/** A raw request that was answered with 200. */
export const asked = (change: Partial<Asked> = {}): Asked => ({
  ...attempt({ operation: "UploadPart" }),
  ...{ isS3: true, etag: '"e"' },
  ...change,
});

/** A content of 100 bytes that came with its length. */
export const came = (change: Partial<BackendRequest> = {}): BackendRequest => ({
  ...{ connection: 1, method: "PUT", path: "/b/k", framing: "content-length", contentLength: 100 },
  ...{ fields: {}, signedFields: [], bodyBytes: 100, sha256: "aa", ended: "complete" },
  ...change,
});

/** A part that came as it should. */
export const framed = (change: Partial<Framed> = {}): Framed => ({
  ...{ what: "part", sizeBytes: 100, sha256: "aa", asked: asked(), came: [came()] },
  ...change,
});

/** Two parts of 24 MiB of which 1 MiB was held. */
export const memory = (change: Partial<Memory> = {}): Memory => ({
  parts: [attempt(), attempt()],
  partBytes: 24 << 20,
  before: { peakBufferedBytes: 1_000 },
  after: { peakBufferedBytes: 1 << 20 },
  ...{ upstreams: 2, figuresFailure: null },
  ...change,
});

/** A stream in chunks that came byte for byte. */
export const chunked = (change: Partial<Chunked> = {}): Chunked => ({
  what: "the stream",
  asked: attempt(),
  wire: { bytes: 100, sha256: "aa", isChunked: false },
  came: [came({ fields: { "content-encoding": "aws-chunked" } })],
  changed: null,
  ...change,
});

/** A right CRC32 that came, signed. */
export const checksummed = (change: Partial<Checksummed> = {}): Checksummed => ({
  ...{ algorithm: "CRC32", field: "x-amz-checksum-crc32", sent: "abc=", isRight: true },
  asked: attempt(),
  came: [
    came({
      fields: { "x-amz-checksum-crc32": "abc=" },
      signedFields: ["x-amz-checksum-crc32"],
    }),
  ],
  ...change,
});

/** A part whose request to the backend was cut. */
export const left = (change: Partial<Left> = {}): Left => ({
  ...{ what: "the part", answered: null, came: [came({ ended: "cut", sha256: null })] },
  ...{ listed: false, heldBytes: 0, upstreams: 0, isElsewhere: false },
  ...change,
});

/** A part that was refused by its length. */
export const oversized = (change: Partial<Oversized> = {}): Oversized => ({
  what: "a large part",
  asked: asked({ status: 400, why: "EntityTooLarge" }),
  came: [],
  ...change,
});

/** An S3 error of the gateway's. */
export const error503: Asked = asked({ status: 503, why: "ServiceUnavailable", etag: null });

/** Down, and back. */
export const recovery = (change: Partial<Recovery> = {}): Recovery => ({
  phases: [
    { when: "while it was down", expected: "error", asked: [error503, error503] },
    { when: "when it was back", expected: "success", asked: [asked()] },
  ],
  changed: [],
  unread: [],
  ...{ advice: "restart it", patience: "--sts-timeout" },
  ...change,
});
