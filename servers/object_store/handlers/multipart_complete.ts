// CompleteMultipartUpload: parts become one object, in one step.

import { compositeChecksum, fullObjectChecksum } from "../../s3/combine_checksums.ts";
import { S3Error } from "../../s3/error.ts";
import { invalidArgument, invalidRequest } from "../../s3/errors.ts";
import { xmlResponse } from "../../s3/xml.ts";
import type { Call, Handler } from "../call.ts";
import type { Checksum, ObjectRecord, PartRecord, UploadRecord } from "../storage.ts";
import { type ListedPart, parseCompletion } from "./multipart_completion.ts";
import { completedBefore, etagOfParts, remember } from "./multipart_repeated.ts";
import { requireUpload } from "./multipart_upload.ts";
import { checkWrite, inTurn } from "./objects_commit.ts";
import { requireBucket } from "./objects_get.ts";

/** The least that a part has which is not the last, in bytes. */
const MIN_PART_BYTES = 5 << 20;
/** The most that an object has, in bytes. Source of both: S3 User Guide, "multipart upload limits". */
const MAX_OBJECT_BYTES = 5 * 2 ** 40;
/** Room for 10,000 parts with a checksum each, in bytes. */
const MAX_REQUEST_BYTES = 4 << 20;

/**
 * Answers a CompleteMultipartUpload. Parts that it does not list are dropped. The same request once more
 * gets the same answer, and changes nothing.
 *
 * @throws {S3Error} `NoSuchBucket` or `NoSuchUpload` (404), `MalformedXML`, `InvalidPartOrder`,
 *   `InvalidPart`, `EntityTooSmall`, `EntityTooLarge`, `InvalidRequest` or `BadDigest` (400), and what
 *   If-Match and If-None-Match come to.
 */
export const completeMultipartUpload: Handler = async (call, context) => {
  const { bucket, key } = call;
  const { storage } = context;
  if (completedBefore(call, storage) === undefined) requireUpload(call, context);
  const listed = parseCompletion(await call.payload.text(MAX_REQUEST_BYTES));
  const object = await inTurn(storage, bucket, key, async () => {
    requireBucket(context, bucket);
    const before = completedBefore(call, storage);
    if (before !== undefined && before.etag === etagOfParts(listed)) return before;
    checkWrite(call, context);
    const upload = requireUpload(call, context);
    const chosen = () => chosenParts(listed, storage.parts(bucket, upload.id), upload);
    const checksum = await objectChecksum(call.headers, upload, chosen());
    // A part may have been uploaded again meanwhile; the entity tags say that its bytes are the same.
    const made = assemble(call.headers, upload, chosen(), checksum, context.clock.now());
    await storage.endUpload(bucket, upload.id, made);
    remember(call, storage, made);
    return made;
  });
  const { checksum, etag } = object;
  return xmlResponse("CompleteMultipartUploadResult", {
    Location: locationOf(call),
    Bucket: bucket,
    Key: key,
    ETag: `"${etag}"`,
    ...(checksum && {
      [`Checksum${checksum.algorithm.toUpperCase()}`]: checksum.value,
      ChecksumType: checksum.type,
    }),
  });
};

/** The parts that the client lists, if they are there as it says and long enough. */
function chosenParts(
  listed: readonly ListedPart[],
  present: readonly PartRecord[],
  upload: UploadRecord,
): PartRecord[] {
  const byNumber = new Map(present.map((part) => [part.number, part]));
  const parts = listed.map((one) => {
    const part = byNumber.get(one.number);
    if (part === undefined || part.etag !== one.etag || !checksumAgrees(one, part, upload)) {
      throw new S3Error(
        "InvalidPart",
        400,
        "A part was not uploaded, or has another entity tag.",
        { UploadId: upload.id, PartNumber: String(one.number), ETag: one.etag },
      );
    }
    return part;
  });
  for (const { number, sizeBytes, etag } of parts.slice(0, -1)) {
    if (sizeBytes >= MIN_PART_BYTES) continue;
    const message = "A part other than the last is too small.";
    throw new S3Error("EntityTooSmall", 400, message, {
      ProposedSize: String(sizeBytes),
      MinSizeAllowed: String(MIN_PART_BYTES),
      PartNumber: String(number),
      ETag: etag,
    });
  }
  return parts;
}

/** Of a composite checksum S3 wants each part's named again. */
function checksumAgrees(listed: ListedPart, part: PartRecord, upload: UploadRecord): boolean {
  const wanted = upload.checksum;
  if (wanted?.type === "COMPOSITE" && !listed.checksums.has(wanted.algorithm)) {
    throw invalidRequest(
      `The upload has ${wanted.algorithm} checksums: expected that of part ${listed.number} too.`,
    );
  }
  return [...listed.checksums].every(([algorithm, value]) =>
    part.checksum === undefined || part.checksum.algorithm !== algorithm ||
    part.checksum.value === value
  );
}

async function objectChecksum(
  headers: Headers,
  { checksum: wanted }: UploadRecord,
  parts: readonly PartRecord[],
): Promise<Checksum | undefined> {
  const type = headers.get("x-amz-checksum-type")?.toUpperCase();
  if (type !== undefined && type !== (wanted?.type ?? "FULL_OBJECT")) {
    throw invalidRequest(
      `The checksum type is ${type}, expected ${wanted?.type ?? "none"} as the upload began with.`,
    );
  }
  if (wanted === undefined) return undefined;
  const { algorithm } = wanted;
  const checked = parts.map(({ checksum, sizeBytes }) => ({
    value: checksum?.value ?? "",
    sizeBytes,
  }));
  const value = wanted.type === "COMPOSITE"
    ? await compositeChecksum(algorithm, checked)
    : fullObjectChecksum(algorithm, checked);
  const claimed = headers.get(`x-amz-checksum-${algorithm}`);
  // Of a composite one some clients leave out the number of parts.
  if (claimed !== null && claimed !== value && claimed !== value.replace(/-\d+$/, "")) {
    const message = `The content has another ${algorithm} than was announced.`;
    throw new S3Error("BadDigest", 400, message);
  }
  return { algorithm, value, type: wanted.type };
}

function assemble(
  headers: Headers,
  upload: UploadRecord,
  parts: readonly PartRecord[],
  checksum: Checksum | undefined,
  nowMs: number,
): ObjectRecord {
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (sizeBytes > MAX_OBJECT_BYTES) {
    const message = "The object would be larger than an object may be.";
    throw new S3Error("EntityTooLarge", 400, message, {
      ProposedSize: String(sizeBytes),
      MaxSizeAllowed: String(MAX_OBJECT_BYTES),
    });
  }
  const expected = headers.get("x-amz-mp-object-size");
  if (expected !== null && expected !== String(sizeBytes)) {
    throw invalidArgument(
      `The object has ${sizeBytes} bytes, which is not what the request says`,
      "x-amz-mp-object-size",
      expected,
    );
  }
  return {
    segments: parts.flatMap(({ segments }) => segments),
    sizeBytes,
    etag: etagOfParts(parts),
    lastModifiedMs: nowMs,
    headers: upload.headers,
    partSizes: parts.map((part) => part.sizeBytes),
    ...(checksum && { checksum }),
  };
}

function locationOf({ headers, bucket, key }: Call): string {
  const host = headers.get("host") ?? "localhost";
  const path = encodeURIComponent(key).replaceAll("%2F", "/");
  const isVirtual = host.toLowerCase().startsWith(`${bucket}.`);
  return `http://${host}/${isVirtual ? "" : `${bucket}/`}${path}`;
}
