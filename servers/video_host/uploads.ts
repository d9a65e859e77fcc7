// The clips that a host has put into a store, and the duty to remove each of them again.

import type { Clock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import { clipBytes } from "./clip.ts";
import { padClip } from "./padded_clip.ts";
import { type StoreClient, StoreError } from "./store_client.ts";

/** A clip in the store. */
export interface UploadedClip {
  /** Its key, which nothing else has. */
  key: string;
  /** Its length, in bytes. */
  sizeBytes: number;
  /** When it was there, in milliseconds of the clock. */
  uploadedAtMs: number;
}

/** What uploads are made with. */
export interface UploadsOptions {
  /** The bucket's client. */
  store: StoreClient;
  /** Names the bucket in messages. */
  bucket: string;
  /** How long each clip is, in bytes. */
  sizeBytes: number;
  /** Times uploads, and limits them. */
  clock: Clock;
  /** Told what is left in the bucket, in a line. */
  warn: (message: string) => void;
  /** Told what was deleted, in a line. */
  notice: (message: string) => void;
}

/** How long one upload and one removal may take, in milliseconds. */
const UPLOAD_MS = 300_000, REMOVE_MS = 15_000;

/** The clips of one host. */
export class Uploads {
  readonly #options: UploadsOptions;
  /** What is in the store, or may be: an upload that failed may have arrived all the same. */
  readonly #keys = new Map<string, "there" | "perhaps there">();
  readonly #padded: Blob;

  /** Nothing is uploaded yet. @throws {RangeError} when the clip does not fit the size. */
  constructor(options: UploadsOptions) {
    this.#options = options;
    this.#padded = padClip(clipBytes(), options.sizeBytes);
  }

  /** Puts a clip into the store under a new name. @throws {StoreError} */
  async add(signal: AbortSignal): Promise<UploadedClip> {
    const { store, clock } = this.#options;
    signal.throwIfAborted();
    const key = `edge-repro-clip-${crypto.randomUUID()}.mp4`;
    this.#keys.set(key, "perhaps there");
    try {
      await within(clock, UPLOAD_MS, (timed) => store.put(key, this.#padded, timed), signal);
    } catch (error) {
      if (error instanceof StoreError && error.undone) this.#keys.delete(key);
      throw error;
    }
    this.#keys.set(key, "there");
    return { key, sizeBytes: this.#padded.size, uploadedAtMs: clock.now() };
  }

  /** Removes a clip. What cannot be removed is tried again by {@linkcode removeAll}. @throws {StoreError} */
  async remove(key: string): Promise<void> {
    const { store, clock, notice } = this.#options;
    await within(clock, REMOVE_MS, (signal) => store.delete(key, signal));
    notice(`deleted ${key}${this.#keys.get(key) === "there" ? "" : ", if it had arrived"}`);
    this.#keys.delete(key);
  }

  /** Removes whatever is left, and warns of each that stays. Never rejects. */
  async removeAll(): Promise<void> {
    const { bucket, warn } = this.#options;
    for (const key of [...this.#keys.keys()]) {
      await this.remove(key).catch((error) => {
        warn(`${messageOf(error)}; it may be left in bucket ${bucket}`);
      });
    }
  }
}

/** Runs a request that is aborted when its time is over. */
async function within<T>(
  clock: Clock,
  limitMs: number,
  run: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const cancel = clock.setTimeout(() => {
    over.abort(new StoreError(`Cannot wait any longer: the store took over ${limitMs / 1_000} s`));
  }, limitMs);
  try {
    return await run(signal ? AbortSignal.any([over.signal, signal]) : over.signal);
  } finally {
    cancel();
  }
}
