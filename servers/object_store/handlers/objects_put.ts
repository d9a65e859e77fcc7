// PutObject: a content becomes an object, whole or not at all.

import type { Payload } from "../../s3/payload.ts";
import type { Handler, StoreContext } from "../call.ts";
import type { Checksum, Incoming, ObjectRecord, Segment } from "../storage.ts";
import { checkSentLength } from "./content_length.ts";
import { checkWrite, commit } from "./objects_commit.ts";
import { checksumHeaders, objectHeaders } from "./objects_headers.ts";

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
  await checkSentLength(call, context);
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
