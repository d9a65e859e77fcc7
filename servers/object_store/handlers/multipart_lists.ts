// What is there of uploads in parts: ListParts and ListMultipartUploads.

import { xmlResponse, type XmlValue } from "../../s3/xml.ts";
import type { Handler } from "../call.ts";
import { compareUtf8 } from "../sorted_keys.ts";
import type { ListFrom, PartRecord, UploadRecord } from "../storage.ts";
import { requireUpload } from "./multipart_upload.ts";
import { requireBucket } from "./objects_get.ts";
import { OWNER } from "./owner.ts";
import { entryName, listPage } from "./page.ts";
import { nameEncoder, pageSize, wholeNumber } from "./parameters.ts";

/**
 * Answers a ListParts.
 *
 * @throws {S3Error} `NoSuchBucket` or `NoSuchUpload` (404), `InvalidArgument` (400).
 */
export const listParts: Handler = (call, context) => {
  const { query, bucket, key } = call;
  const max = pageSize(query, "max-parts");
  const marker = wholeNumber(query, "part-number-marker") ?? 0;
  const encode = nameEncoder(query);
  const upload = requireUpload(call, context);
  const rest = context.storage.parts(bucket, upload.id).filter(({ number }) => number > marker);
  const page = rest.slice(0, max);
  return xmlResponse("ListPartsResult", {
    Bucket: bucket,
    Key: encode(key),
    UploadId: upload.id,
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: "STANDARD",
    ChecksumAlgorithm: upload.checksum?.algorithm.toUpperCase(),
    ChecksumType: upload.checksum?.type,
    EncodingType: query.get("encoding-type") ?? undefined,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: max,
    IsTruncated: max > 0 && rest.length > page.length,
    Part: page.map(partElement),
  });
};

function partElement({ number, lastModifiedMs, etag, sizeBytes, checksum }: PartRecord): XmlValue {
  return {
    PartNumber: number,
    LastModified: new Date(lastModifiedMs).toISOString(),
    ETag: `"${etag}"`,
    Size: sizeBytes,
    ...(checksum && { [`Checksum${checksum.algorithm.toUpperCase()}`]: checksum.value }),
  };
}

/**
 * Answers a ListMultipartUploads: by key, and the uploads of one key as they were begun.
 *
 * @throws {S3Error} `NoSuchBucket` (404), `InvalidArgument` (400).
 */
export const listMultipartUploads: Handler = ({ query, bucket }, context) => {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const keyMarker = query.get("key-marker") ?? "";
  // S3 ignores it where there is no key-marker.
  const idMarker = keyMarker === "" ? "" : query.get("upload-id-marker") ?? "";
  const max = pageSize(query, "max-uploads");
  const encode = nameEncoder(query);
  requireBucket(context, bucket);
  const { items, commonPrefixes, next } = listPage(
    uploadSource(context.storage.uploads(bucket), idMarker),
    { prefix, delimiter, after: keyMarker === "" ? undefined : keyMarker, max },
  );
  return xmlResponse("ListMultipartUploadsResult", {
    Bucket: bucket,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: next && encode(entryName(next)),
    NextUploadIdMarker: next && ("value" in next ? next.value.id : ""),
    Prefix: encode(prefix),
    Delimiter: delimiter === "" ? undefined : encode(delimiter),
    EncodingType: query.get("encoding-type") ?? undefined,
    MaxUploads: max,
    IsTruncated: next !== undefined,
    Upload: items.map(({ name, value }) => uploadElement(encode(name), value)),
    CommonPrefixes: commonPrefixes.map((one) => ({ Prefix: encode(one) })),
  });
};

/** Gives uploads as a page takes them; of the key to go on after, those behind the id to go on after. */
function uploadSource(
  uploads: readonly UploadRecord[],
  idMarker: string,
): (from: ListFrom) => Iterable<readonly [string, UploadRecord]> {
  const sorted = uploads.map((upload) => [upload.key, upload] as const)
    .sort(([a, x], [b, y]) => compareUtf8(a, b) || compareUtf8(x.id, y.id));
  return ({ prefix = "", after, from = "" }) =>
    sorted.filter(([key, { id }]) => {
      if (!key.startsWith(prefix) || compareUtf8(key, from) < 0) return false;
      const order = after === undefined ? 1 : compareUtf8(key, after);
      return order > 0 || (order === 0 && idMarker !== "" && id > idMarker);
    });
}

function uploadElement(key: string, { id, initiatedMs, checksum }: UploadRecord): XmlValue {
  return {
    Key: key,
    UploadId: id,
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: "STANDARD",
    Initiated: new Date(initiatedMs).toISOString(),
    ChecksumAlgorithm: checksum?.algorithm.toUpperCase(),
    ChecksumType: checksum?.type,
  };
}
