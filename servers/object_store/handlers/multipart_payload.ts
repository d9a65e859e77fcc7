// Contents that are in the store already, or carry no checksum of the kind that is asked for.

import { createHash } from "node:crypto";
import { createChecksum } from "../../s3/checksum.ts";
import type { ChecksumAlgorithm, Digest, Payload } from "../../s3/payload.ts";

/**
 * Bytes that are in the store already, as a content to be received once more.
 *
 * @param sizeBytes How many there are.
 */
export function storedPayload(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
  sizeBytes: number,
): Payload {
  let digest: Digest | undefined;
  return {
    lengthBytes: sizeBytes,
    async *chunks() {
      const md5 = createHash("md5");
      for await (const chunk of bytes) {
        md5.update(chunk);
        yield chunk;
      }
      digest = { sizeBytes, md5: md5.digest("hex") };
    },
    digest: () => ended(digest),
    text: () => Promise.reject(new TypeError("Cannot read stored bytes as a text")),
  };
}

/** The same content with a checksum, computed as it comes. */
export function withChecksum(payload: Payload, algorithm: ChecksumAlgorithm): Payload {
  let value: string | undefined;
  return {
    lengthBytes: payload.lengthBytes,
    async *chunks(options) {
      const checksum = await createChecksum(algorithm);
      for await (const chunk of payload.chunks(options)) {
        checksum.update(chunk);
        yield chunk;
      }
      value = await checksum.digest();
    },
    digest: () => ({ ...payload.digest(), checksum: { algorithm, value: ended(value) } }),
    text: (maxBytes) => payload.text(maxBytes),
  };
}

/** Reads a content to its end, and tells what it was. */
export async function digestThrough(payload: Payload): Promise<Digest> {
  const chunks = payload.chunks({ lent: true })[Symbol.asyncIterator]();
  while (!(await chunks.next()).done);
  return payload.digest();
}

function ended<T>(result: T | undefined): T {
  if (result !== undefined) return result;
  throw new TypeError("Cannot tell a content's digest: received a content that has not ended");
}
