// What clients are told of the settings that S3 has for buckets and objects: that there are none.

import { S3Error } from "../../s3/error.ts";
import type { SettingOperation } from "../../s3/operation.ts";
import { xmlResponse, type XmlValue } from "../../s3/xml.ts";
import type { Handler } from "../call.ts";
import { requireBucket, requireObject } from "./objects_get.ts";
import { OWNER } from "./owner.ts";

/** A setting's answer: a document, or the error by which S3 says that nothing is set. */
type Setting =
  | { root: string; content: { readonly [name: string]: XmlValue } }
  | { code: string; status: 400 | 404; message: string };

const ACL: Setting = {
  root: "AccessControlPolicy",
  content: {
    Owner: OWNER,
    AccessControlList: {
      Grant: {
        Grantee: {
          "@_xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
          "@_xsi:type": "CanonicalUser",
          ...OWNER,
        },
        Permission: "FULL_CONTROL",
      },
    },
  },
};

const NO_POLICY: Setting = none("NoSuchBucketPolicy", "The bucket has no policy.");

const NO_LOCK: Setting = {
  code: "InvalidRequest",
  status: 400,
  message: "The bucket has no object lock.",
};

/** Sources: S3 API Reference, one page an operation, and its list of error codes. */
const SETTINGS: Readonly<Record<SettingOperation, Setting>> = {
  GetBucketAccelerateConfiguration: { root: "AccelerateConfiguration", content: {} },
  GetBucketAcl: ACL,
  GetBucketCors: none("NoSuchCORSConfiguration", "The bucket has no CORS rules."),
  GetBucketEncryption: none(
    "ServerSideEncryptionConfigurationNotFoundError",
    "The bucket has no encryption settings.",
  ),
  GetBucketLifecycleConfiguration: none(
    "NoSuchLifecycleConfiguration",
    "The bucket has no lifecycle rules.",
  ),
  GetBucketLogging: { root: "BucketLoggingStatus", content: {} },
  GetBucketNotificationConfiguration: { root: "NotificationConfiguration", content: {} },
  GetBucketOwnershipControls: none(
    "OwnershipControlsNotFoundError",
    "The bucket has no ownership controls.",
  ),
  GetBucketPolicy: NO_POLICY,
  GetBucketPolicyStatus: NO_POLICY,
  GetBucketReplication: none(
    "ReplicationConfigurationNotFoundError",
    "The bucket is not replicated.",
  ),
  GetBucketRequestPayment: {
    root: "RequestPaymentConfiguration",
    content: { Payer: "BucketOwner" },
  },
  GetBucketTagging: none("NoSuchTagSet", "The bucket has no tags."),
  GetBucketVersioning: { root: "VersioningConfiguration", content: {} },
  GetBucketWebsite: none(
    "NoSuchWebsiteConfiguration",
    "The bucket is no website.",
  ),
  GetObjectAcl: ACL,
  GetObjectLegalHold: NO_LOCK,
  GetObjectLockConfiguration: none(
    "ObjectLockConfigurationNotFoundError",
    "The bucket has no object lock.",
  ),
  GetObjectRetention: NO_LOCK,
  GetObjectTagging: { root: "Tagging", content: { TagSet: {} } },
  GetPublicAccessBlock: none(
    "NoSuchPublicAccessBlockConfiguration",
    "The bucket has no public access block.",
  ),
};

/**
 * Answers an operation that asks for a setting. This store has none to change, and clients (the AWS
 * CLI, rclone, s3cmd, minio-go) that look before they act need to be told so, not a 501.
 *
 * @throws {S3Error} `NoSuchBucket` or `NoSuchKey` (404), or the error that says that nothing is set.
 */
export const getSetting: Handler = ({ operation, bucket, key }, context) => {
  if (key === "") requireBucket(context, bucket);
  else requireObject(context, bucket, key);
  if (!isSetting(operation)) {
    throw new TypeError(
      `Cannot answer ${operation}: expected an operation that asks for a setting`,
    );
  }
  const setting = SETTINGS[operation];
  if ("root" in setting) return xmlResponse(setting.root, setting.content);
  throw new S3Error(setting.code, setting.status, setting.message, { BucketName: bucket });
};

function isSetting(operation: string): operation is SettingOperation {
  return Object.hasOwn(SETTINGS, operation);
}

function none(code: string, message: string): Setting {
  return { code, status: 404, message };
}
