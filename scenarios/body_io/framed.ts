// How one plain content came to the backend: what is seen of it, and its judge.

import type { BackendRequest } from "../../lab/backend_log.ts";
import { formatDuration } from "../../lab/duration.ts";
import { type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import { isGood, sayEnd, tookMs } from "./attempts.ts";
import { CHECK_LOG } from "./checks.ts";
import type { Asked } from "./raw.ts";

/** What was seen of one content. */
export interface Framed {
  /** What it was: `part`, `object`. */
  what: string;
  /** Its length in bytes. */
  sizeBytes: number;
  /** Its hash, in lower-case hex. */
  sha256: string;
  /** What the client saw. */
  asked: Asked;
  /** What came to the backend for it; more than one where the target tries again. */
  came: readonly BackendRequest[];
}

/**
 * Judges by what came to the backend, whatever the client was answered: a content without the exact
 * Content-Length is a `fail`.
 */
export function judgeFramed({ what, sizeBytes, sha256, asked, came }: Framed): Judgement {
  const answer = `the client's answer was ${sayEnd(asked)}`;
  if (came.length === 0) {
    return inconclusive(
      `the ${what} was not seen at the backend, and ${answer}: ${
        isGood(asked) ? CHECK_LOG : "check the key, --bucket, and what the target is set up for"
      }`,
    );
  }
  const bad = came.find((one) => !isExact(one, sizeBytes));
  if (bad !== undefined) {
    return fail(
      `the ${what} of ${sizeBytes} bytes came to the backend ${
        sayFraming(bad)
      }; ${answer}, after ` +
        formatDuration(tookMs(asked)),
    );
  }
  // One that was cut off before another attempt has not all of its bytes.
  const changed = came.find((one) =>
    one.ended === "complete" && isPlain(one) && one.sha256 !== null && one.sha256 !== sha256
  );
  if (changed !== undefined) {
    return fail(`the ${what} came to the backend with other bytes than it was sent with`);
  }
  if (!isGood(asked) || came.every(({ ended }) => ended !== "complete")) {
    return inconclusive(
      `the ${what} came to the backend with its Content-Length, but ${answer}: look at the ` +
        "target's log, and the backend's",
    );
  }
  return pass(
    `the ${what} of ${sizeBytes} bytes came to the backend with its Content-Length, unchunked, and ` +
      `was answered with ${sayEnd(asked)} after ${formatDuration(tookMs(asked))}`,
  );
}

const isPlain = ({ fields }: BackendRequest) =>
  !/aws-chunked/i.test(fields["content-encoding"] ?? "");

/** Framing of S3's own has the length of the content in a field of its own. */
function isExact(request: BackendRequest, sizeBytes: number): boolean {
  if (request.framing !== "content-length") return false;
  if (isPlain(request)) return request.contentLength === sizeBytes;
  return request.fields["x-amz-decoded-content-length"] === String(sizeBytes);
}

function sayFraming({ framing, contentLength }: BackendRequest): string {
  switch (framing) {
    case "content-length":
      return `with a Content-Length of ${contentLength ?? 0}`;
    case "chunked":
      return "chunked, without a Content-Length";
    case "none":
      return "without a length";
    case "both":
      return "with both Content-Length and Transfer-Encoding";
    case "invalid":
      return "with a length that nobody can read";
  }
}

/** The numbers of what was seen. */
export function framedMetrics({ asked, came, sizeBytes }: Framed): Metrics {
  return {
    answerMs: value(tookMs(asked), "ms"),
    backendRequests: value(came.length, "count"),
    wronglyFramed: value(came.filter((one) => !isExact(one, sizeBytes)).length, "count"),
  };
}
