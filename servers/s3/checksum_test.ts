// Tests of the checksums against values that others publish, and of CRC-32C against a library.

import { Crc32c } from "@aws-crypto/crc32c";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { base64ToBytes, checksumAlgorithmOf, createChecksum, isChecksum } from "./checksum.ts";
import { crc32c } from "./crc32c.ts";
import type { ChecksumAlgorithm } from "./payload.ts";

/** Of `123456789`: the CRC catalogue's check values, and the digests that sha1sum and sha256sum give. */
const CHECK: Record<ChecksumAlgorithm, string> = {
  crc32: "cbf43926",
  crc32c: "e3069283",
  crc64nvme: "ae8b14860a799888",
  sha1: "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
  sha256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
};

for (const [name, expected] of Object.entries(CHECK)) {
  Deno.test(`checksum: ${name} has its check value, whole and in pieces`, async () => {
    const algorithm = checksumAlgorithmOf(name.toUpperCase());
    if (algorithm === undefined) throw new Error(`${name} is not known`);
    for (const pieces of [["123456789"], [..."123456789"], ["1234567", "", "89"]]) {
      const checksum = await createChecksum(algorithm);
      for (const piece of pieces) checksum.update(new TextEncoder().encode(piece));
      const value = await checksum.digest();
      assertEquals(base64ToBytes(value)?.toHex(), expected);
      assertEquals(isChecksum(algorithm, value), true);
    }
  });
}

Deno.test("checksum: CRC-32C of any bytes, in any two pieces, is what the AWS library computes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
    const expected = new Crc32c().update(bytes).digest();
    assertEquals(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), expected);
  }));
});

Deno.test("checksum: other names and other Base64 are none", () => {
  assertEquals(checksumAlgorithmOf("md5"), undefined);
  assertEquals(checksumAlgorithmOf("toString"), undefined);
  for (const text of ["", "AAAAAA", "AAAAAA=", "AAAAAB==", "AAAA_A==", "AAAAAAA="]) {
    assertEquals(isChecksum("crc32", text), false);
  }
});
