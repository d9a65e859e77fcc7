// Tests of an object's checksum, made of its parts'.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { createChecksum } from "./checksum.ts";
import { compositeChecksum, fullObjectChecksum } from "./combine_checksums.ts";
import type { ChecksumAlgorithm } from "./payload.ts";

async function checksum(algorithm: ChecksumAlgorithm, bytes: Uint8Array): Promise<string> {
  const running = await createChecksum(algorithm);
  running.update(bytes);
  return await running.digest();
}

for (const algorithm of ["crc32", "crc32c", "crc64nvme"] as const) {
  Deno.test(`checksums: ${algorithm} of parts is that of the whole, however it is cut`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3_000 }), { minLength: 1 }),
        async (parts) => {
          const whole = new Uint8Array(parts.flatMap((part) => [...part]));
          const values = await Promise.all(parts.map(async (part) => ({
            value: await checksum(algorithm, part),
            sizeBytes: part.length,
          })));
          assertEquals(fullObjectChecksum(algorithm, values), await checksum(algorithm, whole));
        },
      ),
      { numRuns: 60 },
    );
  });
}

Deno.test("checksums: a composite one is over the bytes of the parts' checksums, with their number", async () => {
  const digests = ["a", "b", "c"].map((text) => createHash("sha256").update(text).digest());
  const parts = digests.map((digest) => ({ value: digest.toString("base64"), sizeBytes: 1 }));
  const expected = createHash("sha256").update(digests[0] ?? "").update(digests[1] ?? "")
    .update(digests[2] ?? "").digest("base64");
  assertEquals(await compositeChecksum("sha256", parts), `${expected}-3`);
});

Deno.test("checksums: what cannot be combined is refused", async () => {
  assertThrows(() => fullObjectChecksum("sha1", []), TypeError, "expected a CRC");
  assertThrows(() => fullObjectChecksum("crc32", [{ value: "!", sizeBytes: 1 }]), TypeError);
  await assertRejects(() => compositeChecksum("sha1", [{ value: "!", sizeBytes: 1 }]), TypeError);
});
