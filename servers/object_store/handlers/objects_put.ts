// PutObject: a content becomes an object, whole or not at all.

import { S3Error } from "../../s3/error.ts";
import type { Payload } from "../../s3/payload.ts";
import type { Handler, StoreContext } from "../call.ts";
import type { Checksum, Incoming, ObjectRecord, Segment } from "../storage.ts";
import { checkWrite, commit } from "./objects_commit.ts";
import { checksumHeaders, objectHeaders } from "./objects_headers.ts";

/** The largest content of one request, in bytes. Source: S3 User Guide, "Uploading objects". */
export const MAX_CONTENT_BYTES = 5 * 2 ** 30;

/** A content that is in the store, while nothing refers to it yet. */
export interface Received {
  /** Its bytes; none for an empty content. */
  segments: readonly Segment[];
  /** In bytes. */
  sizeBytes: number;
  /** MD5 in hex. */
  etag: string;
  /** The checksum that the client sent, which holds. */
  checksum?: Checksum;
}

/**
 * Lets a content pass whose length is known and allowed.
 *
 * @throws {S3Error} `MissingContentLength` (411) or `EntityTooLarge` (400).
 */
export function checkLength({ lengthBytes }: Pick<Payload, "lengthBytes">): void {
  if (lengthBytes === undefined) {
    const message = "The length of the content is not announced: expected Content-Length.";
    throw new S3Error("MissingContentLength", 411, message);
  }
  if (lengthBytes > MAX_CONTENT_BYTES) {
    const message = "The content is larger than one request may bring.";
    throw new S3Error("EntityTooLarge", 400, message, {
      ProposedSize: String(lengthBytes),
      MaxSizeAllowed: String(MAX_CONTENT_BYTES),
    });
  }
}

/**
 * Takes a content into the store and has `keep` refer to it. When the content is cut short or does not
 * hold, or `keep` fails, nothing of it stays.
 */
export async function receive<T>(
  payload: Payload,
  { storage }: Pick<StoreContext, "storage">,
  keep: (received: Received) => Promise<T>,
): Promise<T> {
  const incoming: Incoming = await storage.receive();
  try {
    const lent = !incoming.keeps;
    for await (const chunk of payload.chunks({ lent })) await incoming.write(chunk);
    const { sizeBytes, md5: etag, checksum } = payload.digest();
    const segments = sizeBytes === 0 ? [] : [await incoming.finish()];
    const kept = await keep({
      segments,
      sizeBytes,
      etag,
      ...(checksum && { checksum: { ...checksum, type: "FULL_OBJECT" } }),
    });
    if (sizeBytes === 0) await incoming.discard();
    return kept;
  } catch (error) {
    await incoming.discard();
    throw error;
  }
}

/** Answers a PutObject. */
export const putObject: Handler = async (call, context) => {
  const headers = objectHeaders(call.headers);
  checkLength(call.payload);
  checkWrite(call, context);
  return await receive(call.payload, context, async (received) => {
    const object: ObjectRecord = {
      ...received,
      headers,
      lastModifiedMs: context.clock.now(),
    };
    await commit(call, context, object);
    const response = new Response(null);
    response.headers.set("etag", `"${object.etag}"`);
    for (const [name, value] of checksumHeaders(object)) response.headers.set(name, value);
    return response;
  });
};
