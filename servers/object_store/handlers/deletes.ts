// DeleteObject and DeleteObjects.

import { checkKeyLength } from "../../s3/address.ts";
import { checksumAlgorithmOf } from "../../s3/checksum.ts";
import { S3Error } from "../../s3/error.ts";
import { invalidRequest, malformedXml, preconditionFailed } from "../../s3/errors.ts";
import { childrenNamed, childText, parseXml, xmlResponse, type XmlValue } from "../../s3/xml.ts";
import type { Handler, StoreContext } from "../call.ts";
import { inTurn } from "./objects_commit.ts";
import { requireBucket } from "./objects_get.ts";
import { matchesEtag } from "./objects_precondition.ts";

/** The most keys in one request. Source: S3 API Reference, DeleteObjects. */
const MAX_KEYS = 1_000;
/** Room for 1,000 keys of 1,024 bytes and what is around them. */
const MAX_REQUEST_BYTES = 2 << 20;

/** One object of a DeleteObjects. */
interface Deletion {
  key: string;
  versionId: string | undefined;
  /** Delete it only while it has this entity tag. */
  etag: string | undefined;
}

/**
 * Answers a DeleteObject. An object that is not there is no error, with If-Match neither.
 *
 * @throws {S3Error} `NoSuchBucket` (404), `PreconditionFailed` (412).
 */
export const deleteObject: Handler = async ({ bucket, key, headers }, context) => {
  requireBucket(context, bucket);
  await remove(context, bucket, key, headers.get("if-match") ?? undefined);
  return new Response(null, { status: 204 });
};

/**
 * Answers a DeleteObjects: each key stands for itself, and one that cannot be deleted is an `Error` in
 * an answer that is a 200 all the same.
 *
 * @throws {S3Error} `NoSuchBucket` (404), `MalformedXML` (400), also for more than 1,000 keys,
 *   `InvalidRequest` (400) without Content-MD5 or a checksum, which S3 insists on.
 */
export const deleteObjects: Handler = async ({ bucket, headers, payload }, context) => {
  requireBucket(context, bucket);
  if (!hasIntegrityCheck(headers)) {
    throw invalidRequest("A batch needs Content-MD5 or a checksum.");
  }
  const { deletions, quiet } = parseDelete(await payload.text(MAX_REQUEST_BYTES));
  const outcomes = await Promise.all(deletions.map(async (one) => {
    try {
      checkDeletion(one);
      await remove(context, bucket, one.key, one.etag);
      return { deleted: { Key: one.key, VersionId: one.versionId } };
    } catch (error) {
      return { error: errorElement(one, error) };
    }
  }));
  return xmlResponse("DeleteResult", {
    Deleted: quiet ? [] : outcomes.flatMap(({ deleted }) => deleted ?? []),
    Error: outcomes.flatMap(({ error }) => error ?? []),
  });
};

async function remove(
  { storage }: StoreContext,
  bucket: string,
  key: string,
  ifMatch: string | undefined,
): Promise<void> {
  // Without a condition too: else a write whose If-Match held a moment ago would bring it back.
  await inTurn(storage, bucket, key, async () => {
    const etag = storage.object(bucket, key)?.etag;
    if (ifMatch !== undefined && etag !== undefined && !matchesEtag(ifMatch, etag, false)) {
      throw preconditionFailed("If-Match");
    }
    await storage.deleteObject(bucket, key);
  });
}

/** Whether the content is sent with something to hold it against, in a header or a trailer. */
function hasIntegrityCheck(headers: Headers): boolean {
  if (headers.has("content-md5")) return true;
  const names = [...headers.keys(), ...(headers.get("x-amz-trailer") ?? "").split(",")];
  return names.some((name) => {
    const [, algorithm] = /^x-amz-checksum-([a-z0-9]+)$/i.exec(name.trim()) ?? [];
    return algorithm !== undefined && checksumAlgorithmOf(algorithm) !== undefined;
  });
}

function parseDelete(text: string): { deletions: Deletion[]; quiet: boolean } {
  const root = parseXml(text, "Delete");
  const deletions = childrenNamed(root, "Object").map((object): Deletion => {
    const key = childText(object, "Key");
    if (key === undefined) throw malformedXml();
    const versionId = childText(object, "VersionId");
    return {
      key,
      versionId: versionId === "" ? undefined : versionId,
      etag: childText(object, "ETag"),
    };
  });
  if (deletions.length === 0 || deletions.length > MAX_KEYS) throw malformedXml();
  return { deletions, quiet: childText(root, "Quiet")?.trim().toLowerCase() === "true" };
}

function checkDeletion({ key, versionId }: Deletion): void {
  if (key === "") {
    throw new S3Error("UserKeyMustBeSpecified", 400, "The form has no key.");
  }
  checkKeyLength(key);
  if (versionId !== undefined && versionId !== "null") {
    throw new S3Error("NoSuchVersion", 404, "There is no such version of the object.");
  }
}

function errorElement({ key, versionId }: Deletion, error: unknown): XmlValue {
  const known = error instanceof S3Error;
  return {
    Key: key,
    VersionId: versionId,
    Code: known ? error.code : "InternalError",
    Message: known ? error.message : "The server failed; the request may be tried again.",
  };
}
