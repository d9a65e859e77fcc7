// What tests of uploads in parts share.

import { createHash } from "node:crypto";
import { childText, writeXml, type XmlElement } from "../../s3/xml.ts";
import type { TestStore } from "./testing_handlers.ts";

/** A mebibyte, in bytes. */
export const MIB = 1 << 20;

/** A part as a completion lists it: its number, its entity tag, its checksum elements. */
export type Listed = [number: number, etag: string, checksums?: Record<string, string>];

/** MD5 in hex. */
export function md5(content: string | Uint8Array): string {
  return createHash("md5").update(content).digest("hex");
}

/** A CRC of 32 bits as S3 writes it. */
export function base64Crc(crc: number): string {
  return Uint8Array.fromHex(crc.toString(16).padStart(8, "0")).toBase64();
}

/** Begins an upload in the bucket `videos`, and gives its id. */
export async function start(
  store: TestStore,
  key: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const target = `/videos/${encodeURIComponent(key)}?uploads`;
  const root = await store.document("POST", target, "InitiateMultipartUploadResult", { headers });
  return childText(root, "UploadId") ?? "";
}

/** Uploads a part, and gives its entity tag. */
export async function part(
  store: TestStore,
  key: string,
  id: string,
  number: number,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  const target = `/videos/${encodeURIComponent(key)}?partNumber=${number}&uploadId=${id}`;
  const { headers } = await store.ask("PUT", target, { body });
  return headers.get("etag")?.replaceAll('"', "") ?? "";
}

/** The document that lists parts. */
export function listed(parts: readonly Listed[]): string {
  return writeXml("CompleteMultipartUpload", {
    Part: parts.map(([PartNumber, etag, checksums = {}]) => ({
      PartNumber,
      ETag: `"${etag}"`,
      ...checksums,
    })),
  });
}

/** Completes an upload. */
export function complete(
  store: TestStore,
  key: string,
  id: string,
  parts: readonly Listed[],
): Promise<XmlElement> {
  const target = `/videos/${encodeURIComponent(key)}?uploadId=${id}`;
  return store.document("POST", target, "CompleteMultipartUploadResult", { body: listed(parts) });
}
