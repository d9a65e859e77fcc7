// What is measured of an S3 gateway: large parts by one and by many, small objects, and memory.

import type { Load } from "./s3_client.ts";
import type { Child } from "./process.ts";
import type { S3Request } from "./s3_connection.ts";
import { SINK_OBJECT_BYTES } from "./s3_sink.ts";
import { type Direction, signed } from "./s3_store.ts";

const MIB = 2 ** 20;

/** One thing that is measured of each gateway. */
export interface GatewayCell {
  /** Names its table. */
  id: string;
  /** What the clients do. */
  direction: Direction;
  /** With contents of which size. */
  sizeBytes: number;
  /** How many clients there are. */
  clients: number;
  /** How long a round takes at least, in milliseconds: 0 for one request of each client. */
  roundMs: number;
}

/** How many parts are uploaded at once where they are many. */
export const PARALLEL_PARTS = 32;
/** Of one part alone, in bytes. */
export const ONE_PART_BYTES = 1_024 * MIB;
/** Of each of many, in bytes. */
export const PART_BYTES = 16 * MIB;
/** Of each of those that are under way while memory is read, in bytes. */
export const MEMORY_PART_BYTES = 256 * MIB;
/** How many rounds there are of each cell. */
export const GATEWAY_ROUNDS = 3;
/** How long a round of small objects takes, in milliseconds. */
export const SMALL_ROUND_MS = 1_000;
/** How long a round of parts takes while memory is read, in milliseconds. */
export const MEMORY_ROUND_MS = 1_000;
/** How many such rounds there are. */
export const MEMORY_ROUNDS = 12;
/** For how long parts are uploaded before: until all buffers are full. In milliseconds. */
export const MEMORY_WARM_UP_MS = 8_000;

const small = { sizeBytes: SINK_OBJECT_BYTES, roundMs: SMALL_ROUND_MS };

/** All speeds, in the order in which they are shown. */
export const gatewayCells: readonly GatewayCell[] = [
  { id: "part", direction: "PUT", sizeBytes: ONE_PART_BYTES, clients: 1, roundMs: 0 },
  { id: "parts", direction: "PUT", sizeBytes: PART_BYTES, clients: PARALLEL_PARTS, roundMs: 1_000 },
  { id: "put-small", direction: "PUT", clients: PARALLEL_PARTS, ...small },
  { id: "get-small", direction: "GET", clients: PARALLEL_PARTS, ...small },
];

/** The requests of a cell's clients, for whoever listens on a port. */
export function requestsOf(
  { direction, sizeBytes, clients }: Omit<GatewayCell, "id" | "roundMs">,
  port: number,
): Promise<S3Request[]> {
  const isPart = direction === "PUT" && sizeBytes !== SINK_OBJECT_BYTES;
  return Promise.all(Array.from({ length: clients }, (_, at) => {
    const query = isPart ? `?partNumber=${at + 1}&uploadId=an-upload` : "";
    return signed(port, direction, `/object${isPart ? "" : at}${query}`, sizeBytes);
  }));
}

/** Has a process of clients do something, and gives what came of each round. */
export async function runClients(clients: Child, load: Load): Promise<number[]> {
  await clients.say(JSON.stringify(load));
  return JSON.parse(await clients.line());
}
