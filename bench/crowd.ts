// 5,000 readers behind one writer, for ours and each peer: how soon the last one has its first byte,
// and what memory it costs to let one wait.

import { realClock } from "../lab/clock.ts";
import type { CrowdRound } from "./crowd_client.ts";
import { HeldOrigin } from "./held_origin.ts";
import type { BenchContext, Measurement } from "./measurement.ts";
import { Member } from "./member.ts";
import type { Peer } from "./peers/peer.ts";
import { peers } from "./peers/peers.ts";
import { Child, ChildError, residentBytes } from "./process.ts";
import { type Row, samplesOf, type Table, tenths } from "./result.ts";

const READERS = 5_000;
/** Fresh processes for each server: memory is measured in the first round of each. */
const PROCESSES = 3;
const ROUNDS = 3;
/** Between the last reader's request and the origin's answer, so that all of them wait by then. */
const SETTLE_MS = 1_000;

interface CrowdSamples {
  lastReaderMs: number[];
  totalMs: number[];
  connectionBytes: number[];
  waitingBytes: number[];
}

async function measureProcess(peer: Peer, samples: CrowdSamples): Promise<void> {
  await using scope = new AsyncDisposableStack();
  const origin = scope.use(new HeldOrigin());
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "edge-repro-bench-" });
  scope.defer(() => Deno.remove(folder, { recursive: true }));
  const options = { originPort: origin.port, folder, connections: READERS };
  const { child, port } = await peer.start(options);
  scope.use(child);
  const client = scope.use(startClient(port));
  await (await fetch(`http://127.0.0.1:${port}/warm`)).bytes();
  await realClock.sleep(SETTLE_MS);
  const idle = await residentBytes(child.pid);
  await client.say("connect");
  await client.line();
  const writer = scope.use(await Member.connect(port, realClock));
  await realClock.sleep(SETTLE_MS);
  const connected = await residentBytes(child.pid);
  for (let round = 1; round <= ROUNDS; round++) {
    const path = `/object-${round}`;
    const arrived = origin.hold();
    await writer.send(path);
    await arrived;
    await client.say(`read ${path}`);
    await client.line();
    await realClock.sleep(SETTLE_MS);
    if (round === 1) {
      const waiting = await residentBytes(child.pid);
      samples.connectionBytes.push((connected - idle) / READERS);
      samples.waitingBytes.push((waiting - idle) / READERS);
    }
    const requests = origin.requests(path);
    await client.say("finish");
    const releasedAtMs = realClock.now();
    origin.release();
    const writerAtMs = await writer.firstByte;
    const { lastReaderAtMs, answered } = JSON.parse(await client.line()) as CrowdRound;
    await writer.rest();
    if (requests !== 1 || answered !== READERS) {
      throw new ChildError(
        `Cannot use this round: received ${requests} requests at the origin and ${answered} ` +
          `answers, expected 1 and ${READERS}`,
      );
    }
    samples.lastReaderMs.push(lastReaderAtMs - writerAtMs);
    samples.totalMs.push(lastReaderAtMs - releasedAtMs);
  }
}

function startClient(port: number): Child {
  return new Child("the crowd's client", Deno.execPath(), [
    ...["run", "--no-prompt", "--allow-net=127.0.0.1"],
    new URL("crowd_client.ts", import.meta.url).pathname,
    ...[String(port), String(READERS)],
  ]);
}

/** One server's rounds, or why there are none. */
async function measurePeer(
  peer: Peer,
  context: BenchContext,
): Promise<{ peer: Peer; samples: CrowdSamples; note?: string }> {
  const samples: CrowdSamples = {
    lastReaderMs: [],
    totalMs: [],
    connectionBytes: [],
    waitingBytes: [],
  };
  const version = await peer.version();
  if (version === undefined) return { peer, samples, note: "not installed here" };
  for (let process = 1; process <= PROCESSES; process++) {
    context.signal.throwIfAborted();
    context.progress(`${READERS} readers: ${peer.name}, process ${process} of ${PROCESSES}`);
    try {
      await measureProcess(peer, samples);
    } catch (error) {
      if (!(error instanceof ChildError)) throw error;
      return { peer, samples, note: error.message };
    }
  }
  return { peer, samples };
}

/** Measures every server, one after the other. */
async function run(context: BenchContext): Promise<Table[]> {
  const measured: Awaited<ReturnType<typeof measurePeer>>[] = [];
  for (const peer of peers) measured.push(await measurePeer(peer, context));
  const rows = (of: (samples: CrowdSamples) => number[]): Row[] =>
    measured.map(({ peer, samples, note }) => ({
      subject: peer.name,
      samples: samplesOf(of(samples)),
      ...(note !== undefined && { note }),
    }));
  const kilobytes = (bytes: number[]) => bytes.map((one) => one / 1_024);
  const lastReader = rows(({ lastReaderMs }) => lastReaderMs);
  return [
    {
      id: "last-reader",
      title: `${READERS} readers behind one writer: the last one's first byte`,
      unit: "ms",
      meaning:
        "From the first byte that the writer's client gets to the first byte that the last " +
        "reader's client gets: how long a cache takes to wake a crowd, the reading of the one " +
        "client process that all readers share included. Below 0: the readers were answered " +
        "before the writer, and the next table tells more.",
      rows: lastReader,
      target: fanOutTarget(lastReader),
    },
    {
      id: "origin-to-last-reader",
      title: `${READERS} readers behind one writer: from the origin's answer to the last one's`,
      unit: "ms",
      meaning:
        "The same rounds from the moment in which the origin answers: whom a cache answers " +
        "first, and how long it takes before it answers anyone, makes no difference here.",
      rows: rows(({ totalMs }) => totalMs),
    },
    {
      id: "waiting-memory",
      title: `${READERS} readers behind one writer: resident memory of one that waits`,
      unit: "KB",
      meaning: "Resident memory of all the server's processes while the readers wait, less that " +
        "of the same fresh processes after one request and before the readers connected, for each " +
        "reader. It holds all that a waiting reader costs: connection, buffers, request, wait.",
      rows: rows(({ waitingBytes }) => kilobytes(waitingBytes)),
    },
    {
      id: "connection-memory",
      title: `${READERS} idle connections: resident memory of one`,
      unit: "KB",
      meaning: "The share of the number above that is there before a reader has sent its request.",
      rows: rows(({ connectionBytes }) => kilobytes(connectionBytes)),
    },
  ];
}

function fanOutTarget(rows: readonly Row[]): Table["target"] {
  const median = (subject: string) =>
    rows.find((row) => row.subject === subject)?.samples?.median ?? NaN;
  const better = Math.min(median("nginx"), median("Varnish"));
  const ours = median("our proxy, fix");
  const known = Number.isFinite(better) && Number.isFinite(ours);
  return {
    text: "`fix` takes at most half of the time of the better one of nginx and Varnish" +
      (known ? ` (${tenths(better / 2)} ms)` : ""),
    met: known ? ours <= better / 2 : null,
  };
}

/** The measurement. */
export const crowd: Measurement = {
  id: "crowd",
  parameters: {
    readers: READERS,
    processesPerServer: PROCESSES,
    roundsPerProcess: ROUNDS,
    settleMs: SETTLE_MS,
  },
  run,
};
