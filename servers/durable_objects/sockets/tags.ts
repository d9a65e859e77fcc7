// The tags of a hibernatable socket, and their limits.

/** The most tags of a socket, as workerd 2026-11-17 enforces it. */
export const MAX_TAGS = 10;

/** The longest tag, in bytes of UTF-8 (its message says characters), as workerd 2026-11-17 enforces it. */
export const MAX_TAG_BYTES = 256;

const encoder = new TextEncoder();

const NO_TAGS: readonly string[] = [];

/**
 * The tags of a socket: as text, each once, in the order given.
 *
 * @throws {Error} when there are too many, or one is too long; the texts are workerd's.
 */
export function tagsFrom(tags: readonly unknown[] | undefined): readonly string[] {
  if (tags === undefined || tags.length === 0) return NO_TAGS;
  const distinct = [...new Set(tags.map(String))];
  if (distinct.length > MAX_TAGS) {
    throw new Error(`a Hibernatable WebSocket cannot have more than ${MAX_TAGS} tags`);
  }
  for (const tag of distinct) {
    if (encoder.encode(tag).length > MAX_TAG_BYTES) {
      throw new Error(
        `"${tag}" is longer than the max tag length (${MAX_TAG_BYTES} characters).`,
      );
    }
  }
  return distinct;
}
