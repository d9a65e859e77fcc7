// For tests: contents in every form that clients send, and what is seen of them behind a gateway.

import { createHash } from "node:crypto";
import { headOf, type RawAnswer, readAnswer, writeAll } from "../../tests/store_raw.ts";
import { BUCKET as STORE_BUCKET, TestingStore } from "../object_store/testing_store.ts";
import { signingKey } from "../s3/sigv4.ts";
import type { writeChunked } from "../s3/testing_aws_chunked.ts";
import { startTap, type Tap } from "../tap/tap.ts";
import type { GatewayConfig } from "./config.ts";
import { BUCKET, CLIENT_KEY as key, configFor, PREFIX, TestingGateway } from "./testing_gateway.ts";

/** 1,024 bytes. */
export const KIB = 1 << 10;
/** A content of several pieces. */
export const CONTENT = new Uint8Array(200 * KIB + 7).map((_, i) => i % 251);
/** The target of the one key that is put. */
export const TARGET = `/${BUCKET}/k`;
/** What stands for the hash of signed chunks. */
export const STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
/** SHA-256 in hex. */
export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
/** CRC-32 in Base64, apart from the one that is tested. */
export const crc32 = (bytes: Uint8Array) => {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const sum = new Uint8Array(4);
  new DataView(sum.buffer).setInt32(0, ~crc);
  return sum.toBase64();
};

/** A gateway, a tap behind it, and a store behind that. */
export interface Stand {
  gateway: TestingGateway;
  store: TestingStore;
  tap: Tap;
  /** What is stored of the key; undefined for nothing. */
  stored(): Promise<Uint8Array | undefined>;
}

/** Runs a test with these. */
export async function stand(config: Partial<GatewayConfig>, test: (stand: Stand) => Promise<void>) {
  await using store = await TestingStore.start();
  await using tap = await startTap({ backend: store.url, digest: true });
  await using gateway = await TestingGateway.start(configFor(tap.url, config));
  const stored = async () => {
    const object = store.storage.object(STORE_BUCKET, `${PREFIX}k`);
    if (object === undefined) return undefined;
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of store.storage.read(object.segments, 0, object.sizeBytes)) {
      pieces.push(piece.slice());
    }
    return new Uint8Array(await new Blob(pieces).arrayBuffer());
  };
  await test({ gateway, store, tap, stored });
}

/** A content to send. */
export interface Sent {
  headers?: Record<string, string>;
  payloadHash: string;
  /** The bytes on the wire, from what signs their chunks. */
  wire: (sign: Parameters<typeof writeChunked>[1]["signer"]) => Uint8Array;
  target?: string;
  lengthBytes?: number;
}

/** Sends a content, signed as a whole or in its chunks. */
export async function send(port: number, sent: Sent): Promise<RawAnswer> {
  const { headers = {}, payloadHash, wire, target = TARGET } = sent;
  const size = wire({
    key: new Uint8Array(32),
    timestamp: "",
    scope: { date: "", region: "" },
    seed: "",
  });
  const { head, signature, timestamp } = headOf({
    method: "PUT",
    target,
    key,
    headers,
    payloadHash,
    lengthBytes: sent.lengthBytes ?? size.length,
  });
  const scope = { date: timestamp.slice(0, 8), region: "us-east-1" };
  const signer = {
    key: signingKey(key.secretAccessKey, scope),
    timestamp,
    scope,
    seed: signature,
  };
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const writing = writeAll(connection, head).then(() => writeAll(connection, wire(signer)));
  const answer = await readAnswer(connection);
  await writing;
  return answer;
}

/** The fields of a content in chunks. */
export const decoded = {
  "content-encoding": "aws-chunked",
  "x-amz-decoded-content-length": String(CONTENT.length),
};
/** The same with a trailer. */
export const trailer = { ...decoded, "x-amz-trailer": "x-amz-checksum-crc32" };
/** The sizes of its chunks. */
export const sizes = [64 * KIB, 64 * KIB, 8 * KIB];
/** The lines of its trailer. */
export const lines = [`x-amz-checksum-crc32:${crc32(CONTENT)}`];
