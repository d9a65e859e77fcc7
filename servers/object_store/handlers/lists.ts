// ListObjectsV2, and ListObjects, which rclone and s3cmd still use.

import { xmlResponse, type XmlValue } from "../../s3/xml.ts";
import type { Call, Handler, StoreContext } from "../call.ts";
import type { ObjectRecord } from "../storage.ts";
import { decodeToken, encodeToken } from "./continuation_token.ts";
import { requireBucket } from "./objects_get.ts";
import { OWNER } from "./owner.ts";
import { entryName, listPage, type Page } from "./page.ts";
import { nameEncoder, pageSize } from "./parameters.ts";

/**
 * Answers a ListObjectsV2. A continuation token goes before `start-after`.
 *
 * @throws {S3Error} `NoSuchBucket` (404), `InvalidArgument` (400).
 */
export const listObjectsV2: Handler = (call, context) => {
  const { query } = call;
  const token = query.get("continuation-token");
  const startAfter = query.get("start-after") ?? "";
  const after = token === null ? startAfter : decodeToken(token);
  const { page, common, encode } = list(call, context, after, query.get("fetch-owner") === "true");
  return xmlResponse("ListBucketResult", {
    Name: call.bucket,
    Prefix: encode(query.get("prefix") ?? ""),
    StartAfter: startAfter === "" ? undefined : encode(startAfter),
    ContinuationToken: token ?? undefined,
    NextContinuationToken: page.next && encodeToken(entryName(page.next)),
    KeyCount: page.items.length + page.commonPrefixes.length,
    ...common,
  });
};

/**
 * Answers a ListObjects, version 1. `NextMarker` is there with a delimiter only, as in S3: without one
 * the last key is what to go on from.
 *
 * @throws {S3Error} `NoSuchBucket` (404), `InvalidArgument` (400).
 */
export const listObjects: Handler = (call, context) => {
  const { query } = call;
  const marker = query.get("marker") ?? "";
  const { page, common, encode } = list(call, context, marker, true);
  const next = (query.get("delimiter") ?? "") === "" ? undefined : page.next;
  return xmlResponse("ListBucketResult", {
    Name: call.bucket,
    Prefix: encode(query.get("prefix") ?? ""),
    Marker: encode(marker),
    NextMarker: next && encode(entryName(next)),
    ...common,
  });
};

/** What both versions have in common: the page, and the elements that say what is on it. */
function list(
  call: Call,
  { storage }: StoreContext,
  after: string,
  withOwner: boolean,
): {
  page: Page<ObjectRecord>;
  common: Record<string, XmlValue>;
  encode: (name: string) => string;
} {
  const { query, bucket } = call;
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const max = pageSize(query, "max-keys");
  const encode = nameEncoder(query);
  requireBucket({ storage }, bucket);
  const page = listPage((from) => storage.objects(bucket, from), {
    prefix,
    delimiter,
    after: after === "" ? undefined : after,
    max,
  });
  const common = {
    MaxKeys: max,
    Delimiter: delimiter === "" ? undefined : encode(delimiter),
    EncodingType: query.get("encoding-type") ?? undefined,
    IsTruncated: page.next !== undefined,
    Contents: page.items.map(({ name, value }) => contents(encode(name), value, withOwner)),
    CommonPrefixes: page.commonPrefixes.map((one) => ({ Prefix: encode(one) })),
  };
  return { page, common, encode };
}

function contents(key: string, object: ObjectRecord, withOwner: boolean): XmlValue {
  return {
    Key: key,
    LastModified: new Date(object.lastModifiedMs).toISOString(),
    ETag: `"${object.etag}"`,
    ChecksumAlgorithm: object.checksum?.algorithm.toUpperCase(),
    ChecksumType: object.checksum?.type,
    Size: object.sizeBytes,
    Owner: withOwner ? OWNER : undefined,
    StorageClass: "STANDARD",
  };
}
