// ListBuckets, CreateBucket, HeadBucket, DeleteBucket and GetBucketLocation.

import { S3Error } from "../../s3/error.ts";
import { bucketAlreadyOwned, bucketNotEmpty, invalidArgument } from "../../s3/errors.ts";
import { childText, parseXml, xmlResponse } from "../../s3/xml.ts";
import type { Handler } from "../call.ts";
import { decodeToken, encodeToken } from "./continuation_token.ts";
import { requireBucket } from "./objects_get.ts";
import { OWNER } from "./owner.ts";
import { listPage } from "./page.ts";
import { wholeNumber } from "./parameters.ts";

/** The region whose buckets may be made again, and whose location is written as none. */
const CLASSIC_REGION = "us-east-1";
/** The most buckets in one answer. Source: S3 API Reference, ListBuckets, `max-buckets`. */
const MAX_BUCKETS = 10_000;
/** The one document of CreateBucket has a few elements. */
const MAX_CONFIGURATION_BYTES = 64 << 10;

/**
 * Answers a ListBuckets.
 *
 * @throws {S3Error} `InvalidArgument` (400).
 */
export const listBuckets: Handler = ({ query, region }, { storage }) => {
  const token = query.get("continuation-token");
  const prefix = query.get("prefix") ?? "";
  const max = wholeNumber(query, "max-buckets") ?? MAX_BUCKETS;
  if (max < 1 || max > MAX_BUCKETS) {
    const message = `Expected max-buckets from 1 to ${MAX_BUCKETS}`;
    throw invalidArgument(message, "max-buckets", String(max));
  }
  const after = token === null ? "" : decodeToken(token);
  // Names are ASCII: their order is the same in UTF-16.
  const { items, next } = listPage(
    () =>
      storage.buckets().filter(({ name }) => name.startsWith(prefix) && name > after)
        .map((bucket) => [bucket.name, bucket] as const),
    { prefix, delimiter: "", after: undefined, max },
  );
  const paged = query.has("max-buckets") || token !== null || prefix !== "";
  return xmlResponse("ListAllMyBucketsResult", {
    Owner: OWNER,
    Buckets: {
      Bucket: items.map(({ name, value }) => ({
        Name: name,
        CreationDate: new Date(value.createdMs).toISOString(),
        BucketRegion: paged ? region : undefined,
      })),
    },
    ContinuationToken: next && "name" in next ? encodeToken(next.name) : undefined,
    Prefix: prefix === "" ? undefined : prefix,
  });
};

/**
 * Answers a CreateBucket. All regions of the store share their data, so a well-formed location is
 * taken, whichever it is. Making one's own bucket again is no error in us-east-1 and one elsewhere.
 *
 * @throws {S3Error} `MalformedXML` (400), `InvalidLocationConstraint` (400),
 *   `BucketAlreadyOwnedByYou` (409), `NotImplemented` (501) for object lock.
 */
export const createBucket: Handler = async (call, { storage, clock }) => {
  const { bucket, region, headers, payload } = call;
  if (headers.get("x-amz-bucket-object-lock-enabled")?.toLowerCase() === "true") {
    const message = "This server does not have what a header asks for.";
    throw new S3Error("NotImplemented", 501, message, {
      Header: "x-amz-bucket-object-lock-enabled",
    });
  }
  checkLocation(await payload.text(MAX_CONFIGURATION_BYTES));
  const location = { headers: { location: `/${bucket}` } };
  if (storage.bucket(bucket) !== undefined) {
    if (region === CLASSIC_REGION) return new Response(null, location);
    throw bucketAlreadyOwned(bucket);
  }
  await storage.createBucket({ name: bucket, createdMs: clock.now() });
  return new Response(null, location);
};

function checkLocation(text: string): void {
  if (text.trim() === "") return;
  const location = childText(parseXml(text, "CreateBucketConfiguration"), "LocationConstraint");
  if (location === undefined || /^[A-Za-z0-9-]{0,64}$/.test(location.trim())) return;
  const message = "A region cannot have that name.";
  throw new S3Error("InvalidLocationConstraint", 400, message, { LocationConstraint: location });
}

/**
 * Answers a HeadBucket.
 *
 * @throws {S3Error} `NoSuchBucket` (404).
 */
export const headBucket: Handler = ({ bucket, region }, context) => {
  requireBucket(context, bucket);
  return new Response(null, {
    headers: { "x-amz-bucket-region": region, "x-amz-access-point-alias": "false" },
  });
};

/**
 * Answers a DeleteBucket. Unfinished uploads go with the bucket, as in S3.
 *
 * @throws {S3Error} `NoSuchBucket` (404), `BucketNotEmpty` (409).
 */
export const deleteBucket: Handler = async ({ bucket }, context) => {
  const { storage } = context;
  requireBucket(context, bucket);
  for (const _object of storage.objects(bucket)) {
    throw bucketNotEmpty(bucket);
  }
  await storage.deleteBucket(bucket);
  return new Response(null, { status: 204 });
};

/**
 * Answers a GetBucketLocation: the region that was asked, since the store's regions share their data.
 * Empty for us-east-1, as S3 has it.
 *
 * @throws {S3Error} `NoSuchBucket` (404).
 */
export const getBucketLocation: Handler = ({ bucket, region }, context) => {
  requireBucket(context, bucket);
  return xmlResponse("LocationConstraint", region === CLASSIC_REGION ? {} : { "#text": region });
};
