// CopyObject: another name for the same bytes, with the same metadata or with that of the request.

import { invalidArgument, invalidRequest } from "../../s3/errors.ts";
import type { ChecksumAlgorithm } from "../../s3/payload.ts";
import { xmlResponse } from "../../s3/xml.ts";
import type { Call, Handler, StoreContext } from "../call.ts";
import type { Checksum, ObjectRecord } from "../storage.ts";
import { digestThrough, storedPayload, withChecksum } from "./multipart_payload.ts";
import { checkWrite, commit } from "./objects_commit.ts";
import { copySource } from "./objects_copy_source.ts";
import { objectHeaders, requestedChecksum } from "./objects_headers.ts";
import { MAX_CONTENT_BYTES } from "./content_length.ts";

const DIRECTIVE = "x-amz-metadata-directive";

/** Answers a CopyObject. The copy shares the source's bytes, so it takes no time and no room. */
export const copyObject: Handler = async (call, context) => {
  const replace = replacesMetadata(call.headers);
  const { bucket, key, object: source } = copySource(call, context);
  if (!replace && bucket === call.bucket && key === call.key) {
    throw invalidRequest(
      "A copy of an object onto itself has to change something of it, such as its metadata.",
    );
  }
  if (source.sizeBytes > MAX_CONTENT_BYTES) {
    const most = `${MAX_CONTENT_BYTES} bytes`;
    throw invalidRequest(
      `The source is larger than the ${most} bytes that one copy may take.`,
    );
  }
  checkWrite(call, context);
  const headers = replace ? objectHeaders(call.headers) : source.headers;
  const copy = await copied(source, headers, call, context);
  return xmlResponse("CopyObjectResult", {
    LastModified: new Date(copy.lastModifiedMs).toISOString(),
    ETag: `"${copy.etag}"`,
    ...(copy.checksum && {
      ChecksumType: copy.checksum.type,
      [`Checksum${copy.checksum.algorithm.toUpperCase()}`]: copy.checksum.value,
    }),
  });
};

function replacesMetadata(headers: Headers): boolean {
  const directive = headers.get(DIRECTIVE) ?? "COPY";
  if (directive === "REPLACE") return true;
  if (directive === "COPY") return false;
  throw invalidArgument(
    "Expected COPY or REPLACE as the metadata directive.",
    DIRECTIVE,
    directive,
  );
}

/**
 * Stores the copy. It is an object in one piece: of a source that was uploaded in parts the entity tag
 * is made anew, over the content, and so is a checksum over the parts' checksums, or one of another
 * algorithm than the request asks for. Nothing is read unless something is to be made anew.
 */
async function copied(
  source: ObjectRecord,
  headers: Readonly<Record<string, string>>,
  call: Call,
  context: StoreContext,
): Promise<ObjectRecord> {
  const { storage, clock } = context;
  const { segments, sizeBytes } = source;
  const wanted = requestedChecksum(call.headers) ?? source.checksum?.algorithm;
  const kept = source.checksum?.type === "FULL_OBJECT" && source.checksum.algorithm === wanted
    ? source.checksum
    : undefined;
  // An open read keeps the bytes, whatever becomes of the source until the copy refers to them too.
  const pin = storage.read(segments, 0, sizeBytes)[Symbol.asyncIterator]();
  try {
    const isAsItWas = source.partSizes === undefined && kept?.algorithm === wanted;
    const { etag, checksum } = isAsItWas
      ? { etag: source.etag, checksum: kept }
      : await digestOf(source, wanted, context);
    const copy: ObjectRecord = {
      segments,
      sizeBytes,
      etag,
      headers,
      lastModifiedMs: clock.now(),
      ...(checksum && { checksum }),
    };
    await commit(call, context, copy);
    return copy;
  } finally {
    await pin.return?.();
  }
}

/** The entity tag and the checksum of an object's content, which is read for them. */
async function digestOf(
  { segments, sizeBytes }: ObjectRecord,
  algorithm: ChecksumAlgorithm | undefined,
  { storage }: StoreContext,
): Promise<{ etag: string; checksum: Checksum | undefined }> {
  const stored = storedPayload(storage.read(segments, 0, sizeBytes, { lent: true }), sizeBytes);
  const payload = algorithm === undefined ? stored : withChecksum(stored, algorithm);
  const { md5, checksum } = await digestThrough(payload);
  return { etag: md5, checksum: checksum && { ...checksum, type: "FULL_OBJECT" } };
}
