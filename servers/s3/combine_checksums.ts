// The checksum of an object from those of its parts, without reading the parts again.

import { base64ToBytes, createChecksum } from "./checksum.ts";
import type { ChecksumAlgorithm } from "./payload.ts";

/** A part, as far as its object's checksum depends on it. */
export interface CheckedPart {
  /** Its checksum, in Base64. */
  value: string;
  /** Its length, in bytes. */
  sizeBytes: number;
}

/** A CRC: its width in bits, and its polynomial with the coefficient of the highest power last. */
interface Crc {
  width: bigint;
  polynomial: bigint;
}

const CRCS: Partial<Record<ChecksumAlgorithm, Crc>> = {
  crc32: { width: 32n, polynomial: 0xedb88320n },
  crc32c: { width: 32n, polynomial: 0x82f63b78n },
  crc64nvme: { width: 64n, polynomial: 0x9a6c9329ac4bc9b5n },
};

/**
 * The checksum of the parts' bytes one after the other: S3's FULL_OBJECT. Only CRCs can be had so: the
 * CRC of `a` then `b` is that of `a` times x to the number of `b`'s bits, plus that of `b`, modulo the
 * polynomial.
 *
 * @throws {TypeError} for an algorithm that is no CRC, or a value that is not Base64.
 */
export function fullObjectChecksum(
  algorithm: ChecksumAlgorithm,
  parts: readonly CheckedPart[],
): string {
  const crc = CRCS[algorithm];
  if (crc === undefined) {
    throw new TypeError(`Cannot combine checksums: received ${algorithm}, expected a CRC`);
  }
  // Parts have one length, but for the last.
  const shifts = new Map<number, bigint>();
  let whole = 0n;
  for (const { value, sizeBytes } of parts) {
    const shift = shifts.get(sizeBytes) ?? powerOfX(sizeBytes, crc);
    shifts.set(sizeBytes, shift);
    whole = multiply(whole, shift, crc) ^ BigInt(`0x${bytesOf(value).toHex()}`);
  }
  return Uint8Array.fromHex(whole.toString(16).padStart(Number(crc.width / 4n), "0")).toBase64();
}

/**
 * The checksum of the parts' checksums, as bytes, with their number behind a dash: S3's COMPOSITE.
 *
 * @throws {TypeError} for a value that is not Base64.
 */
export async function compositeChecksum(
  algorithm: ChecksumAlgorithm,
  parts: readonly CheckedPart[],
): Promise<string> {
  const checksum = await createChecksum(algorithm);
  for (const { value } of parts) checksum.update(bytesOf(value));
  return `${await checksum.digest()}-${parts.length}`;
}

function bytesOf(value: string): Uint8Array<ArrayBuffer> {
  const bytes = base64ToBytes(value);
  if (bytes !== undefined) return bytes;
  throw new TypeError(`Cannot combine checksums: received '${value}', expected Base64`);
}

/** x to the power of 8 times `bytes`. The highest bit of a number is the coefficient of x to the 0. */
function powerOfX(bytes: number, crc: Crc): bigint {
  let power = 1n << (crc.width - 1n);
  let square = 1n << (crc.width - 9n);
  for (let left = BigInt(bytes); left > 0n; left >>= 1n) {
    if (left & 1n) power = multiply(power, square, crc);
    square = multiply(square, square, crc);
  }
  return power;
}

/** The product of two polynomials, modulo the CRC's. */
function multiply(a: bigint, b: bigint, { width, polynomial }: Crc): bigint {
  let product = 0n;
  for (let bit = 1n << (width - 1n); bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= b;
    b = b & 1n ? (b >> 1n) ^ polynomial : b >> 1n;
  }
  return product;
}
