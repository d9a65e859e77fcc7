// One blob on its way into a data folder: one buffer fills while the other goes to the disk.

import { takeBack } from "../s3/lent_bytes.ts";
import { type Disk, removeAll, storageError, writeAll } from "./disk.ts";
import type { Incoming, Segment } from "./storage.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What is written at once. Reading and hashing what comes next goes on meanwhile. */
const BUFFER_BYTES = 128 * 1024;
/** What most buffers begin with; each grows to four times as much, as content comes. */
const FIRST_BYTES = 1024;

/** What an incoming blob is given by the folder that it goes into. */
export interface IncomingOptions {
  /** The blob's id. */
  blob: string;
  /** Its file, should it need one. */
  path: string;
  /** The folder around the file. */
  folder: string;
  /** Content up to this length gets no file, in bytes. */
  inlineMaxBytes: number;
  /** Flushes. */
  disk: Disk;
  /** Told by how much what is on its way in has grown, or shrunk, in bytes. */
  grew(bytes: number): void;
  /** Told of the finished blob; with its bytes where it has no file. */
  finished(segment: Segment, bytes: Bytes | undefined): void;
  /** The blob was given up, finished or not. Called after its file is gone. */
  discarded(): Promise<void>;
  /** Nothing more will come. */
  ended(incoming: Incoming): void;
}

/** Takes the bytes of one blob. They are copied, so arrays are the giver's again at once. */
export class FolderIncoming implements Incoming {
  readonly keeps = false;
  readonly #options: IncomingOptions;
  #buffer: Bytes = new Uint8Array(0);
  #used = 0;
  /** The buffer that is not filling, once there are two. */
  #other: Bytes | undefined;
  /** Settles when the other buffer is free. */
  #writing: Promise<void> | undefined;
  #file: Deno.FsFile | undefined;
  #sizeBytes = 0;
  #failure: unknown;
  /** Steps come one after the other: a file that is being written is not closed. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Takes nothing yet, and makes no file. */
  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  write(bytes: Bytes): Promise<void> {
    return this.#step(async () => {
      this.#sizeBytes += bytes.length;
      this.#options.grew(bytes.length);
      for (let rest = bytes; rest.length > 0;) {
        const part = rest.subarray(0, BUFFER_BYTES - this.#used);
        this.#append(part);
        rest = rest.subarray(part.length);
        if (this.#used === BUFFER_BYTES) await this.#writeOut();
      }
    });
  }

  finish(): Promise<Segment> {
    return this.#step(async () => {
      const { blob, folder, disk, inlineMaxBytes } = this.#options;
      const segment: Segment = { blob, sizeBytes: this.#sizeBytes };
      let small: Bytes | undefined;
      if (this.#sizeBytes <= inlineMaxBytes) {
        small = this.#buffer.slice(0, this.#used);
      } else {
        await this.#writeOut();
        await this.#writing;
        if (this.#file !== undefined) await disk.flush(this.#file);
        await disk.flushNames(folder);
      }
      this.#options.finished(segment, small);
      this.#failure = new Error("Cannot take more bytes: the blob is finished");
      await this.#end(false);
      return segment;
    });
  }

  discard(): Promise<void> {
    return this.#queue(async () => {
      this.#failure ??= new Error("Cannot take more bytes: they were discarded");
      await this.#end(true);
      await this.#options.discarded();
    });
  }

  #append(bytes: Bytes): void {
    const needed = this.#used + bytes.length;
    if (needed > this.#buffer.length) {
      const length = Math.max(needed, FIRST_BYTES, this.#buffer.length * 4);
      const grown = new Uint8Array(Math.min(BUFFER_BYTES, length));
      grown.set(this.#buffer.subarray(0, this.#used));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#used);
    this.#used = needed;
  }

  /** Begins to write what is gathered, as soon as the write before it has ended. */
  async #writeOut(): Promise<void> {
    await this.#writing;
    const file = this.#file ??= await Deno.open(this.#options.path, {
      write: true,
      createNew: true,
    });
    const full = this.#buffer;
    this.#writing = writeAll(file, full.subarray(0, this.#used));
    // Whoever takes the next step hears of it.
    this.#writing.catch(() => {});
    this.#buffer = this.#other ?? new Uint8Array(0);
    this.#other = full;
    this.#used = 0;
  }

  /** Runs one step; when it fails, nothing of the bytes stays and no other step is taken. */
  #step<T>(run: () => Promise<T>): Promise<T> {
    return this.#queue(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        return await run();
      } catch (error) {
        this.#failure = storageError(error);
        await this.#end(true);
        throw this.#failure;
      }
    });
  }

  #queue<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #end(remove: boolean): Promise<void> {
    this.#options.ended(this);
    this.#options.grew(-this.#sizeBytes);
    this.#sizeBytes = 0;
    this.#used = 0;
    await this.#writing?.catch(() => {});
    takeBack(this.#buffer);
    if (this.#other !== undefined) takeBack(this.#other);
    const file = this.#file;
    this.#file = undefined;
    file?.close();
    if (file !== undefined && remove) await removeAll(this.#options.path);
  }
}
