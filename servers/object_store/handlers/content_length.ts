// How long a content is said to be, and what is answered where that is not said or cannot be.

import { S3Error } from "../../s3/error.ts";
import type { Payload } from "../../s3/payload.ts";
import type { Call, StoreContext } from "../call.ts";
import { digestThrough } from "./multipart_payload.ts";

/** The largest content of one request, in bytes. Source: S3 User Guide, "Uploading objects". */
export const MAX_CONTENT_BYTES = 5 * 2 ** 30;

/**
 * Lets a content pass whose length is known and allowed.
 *
 * @throws {S3Error} `MissingContentLength` (411) or `EntityTooLarge` (400).
 */
export function checkLength({ lengthBytes }: Pick<Payload, "lengthBytes">): void {
  if (lengthBytes === undefined) {
    const message = "The length of the content is not announced: expected Content-Length.";
    throw new S3Error("MissingContentLength", 411, message);
  }
  if (lengthBytes > MAX_CONTENT_BYTES) {
    const message = "The content is larger than one request may bring.";
    throw new S3Error("EntityTooLarge", 400, message, {
      ProposedSize: String(lengthBytes),
      MaxSizeAllowed: String(MAX_CONTENT_BYTES),
    });
  }
}

/**
 * Lets a content pass that came with a request, likewise. S3 does not take a content whose end only
 * `Transfer-Encoding: chunked` tells; with aws-chunked the length is in `x-amz-decoded-content-length`,
 * whatever is around that. Where such a content is not refused at once it is taken in to its end,
 * refused then, and nothing of it is kept.
 *
 * Source: what S3 answers, code, status and the element `Header` (aws-sdk-js-v3 pull request 3403,
 * knox issue 43); that it may come late is what the seed's reporter saw.
 *
 * @throws {S3Error} `NotImplemented` (501) for such a content and for codings other than `chunked`, and
 * those of {@linkcode checkLength}.
 */
export async function checkSentLength(
  { headers, payload }: Pick<Call, "headers" | "payload">,
  { onChunked }: Pick<StoreContext, "onChunked">,
): Promise<void> {
  const coding = headers.get("transfer-encoding")?.toLowerCase() ?? "chunked";
  const isOfUnknownLength = headers.has("transfer-encoding") && payload.lengthBytes === undefined;
  if (isOfUnknownLength && onChunked === "stall") await digestThrough(payload);
  if (isOfUnknownLength || coding !== "chunked") {
    throw new S3Error(
      "NotImplemented",
      501,
      "A content whose length is not announced is not implemented: send Content-Length.",
      { Header: "Transfer-Encoding" },
    );
  }
  checkLength(payload);
}
