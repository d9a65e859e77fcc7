// Reads a data folder on opening, checks that all of it is there, and removes what a crash left over.

import type { z } from "zod";
import { messageOf, UsageError } from "../../lab/errors.ts";
import type { Catalogue } from "./catalogue.ts";
import { removeAll } from "./disk.ts";
import type { FolderBlobs } from "./folder_blobs.ts";
import {
  BUCKET_RECORD,
  type FolderLayout,
  partName,
  safeName,
  UPLOAD_RECORD,
} from "./folder_layout.ts";
import {
  bucketFile,
  type Decoded,
  objectFile,
  partFile,
  readRecord,
  uploadFile,
} from "./record_file.ts";
import type { Segment } from "./storage.ts";

/** How many of the broken files the error names. */
const NAMED = 3;

/**
 * Fills the catalogue with what the folder has.
 *
 * A record that cannot be read, or whose bytes are not there, is no reason to forget it: the folder is
 * refused and nothing in it is changed, so that it can be restored from a backup. Who would rather lose
 * those objects moves the named files away; their bytes are then removed on the next opening.
 *
 * @throws {UsageError} that names the broken files.
 */
export async function recover(
  layout: FolderLayout,
  catalogue: Catalogue,
  blobs: FolderBlobs,
): Promise<void> {
  const reader = new FolderReader(layout, catalogue, blobs);
  reader.read();
  for (const path of reader.leftovers()) await removeAll(path);
}

/** Names in a folder, but for those with a dot, which file systems and desktops leave behind. */
function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name[0] !== ".");
}

class FolderReader {
  readonly #layout: FolderLayout;
  readonly #catalogue: Catalogue;
  readonly #blobs: FolderBlobs;
  readonly #broken: string[] = [];
  /** Of each blob with a file, the length in bytes. */
  readonly #sizes = new Map<string, number>();
  /** Blobs whose files a record refers to. */
  readonly #needed = new Set<string>();
  /** Folders of uploads that an object's record says have ended. */
  readonly #ended: string[] = [];

  constructor(layout: FolderLayout, catalogue: Catalogue, blobs: FolderBlobs) {
    this.#layout = layout;
    this.#catalogue = catalogue;
    this.#blobs = blobs;
  }

  read(): void {
    for (const blob of namesIn(this.#layout.blobs)) {
      this.#sizes.set(blob, Deno.statSync(this.#layout.blob(blob)).size);
    }
    for (const name of namesIn(this.#layout.buckets)) {
      const folder = `${this.#layout.buckets}/${name}`;
      this.#check(`${folder}/${BUCKET_RECORD}`, bucketFile, ({ record: { bucket } }) => {
        expectName(name, safeName(bucket.name));
        this.#catalogue.addBucket(bucket);
        const ended = this.#readObjects(bucket.name);
        this.#readUploads(bucket.name, ended);
      });
    }
    if (this.#broken.length === 0) return;
    const more = this.#broken.length - NAMED;
    throw new UsageError(
      `Cannot use ${this.#layout.root} as data folder: ${this.#broken.length} of its records ` +
        `cannot be read, ${this.#broken.slice(0, NAMED).join("; ")}${
          more > 0 ? `; and ${more} more` : ""
        }; restore them from a backup, or move them away and lose what they describe`,
    );
  }

  /** What the store has no use for any more. */
  leftovers(): string[] {
    return [
      ...[...Deno.readDirSync(this.#layout.temporary)]
        .map(({ name }) => `${this.#layout.temporary}/${name}`),
      ...this.#ended,
      ...[...this.#sizes.keys()].filter((blob) => !this.#needed.has(blob))
        .map((blob) => this.#layout.blob(blob)),
    ];
  }

  /** @returns The ids of uploads that ended with one of the objects. */
  #readObjects(bucket: string): Set<string> {
    const ended = new Set<string>();
    const folder = this.#layout.objects(bucket);
    for (const name of namesIn(folder)) {
      const path = `${folder}/${name}`;
      this.#check(path, objectFile, ({ record, offset, sizeBytes }) => {
        const { key, object, inline, completes } = record;
        expectName(name, safeName(key));
        if (inline && (object.segments.length !== 1 || sizeBytes !== object.sizeBytes)) {
          throw new Error(`it has ${sizeBytes} bytes of content, expected ${object.sizeBytes}`);
        }
        if (!inline) this.#need(object.segments);
        expectSum(object);
        this.#blobs.restore(object.segments, inline ? { path, offset } : undefined);
        this.#catalogue.setObject(bucket, key, object);
        if (completes !== undefined) ended.add(completes);
      });
    }
    return ended;
  }

  #readUploads(bucket: string, ended: ReadonlySet<string>): void {
    for (const name of namesIn(this.#layout.uploads(bucket))) {
      const folder = `${this.#layout.uploads(bucket)}/${name}`;
      this.#check(`${folder}/${UPLOAD_RECORD}`, uploadFile, ({ record: { upload } }) => {
        expectName(name, safeName(upload.id));
        if (ended.has(upload.id)) {
          this.#ended.push(folder);
          return;
        }
        this.#catalogue.addUpload(bucket, upload);
        for (const file of namesIn(folder)) {
          if (file !== UPLOAD_RECORD) this.#readPart(bucket, upload.id, file);
        }
      });
    }
  }

  #readPart(bucket: string, id: string, name: string): void {
    const path = `${this.#layout.upload(bucket, id)}/${name}`;
    this.#check(path, partFile, ({ record: { part } }) => {
      expectName(name, partName(part.number));
      expectSum(part);
      this.#need(part.segments);
      this.#blobs.restore(part.segments);
      this.#catalogue.setPart(bucket, id, part);
    });
  }

  /** Reads a record and uses it; what is wrong with it is noted. */
  #check<T>(path: string, schema: z.ZodType<T>, use: (decoded: Decoded<T>) => void): void {
    try {
      use(readRecord(path, schema));
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      this.#broken.push(`${path} (${messageOf(error)})`);
    }
  }

  /** Checks that the segments have files, whole ones. */
  #need(segments: readonly Segment[]): void {
    for (const { blob, sizeBytes } of segments) {
      const found = this.#sizes.get(blob);
      if (found !== sizeBytes) {
        throw new Error(
          `its content ${this.#layout.blob(blob)} ${
            found === undefined ? "is not there" : `has ${found} bytes, expected ${sizeBytes}`
          }`,
        );
      }
      this.#needed.add(blob);
    }
  }
}

function expectName(name: string, expected: string): void {
  if (name !== expected) throw new Error(`it belongs into a file named ${expected}`);
}

function expectSum(content: { segments: readonly Segment[]; sizeBytes: number }): void {
  const sum = content.segments.reduce((all, { sizeBytes }) => all + sizeBytes, 0);
  if (sum !== content.sizeBytes) {
    throw new Error(`its segments have ${sum} bytes, expected ${content.sizeBytes}`);
  }
}
