// S3 gateways: how fast contents and small requests go through ours and nginx, and what memory it takes.

import { realClock } from "../lab/clock.ts";
import type { BenchContext, Measurement } from "./measurement.ts";
import { type GatewayPeer, gatewayPeers } from "./peers/gateway_peers.ts";
import { Child, ChildError, residentBytes } from "./process.ts";
import type { Table } from "./result.ts";
import {
  GATEWAY_ROUNDS,
  gatewayCells,
  MEMORY_PART_BYTES,
  MEMORY_ROUND_MS,
  MEMORY_ROUNDS,
  MEMORY_WARM_UP_MS,
  ONE_PART_BYTES,
  PARALLEL_PARTS,
  PART_BYTES,
  requestsOf,
  runClients,
  SMALL_ROUND_MS,
} from "./s3_gateway_cells.ts";
import {
  gatewayMemoryTable,
  gatewaySpeedTable,
  type MeasuredGateway,
} from "./s3_gateway_tables.ts";

/** For how long clients are at work before the first round of a cell, in milliseconds. */
const WARM_UP_MS = 500;
/** How long a gateway may rest before its idle memory is read. */
const SETTLE_MS = 500;
/** How often memory is read. */
const SAMPLE_MS = 200;
const CONNECTIONS = 2 * PARALLEL_PARTS;

function denoChild(name: string, file: string, ...args: string[]): Child {
  const { pathname } = new URL(file, import.meta.url);
  return new Child(name, Deno.execPath(), [
    ...["run", "--no-prompt", "--allow-net=127.0.0.1"],
    ...[pathname, ...args],
  ]);
}

/** A fresh gateway before a fresh backend, with its clients. */
async function start(peer: GatewayPeer, scope: AsyncDisposableStack) {
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "edge-repro-bench-" });
  scope.defer(() => Deno.remove(folder, { recursive: true }));
  const sink = scope.use(denoChild("the backend", "s3_sink.ts"));
  const originPort = Number(await sink.line());
  const running = await peer.start?.({ originPort, folder, connections: CONNECTIONS });
  if (running !== undefined) scope.use(running.child);
  const port = running?.port ?? originPort;
  const clients = scope.use(denoChild(`the clients of ${peer.name}`, "s3_client.ts", String(port)));
  return { port, clients, pid: running?.child.pid };
}

/** Rounds of all gateways alternate: what else the machine does meets them alike. */
async function measureSpeeds(all: readonly MeasuredGateway[], context: BenchContext) {
  await using scope = new AsyncDisposableStack();
  const started = new Map<MeasuredGateway, Awaited<ReturnType<typeof start>>>();
  for (const one of all) {
    await unlessBroken(one, async () => void started.set(one, await start(one.peer, scope)));
  }
  for (const cell of gatewayCells) {
    context.progress(`S3 gateways: ${cell.id}`);
    for (let round = 0; round < GATEWAY_ROUNDS; round++) {
      for (const [measured, { port, clients }] of started) {
        context.signal.throwIfAborted();
        const { requestsPerSecond } = measured;
        const warmUpMs = round === 0 && cell.roundMs > 0 ? WARM_UP_MS : 0;
        const load = { warmUpMs, roundMs: cell.roundMs, rounds: 1 };
        await unlessBroken(measured, async () => {
          const requests = await requestsOf(cell, port);
          const rates = await runClients(clients, { count: "requests", requests, ...load });
          requestsPerSecond.set(cell, [...requestsPerSecond.get(cell) ?? [], ...rates]);
        });
      }
    }
  }
}

/** Reads resident memory while parts are uploaded. */
async function measureMemory(measured: MeasuredGateway, context: BenchContext): Promise<void> {
  const { peer } = measured;
  if (peer.start === undefined) return;
  await using scope = new AsyncDisposableStack();
  const { port, clients, pid } = await start(peer, scope);
  if (pid === undefined) return;
  context.progress(`S3 gateways: ${peer.name}, memory`);
  const part = { direction: "PUT", sizeBytes: MEMORY_PART_BYTES, clients: PARALLEL_PARTS } as const;
  const requests = await requestsOf(part, port);
  await realClock.sleep(SETTLE_MS);
  const idleBytes = await residentBytes(pid);
  const rounds = { warmUpMs: MEMORY_WARM_UP_MS, roundMs: MEMORY_ROUND_MS, rounds: MEMORY_ROUNDS };
  const running = runClients(clients, { count: "bytes", requests, ...rounds });
  const startMs = realClock.now();
  let isOver = false;
  const over = running.finally(() => isOver = true);
  over.catch(() => {}); // It is waited for below.
  while (!isOver) {
    context.signal.throwIfAborted();
    const growth = await residentBytes(pid) - idleBytes;
    if (realClock.now() - startMs > MEMORY_WARM_UP_MS) measured.growthBytes.push(growth);
    await Promise.race([over, realClock.sleep(SAMPLE_MS)]);
  }
  const bytesPerSecond = await running;
  const seconds = MEMORY_ROUND_MS / 1_000;
  measured.carriedBytes = bytesPerSecond.reduce((sum, one) => sum + one * seconds, 0);
}

/** Does something with a gateway, unless it broke before; if it breaks now, that is noted. */
async function unlessBroken(measured: MeasuredGateway, fn: () => Promise<void>): Promise<void> {
  if (measured.note !== undefined) return;
  try {
    await fn();
  } catch (error) {
    if (!(error instanceof ChildError)) throw error;
    measured.note = error.message;
  }
}

async function run(context: BenchContext): Promise<Table[]> {
  const measured = await Promise.all(gatewayPeers.map(async (peer): Promise<MeasuredGateway> => {
    const isHere = await peer.version() !== undefined;
    const none = { requestsPerSecond: new Map(), growthBytes: [], carriedBytes: 0 };
    return { peer, ...none, ...(!isHere && { note: "not installed here" }) };
  }));
  await measureSpeeds(measured, context);
  // Memory that was taken once is seldom given back: for this each is a fresh process.
  for (const one of measured) {
    await unlessBroken(one, () => measureMemory(one, context));
  }
  return [
    ...gatewayCells.map((cell) => gatewaySpeedTable(cell, measured)),
    gatewayMemoryTable(measured),
  ];
}

/** The measurement. */
export const s3Gateways: Measurement = {
  id: "s3-gateway",
  parameters: {
    gatewayPartBytes: ONE_PART_BYTES,
    gatewayParallelParts: PARALLEL_PARTS,
    gatewayParallelPartBytes: PART_BYTES,
    gatewayMemoryPartBytes: MEMORY_PART_BYTES,
    gatewayRounds: GATEWAY_ROUNDS,
    gatewaySmallRoundMs: SMALL_ROUND_MS,
    gatewayMemoryWarmUpMs: MEMORY_WARM_UP_MS,
    gatewayMemoryMs: MEMORY_ROUNDS * MEMORY_ROUND_MS,
  },
  run,
};
