// The parts of an upload: UploadPart and UploadPartCopy.

import { invalidArgument, invalidRequest } from "../../s3/errors.ts";
import type { Payload } from "../../s3/payload.ts";
import { xmlResponse } from "../../s3/xml.ts";
import type { Call, Handler, StoreContext } from "../call.ts";
import type { PartRecord, UploadRecord } from "../storage.ts";
import { storedPayload, withChecksum } from "./multipart_payload.ts";
import { requireUpload } from "./multipart_upload.ts";
import { copySource } from "./objects_copy_source.ts";
import { checkLength, receive } from "./objects_put.ts";

/** The most parts of an object. Source: S3 User Guide, "Amazon S3 multipart upload limits". */
export const MAX_PARTS = 10_000;

const RANGE_FIELD = "x-amz-copy-source-range";

/**
 * Answers an UploadPart. A part takes the place of an earlier one that has its number.
 *
 * @throws {S3Error} `NoSuchBucket` or `NoSuchUpload` (404), `InvalidArgument` (400) for its number,
 *   `EntityTooLarge` (400) above 5 GiB, `InvalidRequest` (400) for a checksum other than the upload's,
 *   and whatever the content turns out to be.
 */
export const uploadPart: Handler = async (call, context) => {
  const number = partNumber(call.query);
  checkLength(call.payload);
  const upload = requireUpload(call, context);
  const { checksum, etag } = await store(call, context, upload, number, call.payload);
  const headers = new Headers({ etag: `"${etag}"` });
  if (checksum) headers.set(`x-amz-checksum-${checksum.algorithm}`, checksum.value);
  return new Response(null, { headers });
};

/**
 * Answers an UploadPartCopy of an object or a range of it.
 *
 * @throws {S3Error} What `UploadPart` and the source of a `CopyObject` do, and `InvalidArgument` (400)
 *   for a range that is none or reaches beyond the source.
 */
export const uploadPartCopy: Handler = async (call, context) => {
  const number = partNumber(call.query);
  const upload = requireUpload(call, context);
  const { object } = copySource(call, context);
  const { start, end } = copyRange(call.headers.get(RANGE_FIELD), object.sizeBytes);
  checkLength({ lengthBytes: end - start });
  // Open from here on, so that the bytes stay whatever becomes of the source meanwhile.
  const reading = context.storage.read(object.segments, start, end)[Symbol.asyncIterator]();
  let part: PartRecord;
  try {
    const bytes = { [Symbol.asyncIterator]: () => reading };
    part = await store(call, context, upload, number, storedPayload(bytes, end - start));
  } finally {
    await reading.return?.();
  }
  const name = part.checksum && `Checksum${part.checksum.algorithm.toUpperCase()}`;
  return xmlResponse("CopyPartResult", {
    LastModified: new Date(part.lastModifiedMs).toISOString(),
    ETag: `"${part.etag}"`,
    ...(name && { [name]: part.checksum?.value }),
  });
};

async function store(
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

function partNumber(query: URLSearchParams): number {
  const text = query.get("partNumber") ?? "";
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MAX_PARTS) return number;
  throw invalidArgument(
    `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
    "partNumber",
    text,
  );
}

/** Unlike a Range, this one must have both ends, and both within the source. */
function copyRange(text: string | null, sizeBytes: number): { start: number; end: number } {
  if (text === null) return { start: 0, end: sizeBytes };
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  const start = Number(first ?? NaN);
  const end = Number(last ?? NaN) + 1;
  if (!(start < end)) {
    throw invalidArgument(
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last" +
        " are the zero-based offsets of the first and last bytes to copy",
      RANGE_FIELD,
      text,
    );
  }
  if (end <= sizeBytes) return { start, end };
  throw invalidArgument(
    `Range specified is not valid for source object of size: ${sizeBytes}`,
    RANGE_FIELD,
    text,
  );
}
