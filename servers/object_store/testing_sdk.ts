// For tests: clients of the AWS SDK for a store of their own.

import { assertRejects } from "@std/assert";
import {
  GetObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { BUCKET, TESTING_KEY, TestingStore } from "./testing_store.ts";

/** Runs a test with a client of a store. */
export async function withClient(
  config: S3ClientConfig,
  test: (s3: S3Client, store: TestingStore) => Promise<void>,
): Promise<void> {
  await using store = await TestingStore.start();
  const s3 = new S3Client({
    endpoint: store.url,
    region: "auto",
    credentials: TESTING_KEY,
    forcePathStyle: true,
    maxAttempts: 1,
    ...config,
  });
  try {
    await test(s3, store);
  } finally {
    s3.destroy();
  }
}

/** The content of an object, as text. */
export async function read(s3: S3Client, key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return await Body?.transformToString() ?? "";
}

/** What the SDK makes of a refusal. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await assertRejects(() => work, S3ServiceException);
  return `${error.$metadata.httpStatusCode} ${error.name}`;
}
