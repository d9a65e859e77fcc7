// Which operations backends answer: what of a query goes on, and what becomes of the answer, as a table.

import type { Operation } from "../s3/operation.ts";

/** What becomes of a backend's answer, where it is no error. */
export type AnswerForm =
  /** The head goes on, and the content as it comes. */
  | "content"
  /** The head goes on; there is no content. */
  | "head"
  /** The document is read, names in it are turned back, and it is written anew. */
  | { readonly document: string };

/** How one operation is passed on. */
export interface Forwarding {
  /** The parameters that go on as they are. */
  readonly query: readonly string[];
  /** The parameters that are a key or the beginning of one, and get the prefix. */
  readonly names?: readonly string[];
  /** What becomes of the answer. */
  readonly answer: AnswerForm;
}

const OVERRIDES = [
  ...["response-cache-control", "response-content-disposition", "response-content-encoding"],
  ...["response-content-language", "response-content-type", "response-expires"],
] as const;
const READ = ["partNumber", "versionId", ...OVERRIDES] as const;
const PART = ["partNumber", "uploadId"] as const;

const document = (root: string) => ({ document: root });

/** Sources: S3 API Reference, one page an operation. */
export const FORWARDED: Readonly<Partial<Record<Operation, Forwarding>>> = {
  GetObject: { query: READ, answer: "content" },
  HeadObject: { query: READ, answer: "head" },
  PutObject: { query: [], answer: "head" },
  CopyObject: { query: [], answer: document("CopyObjectResult") },
  DeleteObject: { query: ["versionId"], answer: "head" },
  DeleteObjects: { query: ["delete"], answer: document("DeleteResult") },
  CreateMultipartUpload: {
    query: ["uploads"],
    answer: document("InitiateMultipartUploadResult"),
  },
  UploadPart: { query: PART, answer: "head" },
  UploadPartCopy: { query: PART, answer: document("CopyPartResult") },
  ListParts: {
    query: ["uploadId", "max-parts", "part-number-marker"],
    answer: document("ListPartsResult"),
  },
  CompleteMultipartUpload: {
    query: ["uploadId"],
    answer: document("CompleteMultipartUploadResult"),
  },
  AbortMultipartUpload: { query: ["uploadId"], answer: "head" },
  ListMultipartUploads: {
    query: ["uploads", "delimiter", "max-uploads", "upload-id-marker"],
    names: ["prefix", "key-marker"],
    answer: document("ListMultipartUploadsResult"),
  },
  ListObjectsV2: {
    query: ["list-type", "continuation-token", "delimiter", "max-keys", "fetch-owner"],
    names: ["prefix", "start-after"],
    answer: document("ListBucketResult"),
  },
  ListObjects: {
    query: ["delimiter", "max-keys"],
    names: ["prefix", "marker"],
    answer: document("ListBucketResult"),
  },
  GetObjectTagging: { query: ["tagging", "versionId"], answer: document("Tagging") },
};

/** Operations that a public bucket is open for. */
export const PUBLIC_OPERATIONS: readonly Operation[] = [
  ...["GetObject", "HeadObject", "HeadBucket", "ListObjectsV2", "ListObjects"] as const,
];

/**
 * Parameters that only a signed request may have: those that change the answer's header fields, and the
 * one that names a version, as what was overwritten or deleted is not public any more. On S3 each of the
 * two is a permission of its own.
 */
export const SIGNED_PARAMETERS: readonly string[] = [...OVERRIDES, "versionId"];

/** The most bytes of the documents that clients send, by the operations that take one whole. */
export const MAX_DOCUMENT_BYTES = {
  // Without a document: what comes all the same is read, and dropped.
  CreateMultipartUpload: 64 << 10,
  AbortMultipartUpload: 64 << 10,
  // 10,000 parts with a checksum each.
  CompleteMultipartUpload: 4 << 20,
  // 1,000 keys of 1,024 bytes and what is around them.
  DeleteObjects: 2 << 20,
} as const satisfies Partial<Record<Operation, number>>;

/** An operation whose body is needed whole. */
export type BufferedOperation = keyof typeof MAX_DOCUMENT_BYTES;

/**
 * Whether an operation can only be passed on once all of its body has been read. Decided by its name
 * alone, without any I/O, so that the body can be read before the first wait that requests share.
 *
 * @example
 * ```ts
 * import { needsBufferedBody } from "./forwarded.ts";
 *
 * console.log(needsBufferedBody("DeleteObjects"), needsBufferedBody("UploadPart")); // true false
 * ```
 */
export function needsBufferedBody(operation: Operation): operation is BufferedOperation {
  return Object.hasOwn(MAX_DOCUMENT_BYTES, operation);
}
