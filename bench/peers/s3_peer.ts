// What every object store is that the benchmarks start: ours, and its peers.

import type { ObjectStoreSettings } from "../../lab/role.ts";
import { DEMO_BUCKET, DEMO_CREDENTIALS } from "../../servers/s3/demo_credentials.ts";
import type { Running } from "./peer.ts";

/** What each of them is told. */
export const S3_SETTINGS: ObjectStoreSettings = {
  credentials: DEMO_CREDENTIALS,
  region: "us-east-1",
};

/** The bucket that is measured in. */
export const S3_BUCKET = DEMO_BUCKET;

/** A kind of object store. */
export interface S3Peer {
  /** Its name in the tables. */
  name: string;
  /** Where it keeps objects. */
  keeps: "memory" | "files";
  /** Its version; undefined when it is not installed. */
  version(): Promise<string | undefined>;
  /**
   * Starts it, empty. It can be used when this resolves.
   *
   * @param folder A folder of its own, removed afterwards.
   */
  start(folder: string): Promise<Running>;
}
