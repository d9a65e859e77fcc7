// Which S3 operation a request asks for, of which bucket and key, from its method, host, path and query.

import { type Address, resolveAddress } from "./address.ts";
import { S3Error } from "./error.ts";
import { invalidArgument, methodNotAllowed, notImplemented } from "./errors.ts";

/** The operations of the S3 API that our servers know, by its own names. */
export type Operation =
  | "ListBuckets"
  | "CreateBucket"
  | "HeadBucket"
  | "DeleteBucket"
  | "GetBucketLocation"
  | "ListObjectsV2"
  | "ListObjects"
  | "ListMultipartUploads"
  | "DeleteObjects"
  | "GetObject"
  | "HeadObject"
  | "PutObject"
  | "CopyObject"
  | "DeleteObject"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "UploadPartCopy"
  | "ListParts"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | SettingOperation;

/** Operations that ask for a setting. Clients ask for many and go by the answer, "none" as it is. */
export type SettingOperation =
  | "GetBucketAccelerateConfiguration"
  | "GetBucketAcl"
  | "GetBucketCors"
  | "GetBucketEncryption"
  | "GetBucketLifecycleConfiguration"
  | "GetBucketLogging"
  | "GetBucketNotificationConfiguration"
  | "GetBucketOwnershipControls"
  | "GetBucketPolicy"
  | "GetBucketPolicyStatus"
  | "GetBucketReplication"
  | "GetBucketRequestPayment"
  | "GetBucketTagging"
  | "GetBucketVersioning"
  | "GetBucketWebsite"
  | "GetObjectAcl"
  | "GetObjectLegalHold"
  | "GetObjectLockConfiguration"
  | "GetObjectRetention"
  | "GetObjectTagging"
  | "GetPublicAccessBlock";

/** What the operation is found from. */
export interface OperationRequest {
  /** The method, in upper case. */
  method: string;
  /** The request target as it came, not normalised: `Deno.serve` gives it in `request.url`. */
  url: string;
  /** The header fields. */
  headers: Headers;
  /** The server's own names, for `BUCKET.NAME`. Default: `localhost`. */
  virtualHosts?: readonly string[];
  /** Whether objects may have versions; else each has the one version `null`. Default: false. */
  hasVersions?: boolean;
}

/** What a request asks for. */
export interface ResolvedOperation extends Address {
  /** The operation. */
  operation: Operation;
}

/** Query parameters that make a request another operation: S3 signs them and acts by them. */
const SUBRESOURCES = [
  ..."accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory"
    .split(
      " ",
    ),
  ..."legal-hold lifecycle location logging metadataConfiguration metadataTable metrics".split(" "),
  ..."notification object-lock ownershipControls partNumber policy policyStatus".split(" "),
  ..."publicAccessBlock renameObject replication requestPayment restore retention select".split(
    " ",
  ),
  ..."session tagging torrent uploadId uploads versioning versions website".split(" "),
] as const;

type Table = Readonly<Record<string, Operation>>;

/** By method, and then by the subresources, in the order of their names. */
const ON_BUCKETS: Readonly<Record<string, Table>> = {
  GET: {
    "": "ListObjects",
    accelerate: "GetBucketAccelerateConfiguration",
    acl: "GetBucketAcl",
    cors: "GetBucketCors",
    encryption: "GetBucketEncryption",
    lifecycle: "GetBucketLifecycleConfiguration",
    location: "GetBucketLocation",
    logging: "GetBucketLogging",
    notification: "GetBucketNotificationConfiguration",
    "object-lock": "GetObjectLockConfiguration",
    ownershipControls: "GetBucketOwnershipControls",
    policy: "GetBucketPolicy",
    policyStatus: "GetBucketPolicyStatus",
    publicAccessBlock: "GetPublicAccessBlock",
    replication: "GetBucketReplication",
    requestPayment: "GetBucketRequestPayment",
    tagging: "GetBucketTagging",
    uploads: "ListMultipartUploads",
    versioning: "GetBucketVersioning",
    website: "GetBucketWebsite",
  },
  HEAD: { "": "HeadBucket" },
  PUT: { "": "CreateBucket" },
  POST: { delete: "DeleteObjects" },
  DELETE: { "": "DeleteBucket" },
};

const ON_OBJECTS: Readonly<Record<string, Table>> = {
  GET: {
    "": "GetObject",
    acl: "GetObjectAcl",
    "legal-hold": "GetObjectLegalHold",
    partNumber: "GetObject",
    retention: "GetObjectRetention",
    tagging: "GetObjectTagging",
    uploadId: "ListParts",
  },
  HEAD: { "": "HeadObject", partNumber: "HeadObject" },
  PUT: { "": "PutObject", "partNumber,uploadId": "UploadPart" },
  POST: { uploads: "CreateMultipartUpload", uploadId: "CompleteMultipartUpload" },
  DELETE: { "": "DeleteObject", uploadId: "AbortMultipartUpload" },
};

const COPIES: Partial<Record<Operation, Operation>> = {
  PutObject: "CopyObject",
  UploadPart: "UploadPartCopy",
};

/**
 * Finds out what a request asks for. Pure, and knows no store. Parameters that S3 does not act by
 * (`x-id`, the ones of a presigned URL, unknown ones) change nothing.
 *
 * Sources: S3 API Reference, one page an operation; S3 User Guide, "Virtual hosting of buckets".
 *
 * @throws {S3Error} `InvalidURI`, `InvalidArgument`, `InvalidBucketName` or `KeyTooLongError` (400) for
 *   what names no bucket or key, `MethodNotAllowed` (405), `NotImplemented` (501) for what S3 has
 *   and we do not, browser uploads by POST among it.
 *
 * @example
 * ```ts
 * import { resolveOperation } from "./operation.ts";
 *
 * const headers = new Headers({ host: "127.0.0.1:9000" });
 * const asked = resolveOperation({ method: "GET", url: "/videos/a/../b", headers });
 * console.log(asked.operation, asked.bucket, asked.key); // GetObject videos a/../b
 * ```
 */
export function resolveOperation(request: OperationRequest): ResolvedOperation {
  const { method, url, headers, virtualHosts = ["localhost"], hasVersions = false } = request;
  const address = resolveAddress(url, headers.get("host"), virtualHosts);
  const operation = operationOf(method, address, headers);
  if (!hasVersions) checkVersion(address.query);
  return { ...address, operation };
}

function operationOf(method: string, address: Address, headers: Headers): Operation {
  const { bucket, key, query } = address;
  if (bucket === "") {
    if (method === "GET") return "ListBuckets";
    throw methodNotAllowed(method, "GET");
  }
  const methods = key === "" ? ON_BUCKETS : ON_OBJECTS;
  const table = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (table === undefined) throw methodNotAllowed(method, Object.keys(methods).join(", "));
  const asked = SUBRESOURCES.filter((name) => query.has(name)).join(",");
  const found = Object.hasOwn(table, asked) ? table[asked] : undefined;
  if (found === undefined) throw unknownOperation(method, key, asked);
  if (found === "ListObjects") return listVersion(query);
  return (headers.has("x-amz-copy-source") ? COPIES[found] : undefined) ?? found;
}

function listVersion(query: URLSearchParams): Operation {
  const version = query.get("list-type");
  if (version === null || version === "1") return "ListObjects";
  if (version === "2") return "ListObjectsV2";
  throw invalidArgument("Expected list-type=2, or none.", "list-type", version);
}

/** Without versioning every object has the one version `null`. */
function checkVersion(query: URLSearchParams): void {
  const version = query.get("versionId");
  if (version === null || version === "null") return;
  throw invalidArgument("That is no version id.", "versionId", version);
}

function unknownOperation(method: string, key: string, asked: string): S3Error {
  if (asked === "" && key !== "") {
    return methodNotAllowed(method, "GET, HEAD, PUT, DELETE");
  }
  if (method === "PUT" && (asked === "partNumber" || asked === "uploadId")) {
    return new S3Error("InvalidArgument", 400, "A part needs both partNumber and uploadId.");
  }
  const what = asked === "" ? `${method} on a bucket` : `${method} with ?${asked}`;
  return notImplemented(what);
}
