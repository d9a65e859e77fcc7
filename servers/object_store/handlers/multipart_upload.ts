// Beginning and giving up an upload in parts: CreateMultipartUpload and AbortMultipartUpload.

import { invalidRequest, noSuchUpload } from "../../s3/errors.ts";
import { xmlResponse } from "../../s3/xml.ts";
import type { Call, Handler, StoreContext } from "../call.ts";
import type { UploadRecord } from "../storage.ts";
import { requireBucket } from "./objects_get.ts";
import { objectHeaders, requestedChecksum } from "./objects_headers.ts";

/** Digits to base 36 that hold a time in milliseconds for the next thousand years. */
const TIME_DIGITS = 9;

/**
 * Answers a CreateMultipartUpload.
 *
 * @throws {S3Error} `NoSuchBucket` (404), `InvalidRequest` (400) for a checksum that S3 does not have.
 */
export const createMultipartUpload: Handler = async (call, context) => {
  const { bucket, key } = call;
  requireBucket(context, bucket);
  const initiatedMs = context.clock.now();
  const checksum = checksumOf(call.headers);
  const upload: UploadRecord = {
    id: uploadId(initiatedMs),
    key,
    initiatedMs,
    headers: objectHeaders(call.headers),
    ...(checksum && { checksum }),
  };
  await context.storage.createUpload(bucket, upload);
  return xmlResponse("InitiateMultipartUploadResult", {
    Bucket: bucket,
    Key: key,
    UploadId: upload.id,
  }, {
    headers: checksum === undefined ? {} : {
      "x-amz-checksum-algorithm": checksum.algorithm.toUpperCase(),
      "x-amz-checksum-type": checksum.type,
    },
  });
};

/**
 * Answers an AbortMultipartUpload.
 *
 * @throws {S3Error} `NoSuchBucket` or `NoSuchUpload` (404).
 */
export const abortMultipartUpload: Handler = async (call, context) => {
  const upload = requireUpload(call, context);
  await context.storage.endUpload(call.bucket, upload.id);
  return new Response(null, { status: 204 });
};

/**
 * The upload that a call is about.
 *
 * @throws {S3Error} `NoSuchBucket`, or `NoSuchUpload` (404), also when it is one of another key.
 */
export function requireUpload(
  { bucket, key, query }: Pick<Call, "bucket" | "key" | "query">,
  context: Pick<StoreContext, "storage">,
): UploadRecord {
  requireBucket(context, bucket);
  const id = query.get("uploadId") ?? "";
  const upload = context.storage.upload(bucket, id);
  if (upload === undefined || upload.key !== key) throw noSuchUpload(id);
  return upload;
}

/** Ids of one key are ordered as their beginnings are: a list that goes on behind one needs no more. */
function uploadId(nowMs: number): string {
  const time = Math.floor(nowMs).toString(36).padStart(TIME_DIGITS, "0");
  return time + crypto.randomUUID().replaceAll("-", "");
}

/**
 * The checksum that an upload asks for. Which algorithms can be of which type, and the type of one that
 * names none: S3 User Guide, "Checking object integrity for data uploads".
 */
function checksumOf(headers: Headers): UploadRecord["checksum"] {
  const algorithm = requestedChecksum(headers);
  const type = headers.get("x-amz-checksum-type")?.toUpperCase();
  if (algorithm === undefined) {
    if (type === undefined) return undefined;
    throw invalidRequest(
      "A checksum type needs x-amz-checksum-algorithm beside it.",
    );
  }
  const possible = algorithm === "crc64nvme"
    ? ["FULL_OBJECT"] as const
    : algorithm.startsWith("crc")
    ? ["COMPOSITE", "FULL_OBJECT"] as const
    : ["COMPOSITE"] as const;
  const chosen = possible.find((one) => type === undefined || one === type);
  if (chosen !== undefined) return { algorithm, type: chosen };
  throw invalidRequest(
    `There is no ${type} checksum of the kind ${algorithm}.`,
  );
}
