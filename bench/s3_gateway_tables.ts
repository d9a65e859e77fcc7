// The tables about S3 gateways: each has one kind of request, and says how far ours is from nginx.

import {
  type GatewayPeer,
  isolateGateway,
  nginxGateway,
  plainGateway,
  tunedNginxGateway,
} from "./peers/gateway_peers.ts";
import { quantile, samplesOf, type Table, tenths } from "./result.ts";
import {
  type GatewayCell,
  MEMORY_PART_BYTES,
  MEMORY_ROUND_MS,
  MEMORY_ROUNDS,
  PARALLEL_PARTS,
} from "./s3_gateway_cells.ts";

/** One gateway's numbers. */
export interface MeasuredGateway {
  /** The gateway. */
  peer: GatewayPeer;
  /** What was measured, each with a value for each round. */
  requestsPerSecond: Map<GatewayCell, number[]>;
  /** How much its resident memory had grown since it was idle, in bytes, at each look. */
  growthBytes: number[];
  /** What it carried meanwhile, in bytes. */
  carriedBytes: number;
  /** Why something is missing. */
  note?: string;
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** How fast ours is to be with large contents, as a share of nginx. */
const SHARE = 0.5;
/** By how many MiB the most memory of the second half may be above that of the first. */
const MOST_CLIMB_MIB = 64;

/** How fast the gateways are at one thing. */
export function gatewaySpeedTable(
  cell: GatewayCell,
  measured: readonly MeasuredGateway[],
): Table {
  const { id, direction, sizeBytes, clients } = cell;
  const isPart = sizeBytes >= MIB;
  const factor = isPart ? sizeBytes / 1e6 : 1;
  const valuesOf = (peer: GatewayPeer) =>
    (measured.find((one) => one.peer === peer)?.requestsPerSecond.get(cell) ?? [])
      .map((rate) => rate * factor);
  const share = (peer: GatewayPeer, than = nginxGateway) =>
    quantile(valuesOf(peer), 0.5) / quantile(valuesOf(than), 0.5);
  const known = [
    ...[share(plainGateway), share(isolateGateway)],
    share(plainGateway, tunedNginxGateway),
  ].every(Number.isFinite);
  const shares = known
    ? ` (${times(share(plainGateway))}, in the isolate ${times(share(isolateGateway))}; of nginx ` +
      `with larger buffers ${times(share(plainGateway, tunedNginxGateway))})`
    : "";
  const who = clients === 1 ? "one at a time" : `${clients} at a time`;
  return {
    id: `s3-gateway-${id}`,
    title: isPart
      ? `S3 gateways: parts of ${sizeText(sizeBytes)}, ${who}`
      : `S3 gateways: ${direction} of ${sizeText(sizeBytes)}, ${who}`,
    unit: isPart ? "MB/s" : "requests/s",
    meaning: [
      "Signed requests over connections that are kept, to a backend that keeps nothing.",
      "Ours checks the signature and signs anew, nginx does neither.",
      ...(isPart ? ["Client, gateway and backend have the cores between them."] : []),
    ].join(" "),
    rows: measured.map(({ peer, note }) => ({
      subject: peer.name,
      samples: samplesOf(valuesOf(peer)),
      ...(note !== undefined && { note }),
    })),
    ...(isPart && {
      target: {
        text: `ours has at least half of the speed of nginx as it comes${shares}`,
        met: known ? share(plainGateway) >= SHARE : null,
      },
    }),
  };
}

/** How much the memory of the gateways grows while parts go through. */
export function gatewayMemoryTable(measured: readonly MeasuredGateway[]): Table {
  const seconds = MEMORY_ROUNDS * MEMORY_ROUND_MS / 1_000;
  const climbs = measured
    .filter(({ peer }) => peer === plainGateway || peer === isolateGateway)
    .filter(({ growthBytes }) => growthBytes.length > 1)
    .map(climbMib);
  return {
    id: "s3-gateway-memory",
    title: `S3 gateways: parts of ${sizeText(MEMORY_PART_BYTES)}, ${PARALLEL_PARTS} at a time: ` +
      "resident memory",
    unit: "MiB",
    meaning: `Resident memory of the gateway's processes in ${seconds} s in the midst of ` +
      "uploads, less that of the same fresh processes, idle. It is read about five times a second.",
    rows: measured.filter(({ peer }) => peer.start !== undefined).map((one) => ({
      subject: one.peer.name,
      samples: samplesOf(one.growthBytes.map((bytes) => bytes / MIB)),
      note: one.note ??
        `it carried ${tenths(one.carriedBytes / GIB)} GiB; the most of the second half is ` +
          `${tenths(climbMib(one))} MiB above that of the first`,
    })),
    target: {
      text: `flat: in the second half ours takes at most ${MOST_CLIMB_MIB} MiB more than in the ` +
        "first",
      met: climbs.length === 0 ? null : climbs.every((one) => one <= MOST_CLIMB_MIB),
    },
  };
}

function climbMib({ growthBytes }: MeasuredGateway): number {
  const middle = Math.floor(growthBytes.length / 2);
  return (Math.max(...growthBytes.slice(middle)) - Math.max(...growthBytes.slice(0, middle))) / MIB;
}

function times(share: number): string {
  return `${share.toFixed(2)} times`;
}

function sizeText(sizeBytes: number): string {
  if (sizeBytes >= GIB) return `${sizeBytes / GIB} GiB`;
  return sizeBytes < MIB ? `${sizeBytes / 2 ** 10} KiB` : `${sizeBytes / MIB} MiB`;
}
