// The tables about object stores: each has one kind of request, and says how far apart the stores are.

import { ourFolderStore, ourMemoryStore, realStores, testStores } from "./peers/s3_peers.ts";
import type { S3Peer } from "./peers/s3_peer.ts";
import { quantile, type Row, samplesOf, type Table, tenths } from "./result.ts";
import { type Cell, isStream } from "./s3_cells.ts";

/** One store's numbers. */
export interface Measured {
  /** The store. */
  peer: S3Peer;
  /** What was measured, each with a value for each round. */
  requestsPerSecond: Map<Cell, number[]>;
  /** How much its resident memory grew while it streamed, in bytes. */
  growthBytes: Map<Cell, number>;
  /** Why something is missing. */
  note?: string;
}

const MIB = 2 ** 20;
/** By how much resident memory may grow, in MiB. */
const MOST_GROWTH_MIB = 64;
/** How many times as fast as stores for tests ours is to be. */
const TIMES = 2;

/** How fast the stores are at one thing. */
export function speedTable(cell: Cell, measured: readonly Measured[]): Table {
  const { direction, sizeBytes, clients } = cell;
  const unit = sizeBytes < MIB ? "requests/s" : "MB/s";
  const factor = unit === "MB/s" ? sizeBytes / 1e6 : 1;
  const size = sizeText(sizeBytes);
  const speeds = new Map(
    measured.map(({ peer, requestsPerSecond }) => [
      peer,
      quantile(requestsPerSecond.get(cell) ?? [], 0.5),
    ]),
  );
  return {
    id: `s3-${direction.toLowerCase()}-${size.replace(" ", "-").toLowerCase()}-${clients}`,
    title: `${direction} of ${size}, ${clientsText(clients)}`,
    unit,
    meaning: [
      ...(direction === "GET"
        ? ["Signed reads of one object over connections that are kept."]
        : ["Signed writes, one key for each client, over connections that are kept."]),
      ...(isStream(cell)
        ? [
          "Each round is a second in the midst of requests; content counts as far as it was moved.",
        ]
        : ["Each answer's status and length is checked."]),
      unit === "MB/s"
        ? `1 MB/s is ${(1 / factor).toPrecision(3)} requests a second.`
        : `1,000 requests a second are ${(sizeBytes / 1e3).toPrecision(4)} MB/s.`,
    ].join(" "),
    rows: measured.map((one) => {
      const { peer, requestsPerSecond } = one;
      const samples = samplesOf((requestsPerSecond.get(cell) ?? []).map((rate) => rate * factor));
      const note = samples === null ? one.note : distance(peer, speeds);
      return { subject: peer.name, samples, ...(note !== undefined && { note }) };
    }),
    target: speedTarget(speeds),
  };
}

/** How much the memory of the stores grows while they stream. */
export function memoryTable(cell: Cell, measured: readonly Measured[]): Table {
  const { direction, sizeBytes, clients } = cell;
  const put = direction === "PUT";
  const rows = measured.map(({ peer, growthBytes, note }): Row => {
    const bytes = growthBytes.get(cell);
    const samples = samplesOf(bytes === undefined ? [] : [bytes / MIB]);
    const kept = put && peer.keeps === "memory" ? "what it was sent is in its memory" : undefined;
    const why = note ?? kept;
    return { subject: peer.name, samples, ...(why !== undefined && { note: why }) };
  });
  const ours = put ? [ourFolderStore] : [ourMemoryStore, ourFolderStore];
  const growth = ours.map(({ name }) =>
    rows.find(({ subject }) => subject === name)?.samples?.max ?? NaN
  );
  return {
    id: `s3-${direction.toLowerCase()}-memory`,
    title: `${direction} of ${sizeText(sizeBytes)}, ${clientsText(clients)}: resident memory`,
    unit: "MiB",
    meaning: "The most resident memory of all the server's processes while the clients stream, " +
      `less that of the same fresh processes ${
        put ? "with an empty bucket" : "with the object"
      }, ` +
      "idle. It is read five times a second.",
    rows,
    target: {
      text: `${ours.map(({ name }) => name).join(" and ")}: under ${MOST_GROWTH_MIB} MiB`,
      met: growth.some(Number.isNaN) ? null : growth.every((one) => one < MOST_GROWTH_MIB),
    },
  };
}

type Speeds = ReadonlyMap<S3Peer, number>;

/** How far ours is from a store that was written for use. */
function distance(peer: S3Peer, speeds: Speeds): string | undefined {
  const theirs = speeds.get(peer);
  if (!realStores.includes(peer) || theirs === undefined) return undefined;
  const times = (store: S3Peer) => `${((speeds.get(store) ?? NaN) / theirs).toFixed(2)} times`;
  return `ours has ${times(ourMemoryStore)} its speed in memory, ${
    times(ourFolderStore)
  } in a folder`;
}

function speedTarget(speeds: Speeds): Table["target"] {
  const better = Math.max(...testStores.map((one) => speeds.get(one) ?? NaN));
  const ours = speeds.get(ourMemoryStore) ?? NaN;
  const known = Number.isFinite(better) && Number.isFinite(ours);
  const names = testStores.map(({ name }) => name).join(" and ");
  const measured = known ? ` (${tenths(ours / better)} times the better one)` : "";
  return {
    text: `ours, in memory, is at least ${TIMES} times as fast as ${names}${measured}`,
    met: known ? ours >= TIMES * better : null,
  };
}

function sizeText(sizeBytes: number): string {
  return sizeBytes < MIB ? `${sizeBytes / 2 ** 10} KiB` : `${sizeBytes / MIB} MiB`;
}

function clientsText(clients: number): string {
  return clients === 1 ? "one client" : `${clients} clients`;
}
