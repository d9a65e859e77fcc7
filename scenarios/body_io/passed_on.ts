// What is to come to the backend as the client sent it: chunks of S3's own, and checksums.

import type { BackendRequest } from "../../lab/backend_log.ts";
import { type Metrics, value } from "../../lab/metrics.ts";
import type { AwsChunkedWire } from "../../probes/s3/aws_chunked_body.ts";
import type { SdkAttempt } from "../../probes/s3/sdk_attempts.ts";
import { isGood, sayEnd } from "./attempts.ts";
import {
  type Check,
  CHECK_LOG,
  inconclusiveUnseen,
  judgeChecks,
  unclear,
  unseen,
  well,
  wrong,
} from "./checks.ts";
import { inconclusive, type Judgement } from "../../lab/verdict.ts";

/** A content in chunks of S3's own. */
export interface Chunked {
  /** What sent it, in words. */
  what: string;
  /** What the client saw. */
  asked: SdkAttempt;
  /** What it sent; null where it did not come to that. */
  wire: AwsChunkedWire | null;
  /** What came to the backend for it; null where that is not known. */
  came: readonly BackendRequest[] | null;
  /** What was read back and is not what was written, in words; null where all is well. */
  changed: string | null;
}

/** Judges contents in chunks: at the backend they are to be what they were on the client's wire. */
export function judgeChunked(all: readonly Chunked[]): Judgement {
  return judgeChecks(all.map(checkChunked));
}

function checkChunked({ what, asked, wire, came, changed }: Chunked): Check {
  if (wire === null) return unclear(`${what} was not sent (${sayEnd(asked)})`);
  if (came === null) {
    if (changed !== null) return wrong(`${what}: ${changed}`);
    if (!isGood(asked)) return unclear(`${what} was refused (${sayEnd(asked)})`);
    return unseen(`${what} reads back as it was sent`);
  }
  const [first] = came;
  if (first === undefined) {
    const next = isGood(asked) ? `: ${CHECK_LOG}` : "";
    return unclear(`${what} was not seen at the backend (${sayEnd(asked)})${next}`);
  }
  if (!/aws-chunked/i.test(first.fields["content-encoding"] ?? "")) {
    return wrong(`${what} came to the backend without its chunks (${sayEnd(asked)})`);
  }
  if (first.framing === "chunked" && !wire.isChunked) {
    return wrong(`${what} lost its Content-Length on the way to the backend (${sayEnd(asked)})`);
  }
  if (first.framing !== "chunked" && first.contentLength !== wire.bytes) {
    const came = first.contentLength ?? "no";
    return wrong(`${what} came with ${came} bytes to the backend, expected ${wire.bytes}`);
  }
  if (first.ended === "complete" && first.sha256 !== null && first.sha256 !== wire.sha256) {
    return wrong(`${what} came to the backend with other bytes than it was sent with`);
  }
  if (!isGood(asked) || first.ended !== "complete" || first.sha256 === null) {
    return unclear(`${what} was refused (${sayEnd(asked)})`);
  }
  if (changed !== null) return wrong(`${what}: ${changed}`);
  return well(`${what} came to the backend byte for byte (${wire.bytes} bytes)`);
}

/** A content with a checksum in a header field. */
export interface Checksummed {
  /** The algorithm by S3's name. */
  algorithm: string;
  /** The header field, in lower case. */
  field: string;
  /** What it said. */
  sent: string;
  /** Whether that is the content's. */
  isRight: boolean;
  /** What the client saw. */
  asked: SdkAttempt;
  /** What came to the backend for it; null where that is not known. */
  came: readonly BackendRequest[] | null;
}

/** Judges checksums: they are to come to the backend, signed, and wrong ones to be refused. */
export function judgeChecksums(all: readonly Checksummed[]): Judgement {
  const judgement = judgeChecks(all.map(checkChecksum));
  const names = [...new Set(all.map(({ algorithm }) => algorithm))].join(", ");
  if (judgement.unmet !== undefined) {
    return inconclusiveUnseen(`${names}: each was accepted, and each wrong one refused`);
  }
  if (judgement.verdict === "inconclusive" && all.every(({ came }) => came?.length === 0)) {
    const [some] = all.filter(({ isRight, asked }) => isRight && isGood(asked));
    if (some) return inconclusive(`none of the parts was seen at the backend: ${CHECK_LOG}`);
  }
  if (judgement.verdict !== "pass") return judgement;
  return {
    ...judgement,
    reason: `${names}: each came to the backend, and each wrong one was refused`,
  };
}

function checkChecksum(one: Checksummed): Check {
  const { algorithm, field, sent, isRight, asked, came } = one;
  const first = came?.[0];
  const what = `${isRight ? "a" : "a wrong"} ${algorithm}`;
  if (first !== undefined && first.fields[field] !== sent) {
    return wrong(`${what} did not come to the backend as it was sent (${sayEnd(asked)})`);
  }
  // Content-MD5 is checked whether or not it is signed; what S3 takes for its own must be.
  if (first !== undefined && field.startsWith("x-amz-") && !first.signedFields.includes(field)) {
    return wrong(`${what} came to the backend unsigned (${sayEnd(asked)})`);
  }
  if (!isRight) {
    if (isGood(asked)) return wrong(`${what} was accepted`);
    const refused = asked.end === "answered" && (asked.status ?? 500) < 500;
    if (!refused) return unclear(`${what} was not refused: ${sayEnd(asked)}`);
    return came === null ? unseen(`${what} was refused`) : well(`${what} was refused`);
  }
  if (!isGood(asked)) return unclear(`${what} was refused (${sayEnd(asked)})`);
  if (came === null) return unseen(`${what} was accepted`);
  if (first === undefined) return unclear(`${what} was not seen at the backend`);
  return well(`${what} was accepted`);
}

/** The numbers of what was seen. */
export function passedOnMetrics(
  all: readonly { asked: SdkAttempt; came: readonly BackendRequest[] | null }[],
): Metrics {
  const isKnown = all.some(({ came }) => came !== null);
  return {
    sent: value(all.length, "count"),
    stored: value(all.filter(({ asked }) => isGood(asked)).length, "count"),
    ...(isKnown && {
      seenAtBackend: value(
        all.filter(({ came }) => came !== null && came.length > 0).length,
        "count",
      ),
    }),
  };
}
