// Object stores, ours and real ones: how fast they take and give objects, and what memory that takes.

import type { BenchContext, Measurement } from "./measurement.ts";
import { s3Peers } from "./peers/s3_peers.ts";
import type { S3Peer } from "./peers/s3_peer.ts";
import { ChildError } from "./process.ts";
import type { Table } from "./result.ts";
import {
  type Cell,
  cells,
  isStream,
  LARGE_BYTES,
  MANY_CLIENTS,
  measureRequests,
  measureStream,
  ROUND_MS,
  ROUNDS,
  STREAM_ROUND_MS,
} from "./s3_cells.ts";
import { S3Store } from "./s3_store.ts";
import { type Measured, memoryTable, speedTable } from "./s3_tables.ts";

/** One store's numbers, as far as it goes. */
async function measurePeer(peer: S3Peer, { signal, progress }: BenchContext): Promise<Measured> {
  const measured: Measured = { peer, requestsPerSecond: new Map(), growthBytes: new Map() };
  if (await peer.version() === undefined) return { ...measured, note: "not installed here" };
  const { requestsPerSecond, growthBytes } = measured;
  const say = (cell: Cell) => {
    signal.throwIfAborted();
    const { direction, sizeBytes, clients } = cell;
    progress(`object stores: ${peer.name}, ${direction} of ${sizeBytes} bytes, ${clients} clients`);
  };
  try {
    await using store = await S3Store.start(peer);
    for (const cell of cells.filter((one) => !isStream(one))) {
      say(cell);
      requestsPerSecond.set(cell, await measureRequests(store, cell));
    }
    // Memory that was taken once is seldom given back: each has a fresh process.
    for (const cell of cells.filter(isStream)) {
      say(cell);
      await using store = await S3Store.start(peer);
      const stream = await measureStream(store, cell);
      const rates = stream.bytesPerSecond.map((one) => one / cell.sizeBytes);
      requestsPerSecond.set(cell, rates);
      growthBytes.set(cell, stream.growthBytes);
      if (stream.stopped) measured.note = "its clients were stopped as its memory grew";
    }
  } catch (error) {
    if (!(error instanceof ChildError)) throw error;
    measured.note = error.message;
  }
  return measured;
}

async function run(context: BenchContext): Promise<Table[]> {
  const measured: Measured[] = [];
  for (const peer of s3Peers) measured.push(await measurePeer(peer, context));
  return [
    ...cells.map((cell) => speedTable(cell, measured)),
    ...cells.filter(isStream).map((cell) => memoryTable(cell, measured)),
  ];
}

/** The measurement. */
export const objectStores: Measurement = {
  id: "s3",
  parameters: {
    s3Clients: MANY_CLIENTS,
    s3LargeBytes: LARGE_BYTES,
    s3Rounds: ROUNDS,
    s3RoundMs: ROUND_MS,
    s3StreamRoundMs: STREAM_ROUND_MS,
  },
  run,
};
