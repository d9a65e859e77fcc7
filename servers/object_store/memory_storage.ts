// Keeps objects in memory, up to a limit. Gone when the process ends.

// deno-lint-ignore-file require-await -- what is done at once here still fails as a rejected promise

import { S3Error } from "../s3/error.ts";
import { BlobCount } from "./blob_count.ts";
import { BytePieces } from "./byte_pieces.ts";
import { Catalogue } from "./catalogue.ts";
import { heldRead } from "./held_read.ts";
import { type Slice, slicesOf } from "./slices.ts";
import type {
  BucketRecord,
  Incoming,
  ObjectRecord,
  PartRecord,
  Segment,
  Storage,
  UploadRecord,
} from "./storage.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const KIB = 1024;
const MAX_CHUNK_BYTES = 1024 * KIB;
const DEFAULT_MAX_BYTES = 1024 * KIB * KIB;

/** How much a memory storage takes. */
export interface MemoryStorageOptions {
  /** The most that contents may take together, reads of overwritten ones included. Default: 1 GiB. */
  maxBytes?: number;
}

/**
 * A storage in memory. What is over the limit is refused with `InsufficientStorage` (507). The limit
 * counts contents, and what reads under way still need of those that were overwritten or deleted; it
 * does not count keys and headers.
 */
export function createMemoryStorage(options: MemoryStorageOptions = {}): Storage {
  return new MemoryStorage(options.maxBytes ?? DEFAULT_MAX_BYTES);
}

class MemoryStorage extends Catalogue implements Storage {
  readonly #maxBytes: number;
  readonly #blobs = new Map<string, Bytes[]>();
  readonly #count = new BlobCount((blob) => this.#blobs.delete(blob));
  /** Bytes that came in and are no blob yet. */
  #incomingBytes = 0;
  #nextBlob = 1;

  constructor(maxBytes: number) {
    super();
    this.#maxBytes = maxBytes;
  }

  get storedBytes(): number {
    return this.#count.bytes + this.#incomingBytes;
  }

  async createBucket(bucket: BucketRecord): Promise<void> {
    this.addBucket(bucket);
  }

  async deleteBucket(name: string): Promise<void> {
    this.#count.release(this.removeBucket(name));
  }

  async putObject(bucket: string, key: string, object: ObjectRecord): Promise<void> {
    this.#replace(bucket, key, object);
  }

  async deleteObject(bucket: string, key: string): Promise<void> {
    this.#count.release(this.removeObject(bucket, key));
  }

  async createUpload(bucket: string, upload: UploadRecord): Promise<void> {
    this.addUpload(bucket, upload);
  }

  async putPart(bucket: string, id: string, part: PartRecord): Promise<void> {
    this.requireUpload(bucket, id);
    this.#count.claim(part.segments);
    this.#count.release(this.setPart(bucket, id, part));
  }

  async endUpload(bucket: string, id: string, object?: ObjectRecord): Promise<void> {
    const key = this.upload(bucket, id)?.key;
    this.requireUpload(bucket, id);
    // The object comes first, so that blobs of its parts are referred to all the time.
    if (object !== undefined && key !== undefined) this.#replace(bucket, key, object);
    this.#count.release(this.removeUpload(bucket, id));
  }

  #replace(bucket: string, key: string, object: ObjectRecord): void {
    this.requireBucket(bucket);
    this.#count.claim(object.segments);
    this.#count.release(this.setObject(bucket, key, object));
  }

  async receive(): Promise<Incoming> {
    const pieces = new BytePieces();
    let kept: Bytes[] = [];
    let sizeBytes = 0;
    let blob: string | undefined;
    let refusal: S3Error | undefined;
    const forget = () => {
      this.#incomingBytes -= sizeBytes;
      sizeBytes = 0;
      kept = [];
      pieces.end();
    };
    return {
      keeps: true,
      write: async (bytes) => {
        if (refusal !== undefined) throw refusal;
        if (this.storedBytes + bytes.length > this.#maxBytes) {
          forget();
          refusal = new S3Error(
            "InsufficientStorage",
            507,
            `There is no room for the content: the store holds at most ${this.#maxBytes} bytes.`,
          );
          throw refusal;
        }
        sizeBytes += bytes.length;
        this.#incomingBytes += bytes.length;
        kept.push(...pieces.add(bytes));
      },
      finish: async () => {
        if (refusal !== undefined) throw refusal;
        const last = pieces.end();
        if (last !== undefined) kept.push(last);
        const segment: Segment = { blob: `m${this.#nextBlob++}`, sizeBytes };
        blob = segment.blob;
        this.#blobs.set(blob, kept);
        this.#count.add(segment);
        forget();
        return segment;
      },
      discard: async () => {
        forget();
        if (blob !== undefined) this.#count.abandon(blob);
      },
    };
  }

  read(segments: readonly Segment[], start: number, end: number): AsyncIterable<Bytes> {
    const slices = slicesOf(segments, start, end);
    const held = slices.map(({ segment }) => segment);
    this.#count.hold(held);
    return heldRead(this.#chunks(slices), () => this.#count.release(held));
  }

  async *#chunks(slices: readonly Slice[]): AsyncGenerator<Bytes, void> {
    for (const { segment, start, end } of slices) {
      /** Where the piece begins in the blob. */
      let offset = 0;
      for (const piece of this.#blobs.get(segment.blob) ?? []) {
        const last = Math.min(piece.length, end - offset);
        for (let at = Math.max(0, start - offset); at < last; at += MAX_CHUNK_BYTES) {
          yield piece.subarray(at, Math.min(at + MAX_CHUNK_BYTES, last));
        }
        offset += piece.length;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#blobs.clear();
  }
}
