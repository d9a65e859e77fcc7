// The list of object stores that are measured beside each other.

import { minio } from "../../engines/minio.ts";
import { moto } from "../../engines/moto.ts";
import { s3rver } from "../../engines/s3rver.ts";
import { versitygw } from "../../engines/versitygw.ts";
import { s3Engine } from "./s3_engine.ts";
import { ourStore } from "./s3_ours.ts";
import type { S3Peer } from "./s3_peer.ts";

/** Ours with its objects in memory, which is how it comes. */
export const ourMemoryStore: S3Peer = ourStore("memory", "ours, in memory");
/** Ours with its objects in a folder. */
export const ourFolderStore: S3Peer = ourStore("files", "ours, in a folder");
/** What ours is to be twice as fast as: stores that were written for tests. */
export const testStores: readonly S3Peer[] = [s3Engine(moto, "memory"), s3Engine(s3rver, "files")];
/** What the distance is told to: stores that were written for use. */
export const realStores: readonly S3Peer[] = [
  s3Engine(versitygw, "files"),
  s3Engine(minio, "files"),
];

/** All of them. */
export const s3Peers: readonly S3Peer[] = [
  ourMemoryStore,
  ourFolderStore,
  ...realStores,
  ...testStores,
];
