// The checksums that S3 knows beside MD5: their names, their lengths, and computing them as bytes come.

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { crc32c } from "./crc32c.ts";
import type { ChecksumAlgorithm } from "./payload.ts";

/** A checksum in the making. */
export interface ChecksumCalculator {
  /** Takes the next bytes. */
  update(bytes: Uint8Array): void;
  /** The checksum of all bytes, in Base64. Only once. */
  digest(): string | Promise<string>;
}

/** Each algorithm's length in bytes. */
export const CHECKSUM_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
  sha1: 20,
  sha256: 32,
};

/**
 * The algorithm of a name as S3's header fields and elements have it.
 *
 * @param name In upper or lower case.
 * @return undefined for a name that is none.
 */
export function checksumAlgorithmOf(name: string): ChecksumAlgorithm | undefined {
  const lower = name.toLowerCase();
  return Object.hasOwn(CHECKSUM_BYTES, lower) ? lower as ChecksumAlgorithm : undefined;
}

/** Whether a text is the Base64 of as many bytes as the algorithm gives. */
export function isChecksum(algorithm: ChecksumAlgorithm, text: string): boolean {
  return base64ToBytes(text)?.length === CHECKSUM_BYTES[algorithm];
}

/** What a Base64 text stands for; undefined unless it is the one text for these bytes. */
export function base64ToBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}

/**
 * Begins a checksum.
 *
 * @example
 * ```ts
 * import { createChecksum } from "./checksum.ts";
 *
 * const checksum = await createChecksum("crc32");
 * checksum.update(new TextEncoder().encode("hello"));
 * console.log(await checksum.digest()); // NhCmhg==
 * ```
 */
export function createChecksum(
  algorithm: ChecksumAlgorithm,
): ChecksumCalculator | Promise<ChecksumCalculator> {
  switch (algorithm) {
    case "crc32":
      return runningCrc(crc32);
    case "crc32c":
      return runningCrc((bytes, crc) => crc32c(bytes, crc));
    case "crc64nvme":
      return createCrc64();
    case "sha1":
    case "sha256": {
      const hash = createHash(algorithm);
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("base64") };
    }
  }
}

function runningCrc(next: (bytes: Uint8Array, crc: number) => number): ChecksumCalculator {
  let crc = 0;
  return {
    update: (bytes) => void (crc = next(bytes, crc)),
    digest() {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, crc);
      return bytes.toBase64();
    },
  };
}

/** Loaded when first asked for: it brings 40 ms of the AWS SDK's core with it. */
async function createCrc64(): Promise<ChecksumCalculator> {
  const { Crc64Nvme } = await import("@aws-sdk/crc64-nvme");
  const crc = new Crc64Nvme();
  return {
    update: (bytes) => void crc.update(bytes),
    digest: async () => new Uint8Array(await crc.digest()).toBase64(),
  };
}
