// UploadPartCopy: an object or a range of it becomes a part, without its bytes where they can be shared.

import { invalidArgument } from "../../s3/errors.ts";
import type { Digest } from "../../s3/payload.ts";
import { xmlResponse } from "../../s3/xml.ts";
import type { Call, Handler, StoreContext } from "../call.ts";
import { slicesOf } from "../slices.ts";
import type { ObjectRecord, PartRecord, Segment, UploadRecord } from "../storage.ts";
import { partNumber, storePart } from "./multipart_parts.ts";
import { digestThrough, storedPayload, withChecksum } from "./multipart_payload.ts";
import { requireUpload } from "./multipart_upload.ts";
import { copySource } from "./objects_copy_source.ts";
import { checkLength } from "./content_length.ts";

const RANGE_FIELD = "x-amz-copy-source-range";

/** What is to be copied of which object. */
interface Source {
  object: ObjectRecord;
  start: number;
  end: number;
}

/**
 * Answers an UploadPartCopy of an object or a range of it. A range that begins and ends where segments
 * do, as all of an object does, shares their bytes; a segment cannot be a piece of a blob, so that any
 * other range is copied.
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
  const pin = context.storage.read(object.segments, start, end)[Symbol.asyncIterator]();
  let part: PartRecord;
  try {
    part = await copied(call, context, upload, number, { object, start, end });
  } finally {
    await pin.return?.();
  }
  const name = part.checksum && `Checksum${part.checksum.algorithm.toUpperCase()}`;
  return xmlResponse("CopyPartResult", {
    LastModified: new Date(part.lastModifiedMs).toISOString(),
    ETag: `"${part.etag}"`,
    ...(name && { [name]: part.checksum?.value }),
  });
};

async function copied(
  call: Call,
  context: StoreContext,
  upload: UploadRecord,
  number: number,
  source: Source,
): Promise<PartRecord> {
  const { storage, clock } = context;
  const { object, start, end } = source;
  const read = () => storedPayload(storage.read(object.segments, start, end, LENT), end - start);
  const segments = wholeSegments(object.segments, start, end);
  if (segments === undefined) return await storePart(call, context, upload, number, read());
  const wanted = upload.checksum?.algorithm;
  const { sizeBytes, md5, checksum } = knownDigest(source, wanted) ??
    await digestThrough(wanted === undefined ? read() : withChecksum(read(), wanted));
  const part: PartRecord = {
    number,
    segments,
    sizeBytes,
    etag: md5,
    lastModifiedMs: clock.now(),
    ...(checksum && { checksum: { ...checksum, type: "FULL_OBJECT" } }),
  };
  await storage.putPart(call.bucket, upload.id, part);
  return part;
}

const LENT = { lent: true };

/** The segments that these bytes are, where none of them is cut; undefined where one is. */
function wholeSegments(
  segments: readonly Segment[],
  start: number,
  end: number,
): Segment[] | undefined {
  const slices = slicesOf(segments, start, end);
  const areWhole = slices.every((one) => one.end - one.start === one.segment.sizeBytes);
  return areWhole ? slices.map(({ segment }) => segment) : undefined;
}

/** What the record of an object says of its content, where all of it is copied and that is enough. */
function knownDigest(
  { object, start, end }: Source,
  wanted: NonNullable<UploadRecord["checksum"]>["algorithm"] | undefined,
): Digest | undefined {
  const { sizeBytes, etag: md5, checksum, partSizes } = object;
  if (end - start !== sizeBytes || partSizes !== undefined) return undefined;
  if (wanted === undefined) return { sizeBytes, md5 };
  if (checksum?.type !== "FULL_OBJECT" || checksum.algorithm !== wanted) return undefined;
  return { sizeBytes, md5, checksum: { algorithm: wanted, value: checksum.value } };
}

/** Unlike a Range, this one must have both ends, and both within the source. */
function copyRange(text: string | null, sizeBytes: number): { start: number; end: number } {
  if (text === null) return { start: 0, end: sizeBytes };
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  const start = Number(first ?? NaN);
  const end = Number(last ?? NaN) + 1;
  if (!(start < end)) {
    throw invalidArgument(
      "Expected bytes=FIRST-LAST, counted from 0",
      RANGE_FIELD,
      text,
    );
  }
  if (end <= sizeBytes) return { start, end };
  throw invalidArgument(
    `The source has ${sizeBytes} bytes, and not the range that was asked for.`,
    RANGE_FIELD,
    text,
  );
}
