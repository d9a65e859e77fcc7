// Bodies of reads: what ends them, and that bytes which are missing are never an answer cut short.

import { assertEquals, assertRejects } from "@std/assert";
import type { OpenRead } from "../read_lock.ts";
import { createMemoryStorage } from "../memory_storage.ts";
import type { Storage } from "../storage.ts";
import { openBody } from "./objects_body.ts";

const KIB = 1 << 10;

/** A read that says whether it was ended, and a storage that gives chunks and says whether it was let go. */
function source(chunks: readonly number[]) {
  const state = { ended: false, letGo: false };
  const errors: unknown[] = [];
  const read: OpenRead = { sizeBytes: 0, sentBytes: 0, end: () => state.ended = true };
  const storage: Storage = createMemoryStorage();
  storage.read = async function* () {
    try {
      for (const sizeBytes of chunks) yield new Uint8Array(sizeBytes).fill(1);
    } finally {
      state.letGo = true;
    }
  };
  const open = (end: number, signal = new AbortController().signal) =>
    openBody(
      { storage, segments: [], start: 0, end, lent: false, onError: (error) => errors.push(error) },
      read,
      signal,
    );
  return { state, read, open, errors };
}

Deno.test("a small body is whole at once, of one chunk or of several", async () => {
  for (const chunks of [[100], [60, 40]]) {
    const { state, open } = source(chunks);
    const body = await open(100);
    assertEquals(body instanceof Uint8Array && body.byteLength, 100);
    assertEquals(state, { ended: true, letGo: true });
  }
});

Deno.test("a large body ends the read with its last byte, and not before", async () => {
  const { state, read, open } = source([64 * KIB, 64 * KIB]);
  const body = await open(128 * KIB);
  if (body instanceof Uint8Array) throw new Error("expected a stream");
  const reader = body.getReader();
  for (const sent of [64 * KIB, 128 * KIB]) {
    await reader.read();
    assertEquals([read.sentBytes, read.sizeBytes, state.ended], [sent, 128 * KIB, false]);
  }
  assertEquals((await reader.read()).done, true);
  assertEquals(state, { ended: true, letGo: true });
});

Deno.test("bytes that the storage has not are an error, before the answer or in it", async () => {
  for (const chunks of [[], [40]]) {
    const { state, open } = source(chunks);
    await assertRejects(() => open(100), Error, "Cannot read 100 bytes");
    assertEquals(state, { ended: true, letGo: true });
  }
  const { state, open, errors } = source([64 * KIB]);
  const body = await open(128 * KIB);
  const failed = await assertRejects(
    () => new Response(body).bytes(),
    Error,
    "the store has 65536 of them",
  );
  assertEquals(errors, [failed], "the client is only cut: the store must tell of it");
  assertEquals(state, { ended: true, letGo: true });
});

Deno.test("who cancels a body, or leaves, ends the read and gives back what it held", async () => {
  const cancelled = source([64 * KIB, 64 * KIB]);
  const body = await cancelled.open(128 * KIB);
  if (body instanceof Uint8Array) throw new Error("expected a stream");
  await body.cancel();
  assertEquals(cancelled.state, { ended: true, letGo: true });

  const left = source([64 * KIB, 64 * KIB]);
  const client = new AbortController();
  const stream = await left.open(128 * KIB, client.signal);
  client.abort();
  assertEquals(left.state.ended, true);
  await assertRejects(() => new Response(stream).bytes());
  assertEquals(left.state.letGo, true);
  assertEquals(left.errors, [], "a client that leaves is no failure of the store");
});

Deno.test("who has left before the body is open holds nothing", async () => {
  const { state, open } = source([64 * KIB, 64 * KIB]);
  const body = await open(128 * KIB, AbortSignal.abort());
  assertEquals(state.ended, true);
  await assertRejects(() => new Response(body).bytes());
});
