// For tests: an object store that is listened on, requests signed for it, and its figures.

import { AwsClient } from "aws4fetch";
import { type Clock, realClock } from "../../lab/clock.ts";
import { listen, type Listening } from "../listen.ts";
import { createMemoryStorage } from "./memory_storage.ts";
import { createObjectStore, type ObjectStore, type ObjectStoreOptions } from "./object_store.ts";
import { PUBLIC_PATH } from "./public_reads.ts";
import type { ReadFigures } from "./read_lock.ts";
import type { Storage } from "./storage.ts";

/** The key of a testing store. */
export const TESTING_KEY = { accessKeyId: "AKTESTING", secretAccessKey: "for tests alone" };

/** The bucket of a testing store; it is public. */
export const BUCKET = "videos";

/** A store that can be reached. */
export class TestingStore implements AsyncDisposable {
  readonly store: ObjectStore;
  readonly storage: Storage;
  readonly listening: Listening;
  readonly #aws = new AwsClient({ ...TESTING_KEY, service: "s3", region: "auto", retries: 0 });

  private constructor(store: ObjectStore, storage: Storage, listening: Listening) {
    this.store = store;
    this.storage = storage;
    this.listening = listening;
  }

  static async start(options: Partial<ObjectStoreOptions> = {}): Promise<TestingStore> {
    const clock: Clock = options.clock ?? realClock;
    const storage = options.storage ?? createMemoryStorage();
    await storage.createBucket({ name: BUCKET, createdMs: clock.now() });
    const store = createObjectStore({
      storage,
      credentials: [TESTING_KEY],
      variant: "fix",
      clock,
      regions: ["wnam", "weur"],
      publicBuckets: [BUCKET],
      ...options,
    });
    return new TestingStore(store, storage, await listen(store));
  }

  get url(): string {
    return this.listening.url;
  }

  get port(): number {
    return this.listening.port;
  }

  /** The URL of a key in the bucket, for signed requests. */
  s3(key: string): string {
    return `${this.url}/${BUCKET}/${key}`;
  }

  /** The path of a key in the bucket, for requests without a signature. */
  publicPath(key: string): string {
    return `${PUBLIC_PATH}/${BUCKET}/${key}`;
  }

  /** Sends a signed request. The URL is normalised on the way. */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(await this.#aws.sign(url, init));
  }

  /** The header fields of a signed request without its Host, for a raw connection. */
  async signed(
    method: string,
    key: string,
    headers: Record<string, string> = {},
  ): Promise<[name: string, value: string][]> {
    const signed = await this.#aws.sign(this.s3(key), { method, headers });
    return [...signed.headers];
  }

  /** Puts an object, and fails where the store does. */
  async put(key: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    const response = await this.fetch(this.s3(key), { method: "PUT", body, headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`PUT ${key}: ${response.status} ${text}`);
    return response;
  }

  /** The reads under way. */
  reads(): ReadFigures[] {
    return this.store.stats()["reads"] as ReadFigures[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listening.close();
    await this.store.close();
  }
}

/** Waits for a state that no event tells of. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The code of an S3 error, and its status: `404 NoSuchKey`. */
export async function errorOf(response: Response): Promise<string> {
  const [, code = "none"] = /<Code>(.*?)<\/Code>/.exec(await response.text()) ?? [];
  return `${response.status} ${code}`;
}
