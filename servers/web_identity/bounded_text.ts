// A body as text, of which no more is read than is allowed.

import { concat } from "../s3/concat.ts";

/**
 * Reads a body as UTF-8. As soon as there is more of it than `maxBytes`, it is cancelled.
 *
 * @param body What `Request` and `Response` have; null for an empty one.
 * @returns Undefined where it is longer, or no UTF-8.
 * @throws What the body errors with.
 *
 * @example
 * ```ts
 * import { boundedText } from "./bounded_text.ts";
 *
 * console.log(await boundedText(new Response("hello").body, 5)); // hello
 * console.log(await boundedText(new Response("hello").body, 4)); // undefined
 * ```
 */
export async function boundedText(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const bytes of body ?? []) {
    sizeBytes += bytes.length;
    if (sizeBytes > maxBytes) return undefined;
    pieces.push(bytes);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(concat(pieces));
  } catch {
    return undefined;
  }
}
