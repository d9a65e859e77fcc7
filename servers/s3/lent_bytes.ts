// Arrays that are lent to a reader, and whose memory is given back without waiting for the collector.

/**
 * Gives the memory of an array back now. The array, and every other view of its buffer, is empty then.
 * Who has passed the array on to the runtime, to be sent say, is not affected: that keeps the memory
 * until it is done with it.
 *
 * Why: V8 (15.0, Deno 2.9) lets 64 MiB and more of such arrays pile up before it collects them. With 32
 * clients that each stream a large object that was 83 MiB of resident memory.
 */
export function takeBack(bytes: Uint8Array<ArrayBuffer>): void {
  // Its reader may have given it away.
  if (!bytes.buffer.detached) bytes.buffer.transfer(0);
}
