// Tests of the clip and its padding: the file's boxes, its length, and what it costs in memory.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { clipBytes } from "./clip.ts";
import { padClip } from "./padded_clip.ts";

/** The boxes at the top of an MP4 file: type and length. */
function boxesOf(file: Uint8Array): [type: string, bytes: number][] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const boxes: [string, number][] = [];
  for (let at = 0; at < file.length;) {
    const bytes = view.getUint32(at);
    assert(bytes >= 8 && at + bytes <= file.length, `a box of ${bytes} bytes at ${at}`);
    boxes.push([new TextDecoder().decode(file.subarray(at + 4, at + 8)), bytes]);
    at += bytes;
  }
  return boxes;
}

Deno.test("clipBytes: a small file that can be played before it is whole", () => {
  const clip = clipBytes();
  assert(clip.length < 150_000);
  const types = boxesOf(clip).map(([type]) => type);
  assertEquals(types.filter((type) => type !== "free"), ["ftyp", "moov", "mdat"]);
});

Deno.test("padClip: the clip as it is, then one free box that fills the length", async () => {
  const clip = clipBytes();
  for (const extra of [8, 9, 8 + (1 << 20), 12 + (3 << 20)]) {
    const padded = padClip(clip, clip.length + extra);
    assertEquals([padded.size, padded.type], [clip.length + extra, "video/mp4"]);
    const file = new Uint8Array(await padded.arrayBuffer());
    assertEquals(file.subarray(0, clip.length), clip);
    assertEquals(boxesOf(file), [...boxesOf(clip), ["free", extra]]);
    assert(file.subarray(clip.length + 8).every((byte) => byte === 0));
  }
});

Deno.test("padClip: a length without room for the clip and a box is refused", () => {
  const clip = clipBytes();
  for (const size of [0, clip.length, clip.length + 7, clip.length + 8.5, clip.length + 2 ** 32]) {
    assertThrows(() => padClip(clip, size), RangeError, `received a size of ${size} bytes`);
  }
});

Deno.test("padClip: an upload of it has its length, and takes a fraction of it in memory", async () => {
  const sizeBytes = 256 << 20;
  const seen = Promise.withResolvers<{ length: string | null; bytes: number }>();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      let bytes = 0;
      for await (const chunk of request.body ?? []) bytes += chunk.length;
      seen.resolve({ length: request.headers.get("content-length"), bytes });
      return new Response(null);
    },
  );
  const before = Deno.memoryUsage().rss;
  const body = padClip(clipBytes(), sizeBytes);
  assert(Deno.memoryUsage().rss - before < sizeBytes / 8);
  const response = await fetch(`http://127.0.0.1:${server.addr.port}`, { method: "PUT", body });
  await response.body?.cancel();
  assertEquals(await seen.promise, { length: String(sizeBytes), bytes: sizeBytes });
});
