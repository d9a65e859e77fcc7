// Keeps objects in a folder, so that each is whole or absent whenever the process is killed.

import { Catalogue } from "./catalogue.ts";
import { Disk, removeAll } from "./disk.ts";
import { FolderBlobs } from "./folder_blobs.ts";
import { claimFolder, inFolder } from "./folder_claim.ts";
import { BUCKET_RECORD, FolderLayout, UPLOAD_RECORD } from "./folder_layout.ts";
import { recover } from "./folder_recovery.ts";
import { FolderSteps } from "./folder_steps.ts";
import { bucketFile, encodeRecord, objectFile, partFile, uploadFile } from "./record_file.ts";
import { RunningChanges } from "./running_changes.ts";
import type {
  BucketRecord,
  Incoming,
  ObjectRecord,
  PartRecord,
  ReadOptions,
  Segment,
  Storage,
  UploadRecord,
} from "./storage.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How a folder is used. */
export interface FolderStorageOptions {
  /**
   * Whether to flush to the disk before a change counts as made. Default: true. Without it what was
   * acknowledged survives a killed process, but not a power cut.
   */
  fsync?: boolean;
}

/**
 * Opens a storage in a folder, which is made where there is none. Nobody else can open it meanwhile.
 *
 * Every change is prepared in a temporary file and made by one rename or removal. That one step, its
 * checks and the change in memory are synchronous: of two changes of one key the last to be made wins,
 * in memory and on the disk alike. Blobs that nobody refers to go once the change is on the disk.
 *
 * @throws {UsageError} when the folder cannot be used, is in use, or has broken records, or a permission
 * is missing: one line.
 */
export async function openFolderStorage(
  folder: string,
  options: FolderStorageOptions = {},
): Promise<Storage> {
  const layout = new FolderLayout(folder);
  const disk = new Disk(options.fsync ?? true);
  return await inFolder(folder, async () => {
    const lock = await claimFolder(layout, disk);
    try {
      const storage = new FolderStorage(layout, disk, lock);
      await storage.recover();
      return storage;
    } catch (error) {
      lock.close();
      throw error;
    }
  });
}

class FolderStorage extends Catalogue implements Storage {
  readonly #layout: FolderLayout;
  readonly #disk: Disk;
  readonly #lock: Deno.FsFile;
  readonly #blobs: FolderBlobs;
  readonly #steps: FolderSteps;
  readonly #changes = new RunningChanges();

  constructor(layout: FolderLayout, disk: Disk, lock: Deno.FsFile) {
    super();
    this.#layout = layout;
    this.#disk = disk;
    this.#lock = lock;
    this.#blobs = new FolderBlobs(layout, disk);
    this.#steps = new FolderSteps(layout, disk);
  }

  recover(): Promise<void> {
    return recover(this.#layout, this, this.#blobs);
  }

  get storedBytes(): number {
    return this.#blobs.bytes;
  }

  // deno-lint-ignore require-await -- a closed storage is a rejected promise, as elsewhere
  async receive(): Promise<Incoming> {
    this.#changes.requireOpen();
    return this.#blobs.receive();
  }

  read(
    segments: readonly Segment[],
    start: number,
    end: number,
    options?: ReadOptions,
  ): AsyncIterable<Bytes> {
    return this.#blobs.read(segments, start, end, options);
  }

  createBucket(bucket: BucketRecord): Promise<void> {
    return this.#changes.run(async () => {
      this.requireNoBucket(bucket.name);
      const record = encodeRecord(bucketFile, { schema: "edge-repro/bucket@1", bucket });
      const temporary = await this.#steps.newFolder(BUCKET_RECORD, record, ["objects", "uploads"]);
      await this.#steps.commit(temporary, this.#layout.bucket(bucket.name), {
        check: () => this.requireNoBucket(bucket.name),
        made: () => this.addBucket(bucket),
      });
      await this.#disk.flushNames(this.#layout.buckets);
    });
  }

  deleteBucket(name: string): Promise<void> {
    return this.#changes.run(async () => {
      this.requireEmpty(name);
      const trash = this.#steps.trash(this.#layout.bucket(name));
      const freed = this.removeBucket(name);
      await this.#disk.flushNames(this.#layout.buckets);
      await this.#free(freed);
      await removeAll(trash);
    });
  }

  putObject(bucket: string, key: string, object: ObjectRecord): Promise<void> {
    return this.#changes.run(async () => {
      const replaced = await this.#putObject(bucket, key, object);
      await this.#free(replaced);
    });
  }

  deleteObject(bucket: string, key: string): Promise<void> {
    return this.#changes.run(async () => {
      this.requireBucket(bucket);
      const found = this.object(bucket, key);
      if (found !== undefined) {
        const path = this.#layout.object(bucket, key);
        this.#blobs.displace(found.segments, path);
        this.#steps.remove(path);
      }
      const freed = this.removeObject(bucket, key);
      // Also for one that is not there: another's removal may not be on the disk yet.
      await this.#disk.flushNames(this.#layout.objects(bucket));
      await this.#free(freed);
    });
  }

  createUpload(bucket: string, upload: UploadRecord): Promise<void> {
    return this.#changes.run(async () => {
      this.requireBucket(bucket);
      const record = encodeRecord(uploadFile, { schema: "edge-repro/upload@1", upload });
      const temporary = await this.#steps.newFolder(UPLOAD_RECORD, record, []);
      await this.#steps.commit(temporary, this.#layout.upload(bucket, upload.id), {
        check: () => this.requireBucket(bucket),
        made: () => this.addUpload(bucket, upload),
      });
      await this.#disk.flushNames(this.#layout.uploads(bucket));
    });
  }

  putPart(bucket: string, id: string, part: PartRecord): Promise<void> {
    return this.#changes.run(async () => {
      this.requireUpload(bucket, id);
      let replaced: readonly Segment[] = [];
      await this.#claiming(part.segments, async () => {
        // The object to come has many parts: their bytes do not all fit into its record.
        await this.#blobs.toFiles(part.segments);
        const temporary = this.#layout.newTemporary();
        await this.#disk.writeNew(
          temporary,
          encodeRecord(partFile, { schema: "edge-repro/part@1", part }),
        );
        await this.#steps.commit(temporary, this.#layout.part(bucket, id, part.number), {
          check: () => this.requireUpload(bucket, id),
          made: () => replaced = this.setPart(bucket, id, part),
        });
      });
      await this.#disk.flushNames(this.#layout.upload(bucket, id));
      await this.#free(replaced);
    });
  }

  endUpload(bucket: string, id: string, object?: ObjectRecord): Promise<void> {
    return this.#changes.run(async () => {
      this.requireUpload(bucket, id);
      const key = this.upload(bucket, id)?.key;
      const folder = this.#layout.upload(bucket, id);
      let trash: string;
      let freed: readonly Segment[];
      if (object === undefined || key === undefined) {
        trash = this.#steps.trash(folder);
        freed = this.removeUpload(bucket, id);
      } else {
        // The object's record says that the upload has ended. Should the folder of the upload outlive
        // a crash, it is removed on the next opening.
        freed = await this.#putObject(bucket, key, object, id);
        trash = this.#steps.trash(folder);
      }
      await this.#disk.flushNames(this.#layout.uploads(bucket));
      await this.#free(freed);
      await removeAll(trash);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!await this.#changes.close()) return;
    await this.#blobs.close();
    this.#lock.close();
  }

  /**
   * Puts an object, and ends the upload `completes` in the same step.
   *
   * @returns What nothing refers to any more, to be freed.
   */
  async #putObject(
    bucket: string,
    key: string,
    object: ObjectRecord,
    completes?: string,
  ): Promise<Segment[]> {
    const { segments } = object;
    const path = this.#layout.object(bucket, key);
    const check = () => {
      if (completes === undefined) this.requireBucket(bucket);
      else this.requireUpload(bucket, completes);
    };
    check();
    const freed: Segment[] = [];
    await this.#claiming(segments, async () => {
      const inline = this.#blobs.inline(segments);
      if (inline === undefined) await this.#blobs.toFiles(segments);
      const record = encodeRecord(objectFile, {
        schema: "edge-repro/object@1",
        key,
        object,
        inline: inline !== undefined,
        ...completes === undefined ? {} : { completes },
      });
      const temporary = this.#layout.newTemporary();
      await this.#disk.writeNew(temporary, record, ...inline === undefined ? [] : [inline]);
      await this.#steps.commit(temporary, path, {
        check: () => {
          check();
          this.#blobs.displace(this.object(bucket, key)?.segments ?? [], path);
        },
        made: () => {
          freed.push(...this.setObject(bucket, key, object));
          if (completes !== undefined) freed.push(...this.removeUpload(bucket, completes));
          const [segment] = segments;
          if (inline !== undefined && segment !== undefined) {
            this.#blobs.place(segment.blob, path, record.length);
          }
        },
      });
    });
    // What was there before goes only once its successor is on the disk.
    await this.#disk.flushNames(this.#layout.objects(bucket));
    return freed;
  }

  /** Refers to the segments from now on; no longer if `run`, which is to store a record, fails. */
  async #claiming(segments: readonly Segment[], run: () => Promise<void>): Promise<void> {
    this.#blobs.count.claim(segments);
    try {
      await run();
    } catch (error) {
      await this.#free(segments);
      throw error;
    }
  }

  /** Refers to the segments no more, and removes the files of blobs that nobody refers to. */
  async #free(segments: readonly Segment[]): Promise<void> {
    this.#blobs.count.release(segments);
    await this.#blobs.removed();
  }
}
