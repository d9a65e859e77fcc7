// Strings in the order of their UTF-8 bytes, which is the order in which S3 lists keys.

/** At most this many keys a chunk: inserting moves no more than this. */
const MAX_CHUNK = 512;

/** Puts surrogates behind U+E000 to U+FFFF, as UTF-8 does and UTF-16 does not. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/**
 * Compares two strings by their UTF-8 bytes, without encoding them.
 *
 * @returns Below zero when `a` comes first, above when `b` does, zero when they are the same.
 *
 * ```ts
 * import { compareUtf8 } from "./sorted_keys.ts";
 * import { assert } from "@std/assert";
 *
 * assert(compareUtf8("a", "b") < 0);
 * assert(compareUtf8("\uff5e", "\u{1f600}") < 0); // by UTF-16 it would be the other way round
 * ```
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** The first index at which `below` no longer holds; it holds for a run at the beginning only. */
function partition(length: number, below: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (below(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A set of strings in the order of their UTF-8 bytes. Adding, removing and finding a place take the
 * logarithm of the size, and the move of at most 512 entries.
 */
export class SortedKeys {
  /** In order, none of them empty. */
  readonly #chunks: string[][] = [];
  #size = 0;
  #changes = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** The chunk where `key` is or belongs, and the place in it; a place behind the last may be given. */
  #find(key: string): { chunk: number; index: number } {
    const chunks = this.#chunks;
    const chunk = Math.max(
      0,
      partition(chunks.length, (i) => compareUtf8(chunks[i]?.[0] ?? "", key) <= 0) - 1,
    );
    const keys = chunks[chunk] ?? [];
    return { chunk, index: partition(keys.length, (i) => compareUtf8(keys[i] ?? "", key) < 0) };
  }

  /** Adds a key; one that is there stays as it is. */
  add(key: string): void {
    const { chunk, index } = this.#find(key);
    const keys = this.#chunks[chunk];
    if (keys?.[index] === key) return;
    this.#size++;
    this.#changes++;
    if (keys === undefined) {
      this.#chunks.push([key]);
      return;
    }
    keys.splice(index, 0, key);
    if (keys.length <= MAX_CHUNK) return;
    // Keys that come in order would leave every chunk half full if it were cut in the middle.
    const atEnd = chunk === this.#chunks.length - 1 && index === keys.length - 1;
    const cut = atEnd ? keys.length - 1 : keys.length >>> 1;
    this.#chunks.splice(chunk + 1, 0, keys.splice(cut));
  }

  /** Removes a key; one that is not there is no error. */
  delete(key: string): void {
    const { chunk, index } = this.#find(key);
    const keys = this.#chunks[chunk];
    if (keys?.[index] !== key) return;
    this.#size--;
    this.#changes++;
    keys.splice(index, 1);
    if (keys.length === 0) this.#chunks.splice(chunk, 1);
  }

  /**
   * The keys from the first that is not before `start`, in order. Keys may be added and removed
   * meanwhile: the iteration goes on behind the key that it gave last.
   *
   * @param start Need not be among them.
   */
  *from(start: string): Generator<string, void> {
    let { chunk, index } = this.#find(start);
    let changes = this.#changes;
    while (true) {
      const keys = this.#chunks[chunk];
      if (keys === undefined) return;
      const key = keys[index];
      if (key === undefined) {
        chunk++;
        index = 0;
        continue;
      }
      yield key;
      index++;
      if (changes === this.#changes) continue;
      changes = this.#changes;
      ({ chunk, index } = this.#find(key));
      if (this.#chunks[chunk]?.[index] === key) index++;
    }
  }
}
