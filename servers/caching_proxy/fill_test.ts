// A fill feeds its followers while it goes on, each at its own speed.

import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Fill } from "./fill.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => new Response(stream).text();

Deno.test("a follower is fed before the fill is over", async () => {
  const fill = new Fill(100, undefined);
  const reader = fill.follow(() => {}).getReader();
  const first = reader.read();
  await fill.push(bytesOf("one"));
  assertEquals(new TextDecoder().decode((await first).value), "one");
  assertEquals(fill.complete, false);
  fill.end();
  assertEquals((await reader.read()).done, true);
});

Deno.test("followers of any start and speed get all bytes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ minLength: 1, maxLength: 9 }), { maxLength: 12 }),
      fc.array(fc.nat(12), { maxLength: 4 }),
      async (chunks, starts) => {
        const fill = new Fill(1_000_000, undefined);
        const texts: Promise<string>[] = [];
        for (let at = 0; at <= chunks.length; at++) {
          for (const start of starts) {
            if (start === at) texts.push(textOf(fill.follow(() => {})));
          }
          const chunk = chunks[at];
          if (chunk !== undefined) await fill.push(bytesOf(chunk));
        }
        fill.end();
        const whole = chunks.join("");
        for (const text of await Promise.all(texts)) assertEquals(text, whole);
        assertEquals(fill.bytes(), bytesOf(whole));
      },
    ),
  );
});

Deno.test("a fill of known length is complete with its last byte", async () => {
  const fill = new Fill(100, 5);
  await fill.push(bytesOf("abc"));
  assertEquals(fill.complete, false);
  await fill.push(bytesOf("de"));
  assertEquals(fill.bytes(), bytesOf("abcde"));
});

Deno.test("a fill that fails breaks its followers' bodies off", async () => {
  const fill = new Fill(100, undefined);
  const text = textOf(fill.follow(() => {}));
  await fill.push(bytesOf("abc"));
  fill.fail(new Error("the origin broke off"));
  await assertRejects(() => text, Error, "the origin broke off");
  assertEquals(fill.stored, false);
});

Deno.test("a body over the limit is handed on but not kept, at the pace of its slowest follower", async () => {
  const fill = new Fill(10, undefined);
  const reader = fill.follow(() => {}).getReader();
  const chunk = new Uint8Array(1 << 20).fill(7);
  await fill.push(chunk);
  let pushed = false;
  const second = fill.push(chunk).then(() => pushed = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(pushed, false);
  assertEquals((await reader.read()).value?.byteLength, 1 << 20);
  await second;
  fill.end();
  assertEquals(fill.bytes(), undefined);
  assertEquals((await reader.read()).value?.byteLength, 1 << 20);
  assertEquals((await reader.read()).done, true);
});

Deno.test("a follower that leaves is told of once, and holds nobody up", async () => {
  const fill = new Fill(10, undefined);
  let left = 0;
  const slow = fill.follow(() => left++);
  await fill.push(new Uint8Array(1 << 20));
  const second = fill.push(new Uint8Array(1 << 20));
  await slow.cancel();
  await second;
  assertEquals(left, 1);
  fill.end();
});
