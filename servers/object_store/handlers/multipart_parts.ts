// UploadPart, and what every part goes through on its way into the store.

import { invalidArgument, invalidRequest } from "../../s3/errors.ts";
import type { Payload } from "../../s3/payload.ts";
import type { Call, Handler, StoreContext } from "../call.ts";
import type { PartRecord, UploadRecord } from "../storage.ts";
import { checkSentLength } from "./content_length.ts";
import { withChecksum } from "./multipart_payload.ts";
import { requireUpload } from "./multipart_upload.ts";
import { receive } from "./objects_put.ts";

/** The most parts of an object. Source: S3 User Guide, "Amazon S3 multipart upload limits". */
export const MAX_PARTS = 10_000;

/**
 * Answers an UploadPart. A part takes the place of an earlier one that has its number.
 *
 * @throws {S3Error} `NoSuchBucket` or `NoSuchUpload` (404), `InvalidArgument` (400) for its number,
 *   `EntityTooLarge` (400) above 5 GiB, `NotImplemented` (501) or `MissingContentLength` (411) where its
 *   length is not said, `InvalidRequest` (400) for a checksum other than the upload's,
 *   and whatever the content turns out to be.
 */
export const uploadPart: Handler = async (call, context) => {
  const number = partNumber(call.query);
  await checkSentLength(call, context);
  const upload = requireUpload(call, context);
  const { checksum, etag } = await storePart(call, context, upload, number, call.payload);
  const headers = new Headers({ etag: `"${etag}"` });
  if (checksum) headers.set(`x-amz-checksum-${checksum.algorithm}`, checksum.value);
  return new Response(null, { headers });
};

/** Receives the content of a part and stores it. Errors as those of `UploadPart`. */
export async function storePart(
  call: Call,
  context: StoreContext,
  upload: UploadRecord,
  number: number,
  payload: Payload,
): Promise<PartRecord> {
  const wanted = upload.checksum?.algorithm;
  const checked = wanted === undefined || claimsChecksum(call.headers)
    ? payload
    : withChecksum(payload, wanted);
  return await receive(checked, context, async (received) => {
    const actual = received.checksum?.algorithm;
    if (wanted !== undefined && actual !== wanted) {
      throw invalidRequest(
        `Checksum Type mismatch occurred, expected checksum Type: ${wanted}, actual checksum Type: ${
          actual ?? "null"
        }`,
      );
    }
    // The store refuses it when the upload has ended meanwhile.
    const part: PartRecord = { ...received, number, lastModifiedMs: context.clock.now() };
    await context.storage.putPart(call.bucket, upload.id, part);
    return part;
  });
}

/** Whether the client sends a checksum, in a header or a trailer. */
function claimsChecksum(headers: Headers): boolean {
  return /x-amz-checksum-/i.test(headers.get("x-amz-trailer") ?? "") ||
    [...headers.keys()].some((name) => /^x-amz-checksum-(?:crc|sha)/.test(name));
}

/**
 * The number of the part that a call is about.
 *
 * @throws {S3Error} `InvalidArgument` (400).
 */
export function partNumber(query: URLSearchParams): number {
  const text = query.get("partNumber") ?? "";
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MAX_PARTS) return number;
  throw invalidArgument(
    `Expected a part number from 1 to ${MAX_PARTS}`,
    "partNumber",
    text,
  );
}
