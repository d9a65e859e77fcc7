// What an object store knows by heart: its buckets, objects and unfinished uploads, ready to look up.

import { bucketAlreadyOwned, bucketNotEmpty, noSuchBucket, noSuchUpload } from "../s3/errors.ts";
import { compareUtf8, SortedKeys } from "./sorted_keys.ts";
import type {
  BucketRecord,
  ListFrom,
  ObjectRecord,
  PartRecord,
  Segment,
  UploadRecord,
} from "./storage.ts";

interface Upload {
  record: UploadRecord;
  parts: Map<number, PartRecord>;
}

interface Bucket {
  record: BucketRecord;
  objects: Map<string, ObjectRecord>;
  keys: SortedKeys;
  uploads: Map<string, Upload>;
}

/** The segments of all parts of an upload. */
function segmentsOf(upload: Upload): Segment[] {
  return [...upload.parts.values()].flatMap(({ segments }) => segments);
}

/**
 * The records in memory. Lookups are those of `Storage`. Every change is one synchronous step: it is
 * checked, refused with the S3 error that says why, or made; it gives back what nothing refers to now.
 */
export class Catalogue {
  readonly #buckets = new Map<string, Bucket>();

  /** How many objects there are in all buckets. */
  get objectCount(): number {
    let count = 0;
    for (const { objects } of this.#buckets.values()) count += objects.size;
    return count;
  }

  /** All buckets, by name. */
  buckets(): BucketRecord[] {
    return [...this.#buckets.values()].map(({ record }) => record)
      .sort((a, b) => compareUtf8(a.name, b.name));
  }

  /** A bucket; undefined where there is none of that name. */
  bucket(name: string): BucketRecord | undefined {
    return this.#buckets.get(name)?.record;
  }

  /** An object; undefined where there is none. */
  object(bucket: string, key: string): ObjectRecord | undefined {
    return this.#buckets.get(bucket)?.objects.get(key);
  }

  /** The objects of a bucket in the order of their keys' UTF-8 bytes. */
  *objects(name: string, from: ListFrom = {}): Generator<readonly [string, ObjectRecord], void> {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) return;
    const { prefix = "", after, from: first = "" } = from;
    const start = [prefix, after ?? "", first].reduce((a, b) => compareUtf8(a, b) < 0 ? b : a);
    for (const key of bucket.keys.from(start)) {
      if (!key.startsWith(prefix)) return;
      if (key === after) continue;
      const object = bucket.objects.get(key);
      if (object !== undefined) yield [key, object];
    }
  }

  /** The unfinished uploads of a bucket, by key and then by beginning. */
  uploads(bucket: string): UploadRecord[] {
    return [...this.#buckets.get(bucket)?.uploads.values() ?? []].map(({ record }) => record)
      .sort((a, b) =>
        compareUtf8(a.key, b.key) || a.initiatedMs - b.initiatedMs || compareUtf8(a.id, b.id)
      );
  }

  /** An unfinished upload. */
  upload(bucket: string, id: string): UploadRecord | undefined {
    return this.#buckets.get(bucket)?.uploads.get(id)?.record;
  }

  /** The parts of an upload, by number. */
  parts(bucket: string, id: string): PartRecord[] {
    return [...this.#buckets.get(bucket)?.uploads.get(id)?.parts.values() ?? []]
      .sort((a, b) => a.number - b.number);
  }

  /** @throws {S3Error} `BucketAlreadyOwnedByYou` (409) when there is a bucket of that name. */
  requireNoBucket(name: string): void {
    if (!this.#buckets.has(name)) return;
    throw bucketAlreadyOwned(name);
  }

  /** @throws {S3Error} `NoSuchBucket` (404) when there is none of that name. */
  requireBucket(name: string): void {
    this.#bucket(name);
  }

  /** @throws {S3Error} `NoSuchBucket` (404), or `BucketNotEmpty` (409) when it has objects. */
  requireEmpty(name: string): void {
    if (this.#bucket(name).objects.size === 0) return;
    throw bucketNotEmpty(name);
  }

  /** @throws {S3Error} `NoSuchBucket` or `NoSuchUpload` (404). */
  requireUpload(bucket: string, id: string): void {
    this.#upload(bucket, id);
  }

  /** Adds a bucket. Errors as {@linkcode requireNoBucket}. */
  addBucket(record: BucketRecord): void {
    this.requireNoBucket(record.name);
    this.#buckets.set(record.name, {
      record,
      objects: new Map(),
      keys: new SortedKeys(),
      uploads: new Map(),
    });
  }

  /** Removes a bucket. Errors as {@linkcode requireEmpty}. */
  removeBucket(name: string): Segment[] {
    this.requireEmpty(name);
    const uploads = [...this.#bucket(name).uploads.values()];
    this.#buckets.delete(name);
    return uploads.flatMap(segmentsOf);
  }

  /** Sets an object. Errors as {@linkcode requireBucket}. */
  setObject(bucket: string, key: string, object: ObjectRecord): readonly Segment[] {
    const { objects, keys } = this.#bucket(bucket);
    const replaced = objects.get(key);
    objects.set(key, object);
    if (replaced === undefined) keys.add(key);
    return replaced?.segments ?? [];
  }

  /** Removes an object; one that is not there is no error. Errors as {@linkcode requireBucket}. */
  removeObject(bucket: string, key: string): readonly Segment[] {
    const { objects, keys } = this.#bucket(bucket);
    const removed = objects.get(key);
    if (!objects.delete(key)) return [];
    keys.delete(key);
    return removed?.segments ?? [];
  }

  /** Adds an upload. Errors as {@linkcode requireBucket}. */
  addUpload(bucket: string, record: UploadRecord): void {
    this.#bucket(bucket).uploads.set(record.id, { record, parts: new Map() });
  }

  /** Sets a part. Errors as {@linkcode requireUpload}. */
  setPart(bucket: string, id: string, part: PartRecord): readonly Segment[] {
    const { parts } = this.#upload(bucket, id);
    const replaced = parts.get(part.number);
    parts.set(part.number, part);
    return replaced?.segments ?? [];
  }

  /** Removes an upload. Errors as {@linkcode requireUpload}. */
  removeUpload(bucket: string, id: string): Segment[] {
    const upload = this.#upload(bucket, id);
    this.#bucket(bucket).uploads.delete(id);
    return segmentsOf(upload);
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket !== undefined) return bucket;
    throw noSuchBucket(name);
  }

  #upload(bucket: string, id: string): Upload {
    const upload = this.#bucket(bucket).uploads.get(id);
    if (upload !== undefined) return upload;
    throw noSuchUpload(id);
  }
}
