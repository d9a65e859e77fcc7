// Where what lies in a data folder. No name in it is a client's: keys and ids are hashed.

import { createHash } from "node:crypto";

/** A name for `text` that is safe in every file system and of one length: 64 hex digits. */
export function safeName(text: string): string {
  // JSON keeps lone surrogates apart, which UTF-8 would all make U+FFFD.
  return createHash("sha256").update(JSON.stringify(text)).digest("hex");
}

/** Paths in a data folder. */
export class FolderLayout {
  /** The data folder. */
  readonly root: string;
  /** Locked by the instance that uses the folder. */
  readonly lock: string;
  /** Says that the folder is ours, and in which format. */
  readonly marker: string;
  /** The marker before it is whole. */
  readonly newMarker: string;
  /** What is not yet, or no longer, part of the store. Emptied on opening. */
  readonly temporary: string;
  /** A file for each blob, but for small objects, whose bytes are in their record. */
  readonly blobs: string;
  /** A folder for each bucket. */
  readonly buckets: string;

  /** @param root The data folder. */
  constructor(root: string) {
    this.root = root;
    this.lock = `${root}/lock`;
    this.marker = `${root}/store.json`;
    this.newMarker = `${root}/store.json.new`;
    this.temporary = `${root}/tmp`;
    this.blobs = `${root}/blobs`;
    this.buckets = `${root}/buckets`;
  }

  /** A path that nobody else uses, in {@linkcode temporary}. */
  newTemporary(): string {
    return `${this.temporary}/${crypto.randomUUID()}`;
  }

  /** A blob's file. */
  blob(blob: string): string {
    return `${this.blobs}/${blob}`;
  }

  /** A bucket's folder: its record, `objects` and `uploads`. */
  bucket(name: string): string {
    return `${this.buckets}/${safeName(name)}`;
  }

  /** The folder of a bucket's objects: a record for each. */
  objects(bucket: string): string {
    return `${this.bucket(bucket)}/objects`;
  }

  /** An object's record. */
  object(bucket: string, key: string): string {
    return `${this.objects(bucket)}/${safeName(key)}`;
  }

  /** The folder of a bucket's unfinished uploads. */
  uploads(bucket: string): string {
    return `${this.bucket(bucket)}/uploads`;
  }

  /** An unfinished upload's folder: its record, and one for each part. */
  upload(bucket: string, id: string): string {
    return `${this.uploads(bucket)}/${safeName(id)}`;
  }

  /** A part's record. */
  part(bucket: string, id: string, number: number): string {
    return `${this.upload(bucket, id)}/${partName(number)}`;
  }
}

/** The name of the record in a bucket's folder. */
export const BUCKET_RECORD = "bucket";
/** The name of the record in an upload's folder. */
export const UPLOAD_RECORD = "upload";

/** The name of a part's record in an upload's folder. */
export function partName(number: number): string {
  return `part-${number}`;
}
