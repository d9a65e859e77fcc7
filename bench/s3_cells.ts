// What is measured of an object store: requests of three sizes, by one client and by 32.

import type { Direction, S3Store } from "./s3_store.ts";

/** One thing that is measured of each store. */
export interface Cell {
  /** What the clients do. */
  direction: Direction;
  /** With objects of which size. */
  sizeBytes: number;
  /** How many clients there are. */
  clients: number;
}

/** The largest object, in bytes. */
export const LARGE_BYTES = 256 * 2 ** 20;
/** Sizes of objects, in bytes. */
const SIZES = [2 ** 10, 2 ** 20, LARGE_BYTES];
/** How many clients are many. */
export const MANY_CLIENTS = 32;

/** All of them, in the order in which they are shown. */
export const cells: readonly Cell[] = SIZES.flatMap((sizeBytes) =>
  (["GET", "PUT"] as const).flatMap((direction) =>
    [1, MANY_CLIENTS].map((clients) => ({ direction, sizeBytes, clients }))
  )
);

/** Whether a cell is large and for many: its rounds are parts of requests, and its memory is read. */
export function isStream({ sizeBytes, clients }: Cell): boolean {
  return sizeBytes === LARGE_BYTES && clients > 1;
}

/** How many rounds there are of each cell. */
export const ROUNDS = 3;
/** How long a round takes at least, where it consists of whole requests, in milliseconds. */
export const ROUND_MS = 500;
/** How long a round of a stream takes, in milliseconds. */
export const STREAM_ROUND_MS = 1_000;
/** For how long clients are at work before the first round, in milliseconds. */
const WARM_UP_MS = 300;
/** The same of a stream: until all buffers are full. */
const STREAM_WARM_UP_MS = 500;
/** How long a store may rest before its idle memory is read. */
const SETTLE_MS = 500;
/** How often memory is read. */
const SAMPLE_MS = 200;
/** What a store may grow by until it is stopped, in bytes: the machine has others to serve. */
const MOST_GROWTH_BYTES = 4 * 2 ** 30;

/** Finished requests a second, of each round. */
export async function measureRequests(store: S3Store, cell: Cell): Promise<number[]> {
  const requests = await store.requests(cell.direction, cell.sizeBytes, cell.clients);
  const warmUpMs = cell.sizeBytes === LARGE_BYTES ? 0 : WARM_UP_MS;
  const load = { requests, warmUpMs, roundMs: ROUND_MS, rounds: ROUNDS };
  return await store.run({ count: "requests", ...load });
}

/** What a stream came to. */
export interface Stream {
  /** Bytes a second, of each round; none when the store was stopped. */
  bytesPerSecond: number[];
  /** The most resident memory above that of the idle store, in bytes. */
  growthBytes: number;
  /** Whether the store was stopped, as its memory grew too much. */
  stopped: boolean;
}

/** Streams large objects and reads the store's memory meanwhile. The store is of no more use then. */
export async function measureStream(store: S3Store, cell: Cell): Promise<Stream> {
  const requests = await store.requests(cell.direction, cell.sizeBytes, cell.clients);
  await sleep(SETTLE_MS);
  const idleBytes = await store.memory();
  const load = { warmUpMs: STREAM_WARM_UP_MS, roundMs: STREAM_ROUND_MS, rounds: ROUNDS };
  const running = store.run({ count: "bytes", requests, ...load });
  let isOver = false;
  const over = running.finally(() => isOver = true);
  over.catch(() => {}); // Nobody waits for the clients of a store that is stopped.
  let growthBytes = 0;
  while (!isOver && growthBytes < MOST_GROWTH_BYTES) {
    growthBytes = Math.max(growthBytes, await store.memory() - idleBytes);
    await Promise.race([over, sleep(SAMPLE_MS)]);
  }
  const stopped = !isOver;
  return { bytesPerSecond: stopped ? [] : await running, growthBytes, stopped };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
