// Tests that content is known again in any piece, and that versions are never taken for each other.

import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { BLOCK_BYTES, ObjectContent } from "./content.ts";
import { ContentReader } from "./content_reader.ts";

const SIZE = 1_000_003;
const first = new ObjectContent({ sizeBytes: SIZE, seed: 7, version: 1 });
const second = new ObjectContent({ sizeBytes: SIZE, seed: 7, version: 2 });

function joined(content: ObjectContent): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(content.sizeBytes);
  let at = 0;
  for (const piece of content.pieces()) {
    out.set(piece, at);
    at += piece.length;
  }
  assertEquals(at, content.sizeBytes);
  return out;
}

Deno.test("any stretch of the content is known again, and only at its own place", () => {
  const whole = joined(first);
  fc.assert(fc.property(fc.nat(SIZE - 1), fc.integer({ min: 16, max: 300_000 }), (at, length) => {
    const bytes = whole.slice(at, at + length);
    assertEquals(first.read(at, length), bytes);
    assertEquals(first.check(at, bytes), "same");
    assertNotEquals(second.check(at, bytes), "same");
    const broken = bytes.length >> 1;
    bytes[broken] = (bytes[broken] ?? 0) ^ 1;
    assertEquals(first.check(at, bytes), { atByte: at + broken });
  }));
  // What blocks begin with is their seed, the same in both.
  assertEquals(second.check(BLOCK_BYTES, first.read(BLOCK_BYTES, 7)), "same");
  assertEquals(second.check(BLOCK_BYTES, first.read(BLOCK_BYTES, 8)), { atByte: BLOCK_BYTES + 7 });
  // A tile further on all bytes but the blocks' numbers are alike.
  assertNotEquals(first.check(0, first.read(64 * BLOCK_BYTES, BLOCK_BYTES)), "same");
});

Deno.test("bytes beyond the end are none of the content", () => {
  assertEquals(first.read(SIZE - 2, 10).length, 2);
  assertEquals(first.read(SIZE + 5, 10).length, 0);
  assertEquals(first.check(SIZE - 2, new Uint8Array([...first.read(SIZE - 2, 2), 0])), {
    atByte: SIZE,
  });
});

Deno.test("the hash is that of the pieces", () => {
  assertEquals(first.sha256(), createHash("sha256").update(joined(first)).digest("hex"));
  assertNotEquals(first.sha256(), second.sha256());
  const other = new ObjectContent({ sizeBytes: SIZE, seed: 8, version: 1 });
  assertNotEquals(other.read(100, 16), first.read(100, 16));
  // The seed whose noise would be all zeros.
  const flat = new ObjectContent({ sizeBytes: SIZE, seed: 0x9e3779b9 });
  assertNotEquals(flat.read(100, 16), new Uint8Array(16));
});

Deno.test("sizes, seeds and versions out of range are refused", () => {
  const message =
    "Cannot make content: received version 256, expected a whole number from 0 to 255";
  assertThrows(() => new ObjectContent({ sizeBytes: 1, version: 256 }), RangeError, message);
  assertThrows(() => new ObjectContent({ sizeBytes: -1 }), RangeError, "received size -1");
});

Deno.test("a reader tells versions apart, however the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.nat(SIZE - 1),
      fc.array(fc.integer({ min: 16, max: 70_000 }), { minLength: 1, maxLength: 30 }),
      fc.boolean(),
      (offset, cuts, mix) => {
        const size = Math.min(cuts.reduce((sum, one) => sum + one, 0), SIZE - offset);
        const bytes = first.read(offset, size);
        // The last whole block of it is of the other version.
        const start = Math.floor((offset + size) / BLOCK_BYTES - 1) * BLOCK_BYTES;
        const mixed = mix && start > offset;
        if (mixed) bytes.set(second.read(start, BLOCK_BYTES), start - offset);
        const reader = new ContentReader([second, first], offset);
        let at = 0;
        for (const cut of cuts) {
          reader.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        const { versions, ...report } = reader.report();
        assertEquals(new Set(versions), new Set(mixed ? [1, 2] : [1]));
        assertEquals(report, { receivedBytes: size, mixed, foreignAtByte: null });
      },
    ),
  );
});

Deno.test("a rest too short to tell is of no version, and not foreign", () => {
  for (const [rest, versions] of [[7, [1]], [8, [1, 2]]] as const) {
    const reader = new ContentReader([second, first]);
    reader.push(first.read(0, BLOCK_BYTES));
    // One byte at a time, and a look at it in between.
    for (let at = 0; at < rest; at++) {
      reader.push(second.read(BLOCK_BYTES + at, 1));
      if (at === 3) reader.report();
    }
    assertEquals(reader.report(), {
      ...{ receivedBytes: BLOCK_BYTES + rest, versions: [...versions] },
      ...{ mixed: versions.length > 1, foreignAtByte: null },
    });
  }
});

Deno.test("a block of two versions, and one of none, is foreign from the byte where it breaks", () => {
  const bytes = first.read(0, 3 * BLOCK_BYTES);
  bytes.set(second.read(BLOCK_BYTES + 100, 50), BLOCK_BYTES + 100);
  bytes.fill(0, 2 * BLOCK_BYTES + 7, 2 * BLOCK_BYTES + 8);
  const reader = new ContentReader([first, second]);
  reader.push(bytes);
  assertEquals(reader.report(), {
    ...{ receivedBytes: bytes.length, versions: [1], mixed: false },
    foreignAtByte: BLOCK_BYTES + 100,
  });
});
