// For tests: contents, records and temporary folders of storages.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { S3Error } from "../s3/error.ts";
import type { ObjectRecord, PartRecord, Segment, Storage, UploadRecord } from "./storage.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** `size` bytes that depend on `seed` and on their place. */
export function testBytes(size: number, seed = 1): Bytes {
  const bytes = new Uint8Array(size);
  let state = seed * 2654435761 >>> 0 || 1;
  for (let i = 0; i < size; i++) {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Stores bytes as a blob, written in arrays of at most `step` bytes. */
export async function store(storage: Storage, bytes: Bytes, step = 65536): Promise<Segment> {
  const incoming = await storage.receive();
  for (let at = 0; at < bytes.length; at += step) {
    await incoming.write(bytes.slice(at, at + step));
  }
  return await incoming.finish();
}

/** An object of these segments. */
export function objectOf(segments: readonly Segment[], etag = "etag"): ObjectRecord {
  return {
    segments,
    sizeBytes: segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    etag,
    lastModifiedMs: 1,
    headers: { "content-type": "video/mp4", "x-amz-meta-note": "ä" },
  };
}

/** Puts bytes as an object, with their MD5 as its entity tag. */
export async function put(
  storage: Storage,
  bucket: string,
  key: string,
  bytes: Bytes,
): Promise<ObjectRecord> {
  const object = objectOf([await store(storage, bytes)], md5(bytes));
  await storage.putObject(bucket, key, object);
  return object;
}

/** MD5 in hex. */
export function md5(bytes: Bytes): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** All chunks as one array. */
export async function gather(chunks: AsyncIterable<Bytes>): Promise<Bytes> {
  return new Uint8Array(await new Blob(await Array.fromAsync(chunks)).arrayBuffer());
}

/** The whole content of an object that is there. */
export async function content(storage: Storage, bucket: string, key: string): Promise<Bytes> {
  const object = storage.object(bucket, key);
  assert(object !== undefined, `no object ${key}`);
  return await gather(storage.read(object.segments, 0, object.sizeBytes));
}

/** An upload of `key`. */
export function uploadOf(id: string, key: string, initiatedMs = 1): UploadRecord {
  return {
    id,
    key,
    initiatedMs,
    headers: { "content-type": "text/plain" },
    checksum: { algorithm: "crc64nvme", type: "FULL_OBJECT" },
  };
}

/** A part of these segments. */
export function partOf(number: number, segments: readonly Segment[]): PartRecord {
  const { sizeBytes } = objectOf(segments);
  const checksum = { algorithm: "crc32", value: "AAAAAA==", type: "FULL_OBJECT" } as const;
  return { number, segments, sizeBytes, etag: `p${number}`, lastModifiedMs: number, checksum };
}

/** Runs with a new folder, which is removed afterwards. */
export async function inTemporaryFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "edge-repro-store-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All files below a folder, as paths in it, sorted. */
export async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) found.push(name);
    else found.push(...(await filesIn(`${folder}/${name}`)).map((below) => `${name}/${below}`));
  }
  return found.sort();
}

/** Rejects with the S3 error of this code. */
export async function assertS3(promise: Promise<unknown>, code: string, status: number) {
  const error = await assertRejects(() => promise, S3Error);
  assertEquals([error.code, error.status], [code, status]);
}
