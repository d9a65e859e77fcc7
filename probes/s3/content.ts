// Content of an object that is made up as it is sent, and known again in any piece of it.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** The grain in which versions are told apart, in bytes: each block names its version and its place. */
export const BLOCK_BYTES = 4_096;

/** How much is made, sent or compared at a time, in bytes; a multiple of {@linkcode BLOCK_BYTES}. */
const TILE_BYTES = 64 * BLOCK_BYTES;

/** What stands at the front of a block: seed, version and the block's number. */
const STAMP_BYTES = 16;

/** What of an object's content there is to say. */
export interface ContentOptions {
  /** How long it is, in bytes. */
  sizeBytes: number;
  /** Tells objects apart, 0 to 2^32 - 1. Default 0. */
  seed?: number;
  /** Tells what was written to one key at different times apart, 0 to 255. Default 0. */
  version?: number;
}

/** Bytes as they should be, or the place of the first that is not, counted from the object's start. */
export type ContentCheck = "same" | { atByte: number };

/** What can be uploaded: a known length, the bytes in pieces, and their hash. */
export interface UploadContent {
  /** How long it is, in bytes. */
  readonly sizeBytes: number;
  /** The content from its beginning; a piece is valid until the next one is asked for. */
  pieces(): Iterable<Uint8Array>;
  /** The SHA-256 of the content, in lower-case hex. */
  sha256(): string;
}

/** Bytes that look random: xorshift32, never zero. */
function noise(seed: number): Uint8Array {
  const words = new Uint32Array(TILE_BYTES / 4);
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer);
}

/**
 * Content of any size that costs no memory: one tile of noise, repeated, in which each block of
 * {@linkcode BLOCK_BYTES} begins with its seed, its version and its number. In all other bytes two
 * versions of one seed differ everywhere.
 *
 * @example
 * ```ts
 * import { ObjectContent } from "./content.ts";
 *
 * const content = new ObjectContent({ sizeBytes: 1 << 20, version: 1 });
 * console.log(content.check(5_000, content.read(5_000, 100))); // same
 * ```
 */
export class ObjectContent implements UploadContent {
  /** {@inheritDoc UploadContent.sizeBytes} */
  readonly sizeBytes: number;
  /** Tells objects apart. */
  readonly seed: number;
  /** Tells what was written to one key at different times apart. */
  readonly version: number;
  readonly #tile: Uint8Array;
  readonly #stamps: DataView;
  #firstBlock = -1;
  #sha256: string | undefined;

  /**
   * Content to be made up; nothing of its size is kept.
   *
   * @throws {RangeError} for a size, seed or version out of range.
   */
  constructor({ sizeBytes, seed = 0, version = 0 }: ContentOptions) {
    const check = (what: string, value: number, most: number) => {
      if (Number.isInteger(value) && value >= 0 && value <= most) return;
      throw new RangeError(
        `Cannot make content: received ${what} ${value}, expected a whole number from 0 to ${most}`,
      );
    };
    check("size", sizeBytes, Number.MAX_SAFE_INTEGER);
    check("seed", seed, 0xffff_ffff);
    check("version", version, 0xff);
    this.sizeBytes = sizeBytes;
    this.seed = seed;
    this.version = version;
    this.#tile = noise(seed).map((byte) => byte ^ version);
    this.#stamps = new DataView(this.#tile.buffer);
    for (let at = 0; at < TILE_BYTES; at += BLOCK_BYTES) {
      this.#stamps.setUint32(at, seed);
      this.#stamps.setUint32(at + 4, version);
    }
  }

  /** The content from `offset` on, at most `length` bytes of it. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - offset)));
    for (let at = 0; at < out.length;) {
      const piece = this.#piece(offset + at, out.length - at);
      out.set(piece, at);
      at += piece.length;
    }
    return out;
  }

  /** {@inheritDoc UploadContent.pieces} */
  *pieces(): Iterable<Uint8Array> {
    for (let at = 0; at < this.sizeBytes;) {
      const piece = this.#piece(at, this.sizeBytes - at);
      // Who sends it may keep it until the kernel has taken it; the tile changes before that.
      yield piece.slice();
      at += piece.length;
    }
  }

  /** Whether `bytes` are what stands at `offset`; also false for bytes beyond the end. */
  check(offset: number, bytes: Uint8Array): ContentCheck {
    for (let at = 0; at < bytes.length;) {
      const piece = this.#piece(offset + at, bytes.length - at);
      if (piece.length === 0) return { atByte: offset + at };
      const got = bytes.subarray(at, at + piece.length);
      // `indexedDB.cmp` aside, node's is the one comparison here that is a memcmp.
      if (Buffer.compare(got, piece) !== 0) {
        return { atByte: offset + at + got.findIndex((byte, index) => byte !== piece[index]) };
      }
      at += piece.length;
    }
    return "same";
  }

  /** {@inheritDoc UploadContent.sha256} */
  sha256(): string {
    if (this.#sha256 === undefined) {
      const hash = createHash("sha256");
      for (let at = 0; at < this.sizeBytes;) {
        const piece = this.#piece(at, this.sizeBytes - at);
        hash.update(piece);
        at += piece.length;
      }
      this.#sha256 = hash.digest("hex");
    }
    return this.#sha256;
  }

  /** What stands at `offset` up to the end of its tile; valid until the next call. */
  #piece(offset: number, length: number): Uint8Array {
    const inTile = offset % TILE_BYTES;
    this.#stampFrom((offset - inTile) / BLOCK_BYTES);
    const end = Math.min(inTile + length, inTile + this.sizeBytes - offset, TILE_BYTES);
    return this.#tile.subarray(inTile, Math.max(end, inTile));
  }

  #stampFrom(firstBlock: number): void {
    if (firstBlock === this.#firstBlock) return;
    this.#firstBlock = firstBlock;
    for (let block = 0; block < TILE_BYTES / BLOCK_BYTES; block++) {
      this.#stamps.setBigUint64(block * BLOCK_BYTES + STAMP_BYTES - 8, BigInt(firstBlock + block));
    }
  }
}
