// The bytes in a data folder: a file for each blob, and small ones in the file of their object's record.

import { takeBack } from "../s3/lent_bytes.ts";
import { BlobCount } from "./blob_count.ts";
import { type Disk, removeAll } from "./disk.ts";
import { FolderIncoming } from "./folder_incoming.ts";
import type { FolderLayout } from "./folder_layout.ts";
import { heldRead } from "./held_read.ts";
import { type Slice, slicesOf } from "./slices.ts";
import type { Incoming, ReadOptions, Segment } from "./storage.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Objects up to this length are kept in the file of their record: one file and flush less for each. */
export const INLINE_MAX_BYTES = 64 * 1024;
/** What is read at once. */
const CHUNK_BYTES = 256 * 1024;

/** A small blob that has no file of its own. */
interface Small {
  /** Its bytes, while no record file has them. */
  bytes?: Bytes;
  /** The record files that have them, and where in the file. */
  readonly places: Map<string, number>;
}

/** Blobs of a data folder. */
export class FolderBlobs {
  /** Who refers to which. */
  readonly count: BlobCount;
  readonly #layout: FolderLayout;
  readonly #disk: Disk;
  readonly #small = new Map<string, Small>();
  readonly #incoming = new Set<Incoming>();
  readonly #removals = new Set<Promise<void>>();
  #incomingBytes = 0;

  /** @param disk Flushes. */
  constructor(layout: FolderLayout, disk: Disk) {
    this.#layout = layout;
    this.#disk = disk;
    this.count = new BlobCount((blob) => this.#drop(blob));
  }

  /** The length of all blobs, and of what is on its way in, in bytes. */
  get bytes(): number {
    return this.count.bytes + this.#incomingBytes;
  }

  /** Begins to take bytes. */
  receive(): Incoming {
    const blob = crypto.randomUUID();
    const incoming = new FolderIncoming({
      blob,
      path: this.#layout.blob(blob),
      folder: this.#layout.blobs,
      inlineMaxBytes: INLINE_MAX_BYTES,
      disk: this.#disk,
      grew: (bytes) => this.#incomingBytes += bytes,
      finished: (segment, bytes) => {
        if (bytes !== undefined) this.#small.set(blob, { bytes, places: new Map() });
        this.count.add(segment);
      },
      discarded: async () => {
        this.count.abandon(blob);
        await this.removed();
      },
      ended: (ended) => this.#incoming.delete(ended),
    });
    this.#incoming.add(incoming);
    return incoming;
  }

  /** Reads as `Storage.read` says. */
  read(
    segments: readonly Segment[],
    start: number,
    end: number,
    { lent = false }: ReadOptions = {},
  ): AsyncIterable<Bytes> {
    const slices = slicesOf(segments, start, end);
    const held = slices.map(({ segment }) => segment);
    this.count.hold(held);
    return heldRead(this.#chunks(slices, lent), () => this.count.release(held));
  }

  async *#chunks(slices: readonly Slice[], lent: boolean): AsyncGenerator<Bytes, void> {
    for (const { segment: { blob }, start, end } of slices) {
      const small = this.#small.get(blob);
      if (small === undefined) yield* readFile(this.#layout.blob(blob), start, end, lent);
      else yield smallBytes(small, end).subarray(start);
    }
  }

  /** The bytes of content that belongs into its record's file; undefined for any other. */
  inline(segments: readonly Segment[]): Bytes | undefined {
    const [segment, ...more] = segments;
    if (segment === undefined || more.length > 0) return undefined;
    const small = this.#small.get(segment.blob);
    return small === undefined ? undefined : smallBytes(small, segment.sizeBytes);
  }

  /** Gives those small blobs among the segments files of their own. */
  async toFiles(segments: readonly Segment[]): Promise<void> {
    const found = segments.flatMap(({ blob, sizeBytes }) => {
      const small = this.#small.get(blob);
      // Taken now: the record that has them may go meanwhile.
      if (small !== undefined) small.bytes ??= smallBytes(small, sizeBytes);
      return small?.bytes === undefined ? [] : [{ blob, bytes: small.bytes }];
    });
    if (found.length === 0) return;
    for (const { blob, bytes } of found) {
      const path = this.#layout.blob(blob);
      const temporary = this.#layout.newTemporary();
      await this.#disk.writeNew(temporary, bytes);
      // Two records may need it at the same time: the later replaces it with the same bytes.
      Deno.renameSync(temporary, path);
    }
    await this.#disk.flushNames(this.#layout.blobs);
    for (const { blob } of found) this.#small.delete(blob);
  }

  /**
   * Counts the blobs of a record that was read on opening.
   *
   * @param place Where the bytes are, when they are in the record's file.
   */
  restore(segments: readonly Segment[], place?: { path: string; offset: number }): void {
    for (const segment of segments) {
      const { blob } = segment;
      const known = this.count.has(blob);
      if (!known) this.count.add(segment);
      // Of two records that share it, one may have got a file for it.
      if (place === undefined) this.#small.delete(blob);
      else if (!known) this.#small.set(blob, { places: new Map([[place.path, place.offset]]) });
      else this.place(blob, place.path, place.offset);
    }
    this.count.claim(segments);
  }

  /** The record file at `path` has the bytes of this blob from now on, at `offset`. */
  place(blob: string, path: string, offset: number): void {
    const small = this.#small.get(blob);
    // It may have got a file of its own meanwhile, and then needs no place.
    if (small === undefined) return;
    small.places.set(path, offset);
    delete small.bytes;
  }

  /** To be called before a record file goes or is replaced: who else refers to its bytes keeps them. */
  displace(segments: readonly Segment[], path: string): void {
    for (const { blob, sizeBytes } of segments) {
      const small = this.#small.get(blob);
      if (small === undefined || !small.places.has(path)) continue;
      if (small.places.size === 1) small.bytes ??= smallBytes(small, sizeBytes);
      small.places.delete(path);
    }
  }

  /** Resolves when the files of all blobs that went are removed. */
  async removed(): Promise<void> {
    await Promise.all(this.#removals);
  }

  /** Discards what is on its way in. */
  async close(): Promise<void> {
    for (const incoming of this.#incoming) await incoming.discard();
    await this.removed();
  }

  #drop(blob: string): void {
    if (this.#small.delete(blob)) return;
    // What cannot be removed now is removed on the next opening.
    const removal: Promise<void> = removeAll(this.#layout.blob(blob)).catch(() => {})
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }
}

/** The first bytes of a small blob. In one step, so that its record cannot be replaced in between. */
function smallBytes(small: Small, sizeBytes: number): Bytes {
  if (small.bytes !== undefined) return small.bytes.subarray(0, sizeBytes);
  const [place] = small.places;
  if (place === undefined) throw new Error("Cannot read a blob: no record has its bytes");
  const [path, offset] = place;
  using file = Deno.openSync(path);
  file.seekSync(offset, Deno.SeekMode.Start);
  const bytes = new Uint8Array(sizeBytes);
  for (let at = 0; at < sizeBytes;) {
    const read = file.readSync(bytes.subarray(at));
    if (read === null) throw cutShort(path, offset + at, offset + sizeBytes);
    at += read;
  }
  return bytes;
}

async function* readFile(
  path: string,
  start: number,
  end: number,
  lent: boolean,
): AsyncGenerator<Bytes, void> {
  using file = await Deno.open(path);
  await file.seek(start, Deno.SeekMode.Start);
  for (let at = start; at < end;) {
    const bytes = new Uint8Array(Math.min(CHUNK_BYTES, end - at));
    const read = await file.read(bytes);
    if (read === null) throw cutShort(path, at, end);
    yield bytes.subarray(0, read);
    if (lent) takeBack(bytes);
    at += read;
  }
}

function cutShort(path: string, at: number, end: number): Error {
  return new Error(`Cannot read ${path}: it ends at byte ${at}, expected at least ${end}`);
}
