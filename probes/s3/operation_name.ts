// What a request of the S3 API does, in words, and the permission that it takes.

import type { StoreRequest } from "./signing.ts";

/** What a request does. */
export interface OperationName {
  /** After "Cannot", such as `create bucket 'b'`. */
  tried: string;
  /** The permission by AWS's name, such as `s3:CreateBucket`. */
  permission: string;
}

/** More of a key is not shown, in characters. */
const LONGEST_KEY = 200;

/**
 * What a request does, and the permission that AWS's reference ("Actions defined by Amazon S3")
 * lists for it.
 */
export function nameOperation({ method, bucket, key: asked }: StoreRequest): OperationName {
  const key = asked === undefined ? undefined : shown(asked);
  const name = (tried: string, permission: string) => ({ tried, permission: `s3:${permission}` });
  if (bucket === undefined) return name("list the buckets", "ListAllMyBuckets");
  if (key === undefined) {
    switch (method) {
      case "PUT":
        return name(`create bucket '${bucket}'`, "CreateBucket");
      case "DELETE":
        return name(`delete bucket '${bucket}'`, "DeleteBucket");
      case "HEAD":
        return name(`look at bucket '${bucket}'`, "ListBucket");
      case "POST":
        return name(`delete objects of bucket '${bucket}'`, "DeleteObject");
      default:
        return name(`list bucket '${bucket}'`, "ListBucket");
    }
  }
  switch (method) {
    case "PUT":
    case "POST":
      return name(`upload '${key}' to bucket '${bucket}'`, "PutObject");
    case "DELETE":
      return name(`delete '${key}' of bucket '${bucket}'`, "DeleteObject");
    case "HEAD":
      return name(`look at '${key}' of bucket '${bucket}'`, "GetObject");
    default:
      return name(`read '${key}' of bucket '${bucket}'`, "GetObject");
  }
}

/** A key in a line: line breaks and the like as escapes, and not all of a long one. */
function shown(key: string): string {
  const line = key.replace(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1));
  return line.length > LONGEST_KEY ? `${line.slice(0, LONGEST_KEY)}…` : line;
}
