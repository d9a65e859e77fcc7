// What the gateway answers by itself: what buckets there are is in its config, and cannot be changed.

import { bucketAlreadyOwned, notImplemented } from "../s3/errors.ts";
import { xmlResponse } from "../s3/xml.ts";
import type { GatewayCall } from "./call.ts";
import { OWNER } from "./documents.ts";
import { accessDenied } from "./errors.ts";

/** What is known of buckets here. */
export interface BucketView {
  /** The virtual buckets that the caller may use, in order. */
  buckets: readonly string[];
  /** The gateway's region. */
  region: string;
  /** Since when the buckets are there, as far as anyone can tell: the gateway's start. */
  sinceMs: number;
}

/** The region whose location is written as none. */
const CLASSIC_REGION = "us-east-1";

/**
 * Answers a call that no backend is asked for. What is about one bucket, CreateBucket aside, is about one
 * that is there, and that the caller may use.
 *
 * @throws {S3Error} `AccessDenied` (403) for what would change buckets, `BucketAlreadyOwnedByYou` (409),
 *   `NotImplemented` (501).
 */
export function answerHere({ operation, bucket }: GatewayCall, view: BucketView): Response {
  const { buckets, region, sinceMs } = view;
  switch (operation) {
    case "ListBuckets":
      return xmlResponse("ListAllMyBucketsResult", {
        Owner: OWNER,
        Buckets: {
          Bucket: buckets.map((name) => ({
            Name: name,
            CreationDate: new Date(sinceMs).toISOString(),
          })),
        },
      });
    case "CreateBucket":
      if (buckets.includes(bucket)) throw bucketAlreadyOwned(bucket);
      throw accessDenied("The buckets of this gateway are in its config.");
    case "HeadBucket":
      return new Response(null, { headers: { "x-amz-bucket-region": region } });
    case "GetBucketLocation":
      return xmlResponse(
        "LocationConstraint",
        region === CLASSIC_REGION ? {} : { "#text": region },
      );
    case "GetBucketVersioning":
      return xmlResponse("VersioningConfiguration", {});
    case "DeleteBucket":
      throw accessDenied("The buckets of this gateway are in its config.");
    default:
      throw notImplemented(operation);
  }
}

/** The status that nobody reads: the client has left. */
export const CLIENT_CLOSED_REQUEST = 499;
