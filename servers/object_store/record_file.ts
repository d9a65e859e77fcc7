// A record as a file: a line of JSON, a line with its CRC-32, and then the bytes of a small object.

import { crc32 } from "node:zlib";
import { z } from "zod";
import type { BucketRecord, Checksum, ObjectRecord, PartRecord, UploadRecord } from "./storage.ts";

/** A schema for each field: one that a record gains and this file lacks does not compile. */
type Fields<T> = Record<keyof Required<T>, z.ZodType>;

const size = z.number().int().nonnegative();
const headers = z.record(z.string(), z.string()).readonly();
const algorithm = z.enum(["crc32", "crc32c", "crc64nvme", "sha1", "sha256"]);
const type = z.enum(["FULL_OBJECT", "COMPOSITE"]);
const checksum = z.strictObject(
  { algorithm, type, value: z.string() } satisfies Fields<Checksum>,
);
const content = {
  // A blob's id is the name of its file: it must be no path.
  segments: z.array(z.strictObject({ blob: z.uuid(), sizeBytes: size })).readonly(),
  sizeBytes: size,
  etag: z.string(),
  lastModifiedMs: z.number(),
  checksum: checksum.exactOptional(),
};
const bucket = { name: z.string(), createdMs: z.number() } satisfies Fields<BucketRecord>;
const object = {
  ...content,
  headers,
  partSizes: z.array(size).readonly().exactOptional(),
} satisfies Fields<ObjectRecord>;
const upload = {
  id: z.string(),
  key: z.string(),
  initiatedMs: z.number(),
  headers,
  checksum: z.strictObject({ algorithm, type }).exactOptional(),
} satisfies Fields<UploadRecord>;
const part = { number: size, ...content } satisfies Fields<PartRecord>;

/** The file of a bucket. */
export const bucketFile = z.strictObject({
  schema: z.literal("edge-repro/bucket@1"),
  bucket: z.strictObject(bucket),
});

/** The file of an object. `inline`: the bytes of its only segment follow the record. */
export const objectFile = z.strictObject({
  schema: z.literal("edge-repro/object@1"),
  key: z.string(),
  object: z.strictObject(object),
  inline: z.boolean(),
  completes: z.string().exactOptional().describe("The upload that ended with it."),
});

/** The file of an unfinished upload. */
export const uploadFile = z.strictObject({
  schema: z.literal("edge-repro/upload@1"),
  upload: z.strictObject(upload),
});

/** The file of a part of one. */
export const partFile = z.strictObject({
  schema: z.literal("edge-repro/part@1"),
  part: z.strictObject(part),
});

const LINE_END = 0x0a;
/** A line feed, the CRC-32 in hex, a line feed. */
const TRAILER_BYTES = 10;
/** Most records are shorter. */
const FIRST_READ_BYTES = 4096;

/** The record as the beginning of its file; the bytes of a small object come behind. */
export function encodeRecord<T>(schema: z.ZodType<T>, record: T): Uint8Array<ArrayBuffer> {
  return withChecksum(new TextEncoder().encode(JSON.stringify(schema.parse(record))));
}

function withChecksum(line: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(line.length + TRAILER_BYTES);
  bytes.set(line);
  bytes.set(trailer(line), line.length);
  return bytes;
}

function trailer(line: Uint8Array): Uint8Array {
  return new TextEncoder().encode(`\n${crc32(line).toString(16).padStart(8, "0")}\n`);
}

/** What was read of a record file. */
export interface Decoded<T> {
  /** The record. */
  record: T;
  /** Where the bytes behind it begin. */
  offset: number;
  /** How many bytes are behind it. */
  sizeBytes: number;
}

/**
 * Reads a record, but not the bytes behind it.
 *
 * @throws {Error} that says in few words why it is no such record.
 */
export function readRecord<T>(path: string, schema: z.ZodType<T>): Decoded<T> {
  using file = Deno.openSync(path);
  const fileBytes = file.statSync().size;
  let bytes = new Uint8Array(0);
  let end = -1;
  for (let want = FIRST_READ_BYTES; end < 0; want *= 2) {
    if (bytes.length === fileBytes) throw new Error("it has no end");
    bytes = readMore(file, bytes, Math.min(want, fileBytes));
    end = bytes.indexOf(LINE_END);
    if (end + TRAILER_BYTES > bytes.length && bytes.length < fileBytes) end = -1;
  }
  const line = bytes.subarray(0, end);
  const offset = end + TRAILER_BYTES;
  const expected = trailer(line);
  if (!expected.every((byte, i) => bytes[end + i] === byte)) {
    throw new Error("its checksum does not hold");
  }
  const result = schema.safeParse(JSON.parse(new TextDecoder().decode(line)));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new Error(`${issue?.path.join(".")}: ${issue?.message}`);
  }
  return { record: result.data, offset, sizeBytes: fileBytes - offset };
}

function readMore(file: Deno.FsFile, bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(size);
  more.set(bytes);
  for (let at = bytes.length; at < size;) {
    const read = file.readSync(more.subarray(at));
    if (read === null) throw new Error("it has no end");
    at += read;
  }
  return more;
}
