// The source of a copy: which object it is, and whether the request's conditions on it hold.

import type { S3Error } from "../../s3/error.ts";
import { invalidArgument, preconditionFailed } from "../../s3/errors.ts";
import type { Call, StoreContext } from "../call.ts";
import type { ObjectRecord } from "../storage.ts";
import { requireObject } from "./objects_get.ts";
import { precondition } from "./objects_precondition.ts";

const FIELD = "x-amz-copy-source";

/** An object that is to be copied, all or a range of it. */
export interface CopySource {
  /** Its bucket. */
  bucket: string;
  /** Its key. */
  key: string;
  /** What is there. */
  object: ObjectRecord;
}

/**
 * Finds the source of a CopyObject or UploadPartCopy and checks the `x-amz-copy-source-if-...` on it,
 * of which each that does not hold is a 412, also where a GET would be a 304.
 *
 * @throws {S3Error} `InvalidArgument` (400), `NoSuchBucket` or `NoSuchKey` (404), or
 * `PreconditionFailed` (412).
 */
export function copySource(
  { headers }: Pick<Call, "headers">,
  context: Pick<StoreContext, "storage">,
): CopySource {
  const { bucket, key } = parseCopySource(headers.get(FIELD) ?? "");
  const object = requireObject(context, bucket, key);
  if (precondition(headers, object, `${FIELD}-`) !== "proceed") {
    throw preconditionFailed(`${FIELD}-if-...`);
  }
  return { bucket, key, object };
}

/**
 * Reads `x-amz-copy-source`: `BUCKET/KEY` with or without a slash before it, percent-encoded, of which
 * the slash between the two may be too; without versioning `?versionId=null` is all that can follow.
 *
 * @throws {S3Error} `InvalidArgument` (400).
 */
export function parseCopySource(text: string): Pick<CopySource, "bucket" | "key"> {
  const [encoded = "", version] = text.split("?versionId=", 2);
  const source = decode(encoded, text).replace(/^\//, "");
  const slash = source.indexOf("/");
  const [bucket, key] = [source.slice(0, Math.max(slash, 0)), source.slice(slash + 1)];
  if (bucket === "" || key === "" || (version !== undefined && version !== "null")) {
    throw invalid(
      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
      text,
    );
  }
  return { bucket, key };
}

function decode(encoded: string, text: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw invalid("The copy source is not percent-encoded UTF-8", text);
  }
}

function invalid(message: string, value: string): S3Error {
  return invalidArgument(message, FIELD, value);
}
