// What an object store keeps its objects in: immutable bytes, and records that say what they are.

import type { ChecksumAlgorithm } from "../s3/payload.ts";

/** A run of bytes of an object: all of one stored blob. Objects of several parts have several. */
export interface Segment {
  /** The blob's id. */
  blob: string;
  /** Its length, in bytes. */
  sizeBytes: number;
}

/** An object's or a part's checksum, as S3 writes it. */
export interface Checksum {
  /** Which one. */
  algorithm: ChecksumAlgorithm;
  /** In Base64; of an object made of parts, with the number of parts behind a dash if composite. */
  value: string;
  /** Over the whole content, or over the checksums of its parts. */
  type: "FULL_OBJECT" | "COMPOSITE";
}

/** What an object is, apart from its bytes. Never changed: an overwrite makes a new one. */
export interface ObjectRecord {
  /** The content, in order. */
  segments: readonly Segment[];
  /** The content's length, in bytes: the segments' sum. */
  sizeBytes: number;
  /** The entity tag as S3 computes it, without quotes: MD5 in hex, with `-N` for N parts. */
  etag: string;
  /** When it was stored, in milliseconds since the Unix epoch. */
  lastModifiedMs: number;
  /** Header fields to answer with, names in lower case: `content-type`, `x-amz-meta-...`, ... */
  headers: Readonly<Record<string, string>>;
  /** The checksum it was stored with. */
  checksum?: Checksum;
  /** The sizes of the parts it was completed from, in order, in bytes. */
  partSizes?: readonly number[];
}

/** One part of a multipart upload. */
export interface PartRecord {
  /** From 1 to 10,000. */
  number: number;
  /** Its bytes. */
  segments: readonly Segment[];
  /** In bytes. */
  sizeBytes: number;
  /** MD5 in hex. */
  etag: string;
  /** When it was stored, in milliseconds since the Unix epoch. */
  lastModifiedMs: number;
  /** The checksum it was uploaded with. */
  checksum?: Checksum;
}

/** A multipart upload that is neither completed nor aborted. */
export interface UploadRecord {
  /** Its id. */
  id: string;
  /** The object it is to become. */
  key: string;
  /** When it was begun, in milliseconds since the Unix epoch. */
  initiatedMs: number;
  /** Header fields that the object will have. */
  headers: Readonly<Record<string, string>>;
  /** The checksum that parts are to have, where one was asked for. */
  checksum?: Pick<Checksum, "algorithm" | "type">;
}

/** A bucket. */
export interface BucketRecord {
  /** Its name. */
  name: string;
  /** When it was made, in milliseconds since the Unix epoch. */
  createdMs: number;
}

/** Bytes on their way into the store: they become a blob or nothing. */
export interface Incoming {
  /**
   * Takes bytes; where {@linkcode keeps} says so the array is kept, and must not be changed afterwards.
   *
   * @throws {S3Error} `InsufficientStorage` (507) when there is no room.
   */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Whether arrays are still needed when `write` has resolved. */
  readonly keeps: boolean;
  /** Makes a blob of them, safe on disk where there is one. Nobody refers to it yet. */
  finish(): Promise<Segment>;
  /** Forgets them. After `finish` this forgets the blob, unless a record refers to it. */
  discard(): Promise<void>;
}

/** How bytes are read. */
export interface ReadOptions {
  /**
   * Whether the reader is done with a chunk once it asks for the next. The storage may then take its
   * memory back at once, which empties the array; else the garbage collector gets to it when it wants
   * to. Default: false.
   */
  lent?: boolean;
}

/** Where a bucket's objects are listed from. */
export interface ListFrom {
  /** Only keys that begin with this. */
  prefix?: string;
  /** Only keys after this one, in the order of their UTF-8 bytes. */
  after?: string;
  /** Only keys not before this one, likewise. */
  from?: string;
}

/**
 * Where an object store keeps things. Lookups are answered from memory at once; changes resolve when
 * they would survive a crash, and are all or nothing. Blobs are shared and counted: one that no record
 * and no open read refers to any more is gone.
 */
export interface Storage extends AsyncDisposable {
  /** All buckets, by name. */
  buckets(): BucketRecord[];
  /** A bucket; undefined where there is none of that name. */
  bucket(name: string): BucketRecord | undefined;
  /** Makes a bucket that there is not. */
  createBucket(bucket: BucketRecord): Promise<void>;
  /** Removes a bucket and its unfinished uploads. It must have no objects. */
  deleteBucket(name: string): Promise<void>;

  /** Begins to take bytes. */
  receive(): Promise<Incoming>;
  /** An object; undefined where there is none. */
  object(bucket: string, key: string): ObjectRecord | undefined;
  /** Stores an object in the place of what is there. Its blobs must be there. */
  putObject(bucket: string, key: string, object: ObjectRecord): Promise<void>;
  /** Removes an object; one that is not there is no error. */
  deleteObject(bucket: string, key: string): Promise<void>;
  /** The objects of a bucket in the order of their keys' UTF-8 bytes. */
  objects(bucket: string, from?: ListFrom): Iterable<readonly [key: string, object: ObjectRecord]>;

  /**
   * The bytes from `start` up to but not including `end` of what the segments are together. They stay
   * readable until the iteration ends, whatever becomes of the object. Chunks have 32 KiB to 1 MiB, but
   * the last of a blob.
   */
  read(
    segments: readonly Segment[],
    start: number,
    end: number,
    options?: ReadOptions,
  ): AsyncIterable<Uint8Array<ArrayBuffer>>;

  /** The unfinished uploads of a bucket, by key and then by beginning. */
  uploads(bucket: string): UploadRecord[];
  /** An unfinished upload. */
  upload(bucket: string, id: string): UploadRecord | undefined;
  /** Begins an upload. */
  createUpload(bucket: string, upload: UploadRecord): Promise<void>;
  /** The parts of an upload, by number. */
  parts(bucket: string, id: string): PartRecord[];
  /** Stores a part in the place of one that has its number. */
  putPart(bucket: string, id: string, part: PartRecord): Promise<void>;
  /** Ends an upload; with an object, that object takes its key's place in the same step. */
  endUpload(bucket: string, id: string, object?: ObjectRecord): Promise<void>;

  /** How many objects there are in all buckets. Takes no longer the more there are. */
  readonly objectCount: number;
  /** How many bytes are stored, parts included. */
  readonly storedBytes: number;
}
