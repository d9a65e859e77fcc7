// Bodies that are longer than is wanted, that do not end, that are no text, and that break.

import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { boundedText } from "./bounded_text.ts";

const streamOf = (pieces: readonly Uint8Array[]) => ReadableStream.from(pieces);

Deno.test("bounded text: whatever its pieces, it is the text, up to the bound and not above", async () => {
  const text = fc.string({ unit: "binary", maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(60), { maxLength: 4 }), async (text, cuts) => {
      const bytes = new TextEncoder().encode(text);
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const pieces = at.slice(1).map((end, n) => bytes.subarray(at[n], end));
      // A byte order mark is no part of a text.
      const expected = new TextDecoder().decode(bytes);
      assertEquals(await boundedText(streamOf(pieces), bytes.length), expected);
      if (bytes.length === 0) return;
      assertEquals(await boundedText(streamOf(pieces), bytes.length - 1), undefined);
    }),
  );
  assertEquals(await boundedText(null, 0), "");
});

Deno.test("bounded text: one that does not end is cancelled as soon as it is too long", async () => {
  let pulls = 0;
  const cancelled = Promise.withResolvers<void>();
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulls++;
      controller.enqueue(new Uint8Array(10));
    },
    cancel: () => cancelled.resolve(),
  }, { highWaterMark: 0 });
  assertEquals(await boundedText(endless, 25), undefined);
  await cancelled.promise;
  assertEquals(pulls, 3);
});

Deno.test("bounded text: what is no UTF-8 is no text, and what breaks rejects", async () => {
  assertEquals(await boundedText(streamOf([new Uint8Array([0x61, 0xff])]), 10), undefined);
  assertEquals(await boundedText(streamOf([new Uint8Array([0xc3])]), 10), undefined);
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("cut")),
  });
  await assertRejects(() => boundedText(broken, 10), Error, "cut");
});
