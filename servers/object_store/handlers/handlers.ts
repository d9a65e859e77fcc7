// Which handler answers which operation.

import type { Operation } from "../../s3/operation.ts";
import type { Handler } from "../call.ts";
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  headBucket,
  listBuckets,
} from "./buckets.ts";
import { deleteObject, deleteObjects } from "./deletes.ts";
import { listObjects, listObjectsV2 } from "./lists.ts";
import { completeMultipartUpload } from "./multipart_complete.ts";
import { uploadPartCopy } from "./multipart_copy.ts";
import { listMultipartUploads, listParts } from "./multipart_lists.ts";
import { uploadPart } from "./multipart_parts.ts";
import { abortMultipartUpload, createMultipartUpload } from "./multipart_upload.ts";
import { copyObject } from "./objects_copy.ts";
import { getObject, headObject } from "./objects_get.ts";
import { putObject } from "./objects_put.ts";
import { getSetting } from "./settings.ts";

/** The handler of each operation. */
export const handlers: Readonly<Record<Operation, Handler>> = {
  ListBuckets: listBuckets,
  CreateBucket: createBucket,
  HeadBucket: headBucket,
  DeleteBucket: deleteBucket,
  GetBucketLocation: getBucketLocation,
  ListObjectsV2: listObjectsV2,
  ListObjects: listObjects,
  ListMultipartUploads: listMultipartUploads,
  DeleteObjects: deleteObjects,
  GetObject: getObject,
  HeadObject: headObject,
  PutObject: putObject,
  CopyObject: copyObject,
  DeleteObject: deleteObject,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  ListParts: listParts,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  GetBucketAccelerateConfiguration: getSetting,
  GetBucketAcl: getSetting,
  GetBucketCors: getSetting,
  GetBucketEncryption: getSetting,
  GetBucketLifecycleConfiguration: getSetting,
  GetBucketLogging: getSetting,
  GetBucketNotificationConfiguration: getSetting,
  GetBucketOwnershipControls: getSetting,
  GetBucketPolicy: getSetting,
  GetBucketPolicyStatus: getSetting,
  GetBucketReplication: getSetting,
  GetBucketRequestPayment: getSetting,
  GetBucketTagging: getSetting,
  GetBucketVersioning: getSetting,
  GetBucketWebsite: getSetting,
  GetObjectAcl: getSetting,
  GetObjectLegalHold: getSetting,
  GetObjectLockConfiguration: getSetting,
  GetObjectRetention: getSetting,
  GetObjectTagging: getSetting,
  GetPublicAccessBlock: getSetting,
};
