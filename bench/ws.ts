// WebSockets whose objects hibernate: what an idle one costs, how soon a sleeping object answers, and
// how many messages go through, beside workerd and a bare handler.

import { realClock } from "../lab/clock.ts";
import type { BenchContext, Measurement } from "./measurement.ts";
import { ourHost, type WsPeer, wsPeers } from "./peers/ws_peers.ts";
import { Child, ChildError, residentBytes } from "./process.ts";
import { quantile, type Row, samplesOf, type Table, tenths } from "./result.ts";

const IDLE_SOCKETS = 10_000;
const WOKEN_SOCKETS = 5_000;
const OBJECTS = 1_000;
const PROCESSES = 3;
const RATE_SECONDS = 2;
const RATE_ROUNDS = 3;
/** Longer than the 10 s after which both evict. */
const SLEEP_MS = 12_000;
/** What is aimed at for an idle hibernated socket, all in, in KB. */
const MOST_KB = 25;

/** What is measured, in the order of the tables. */
type Metric = "idleKilobytes" | "wakeMs" | "objectsMs" | "oneRate" | "manyRate";

/** One server's numbers. */
interface Measured {
  peer: WsPeer;
  samples: Record<Metric, number[]>;
  note?: string;
}

/** A server with its client, both fresh. */
async function pair(peer: WsPeer, scope: AsyncDisposableStack) {
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "edge-repro-bench-" });
  scope.defer(() => Deno.remove(folder, { recursive: true }));
  const { child, port } = await peer.start(folder);
  scope.use(child);
  const client = scope.use(
    new Child("the WebSocket client", Deno.execPath(), [
      ...["run", "--no-prompt", "--allow-net=127.0.0.1"],
      new URL("ws_client.ts", import.meta.url).pathname,
      `ws://127.0.0.1:${port}/websocket`,
    ]),
  );
  const ask = async (line: string) => {
    await client.say(line);
    return await client.line();
  };
  return { child, ask };
}

/** Memory and waking: one object with all the sockets. */
async function measureIdle(peer: WsPeer, { idleKilobytes, wakeMs }: Measured["samples"]) {
  await using scope = new AsyncDisposableStack();
  const { child, ask } = await pair(peer, scope);
  // One connection before, so that what is made once does not count.
  await ask("connect 1 1");
  const idle = await residentBytes(child.pid);
  const sockets = Math.min(IDLE_SOCKETS, peer.mostSockets ?? IDLE_SOCKETS);
  await ask(`connect ${sockets} 1`);
  await realClock.sleep(SLEEP_MS);
  idleKilobytes.push((await residentBytes(child.pid) - idle) / sockets / 1_024);
  wakeMs.push(Number(await ask(`all ${WOKEN_SOCKETS}`)));
}

/** Many objects with one socket each, all asleep, and all woken at once. */
async function measureObjects(peer: WsPeer, { objectsMs }: Measured["samples"]) {
  await using scope = new AsyncDisposableStack();
  const { ask } = await pair(peer, scope);
  await ask(`connect ${OBJECTS} ${OBJECTS}`);
  await realClock.sleep(SLEEP_MS);
  objectsMs.push(Number(await ask(`all ${OBJECTS}`)));
}

/** Answers a second, on one socket and on many. */
async function measureRates(peer: WsPeer, { oneRate, manyRate }: Measured["samples"]) {
  await using scope = new AsyncDisposableStack();
  const { ask } = await pair(peer, scope);
  await ask(`connect ${OBJECTS} 1`);
  for (let round = 0; round <= RATE_ROUNDS; round++) {
    const one = Number(await ask(`rate 1 ${RATE_SECONDS}`));
    const many = Number(await ask(`rate ${OBJECTS} ${RATE_SECONDS}`));
    // The first round compiles.
    if (round === 0) continue;
    oneRate.push(one);
    manyRate.push(many);
  }
}

async function measurePeer(peer: WsPeer, context: BenchContext): Promise<Measured> {
  const samples = { idleKilobytes: [], wakeMs: [], objectsMs: [], oneRate: [], manyRate: [] };
  const measured: Measured = { peer, samples };
  if (await peer.version() === undefined) return { ...measured, note: "not installed here" };
  try {
    for (let process = 1; process <= PROCESSES; process++) {
      context.signal.throwIfAborted();
      context.progress(`WebSockets: ${peer.name}, process ${process} of ${PROCESSES}`);
      await measureIdle(peer, samples);
      if (peer.evicts) await measureObjects(peer, samples);
    }
    context.progress(`WebSockets: ${peer.name}, messages a second`);
    await measureRates(peer, samples);
  } catch (error) {
    if (!(error instanceof ChildError)) throw error;
    return { ...measured, note: error.message };
  }
  return measured;
}

/** A target that compares our median with workerd's. */
function against(
  measured: readonly Measured[],
  metric: Metric,
  better: "less" | "more",
): NonNullable<Table["target"]> {
  const median = (of: (peer: WsPeer) => boolean) =>
    quantile(measured.find(({ peer }) => of(peer))?.samples[metric] ?? [], 0.5);
  const ours = median((peer) => peer === ourHost);
  const theirs = median((peer) => peer.evicts && peer !== ourHost);
  const ratio = better === "less" ? theirs / ours : ours / theirs;
  return {
    text: Number.isFinite(ratio)
      ? `faster than workerd: ${tenths(ratio)} times as fast`
      : "faster than workerd",
    met: Number.isFinite(ratio) ? ratio > 1 : null,
  };
}

async function run(context: BenchContext): Promise<Table[]> {
  const measured: Measured[] = [];
  for (const peer of wsPeers) measured.push(await measurePeer(peer, context));
  const rows = (metric: Metric, without = ""): Row[] =>
    measured.map(({ peer, samples, note }) => {
      const why = note ?? (samples[metric].length === 0 ? without : undefined);
      return {
        subject: peer.name,
        samples: samplesOf(samples[metric]),
        ...(why !== undefined && { note: why }),
      };
    });
  const idle = rows("idleKilobytes").map((row) => {
    const { mostSockets } = wsPeers.find(({ name }) => name === row.subject) ?? {};
    const fewer = `${mostSockets} of them: it opens two files for each`;
    return row.note === undefined && mostSockets !== undefined ? { ...row, note: fewer } : row;
  });
  const kilobytes = idle.find(({ subject }) => subject === ourHost.name)?.samples?.max ?? NaN;
  return [
    {
      id: "ws-idle-memory",
      title: `${IDLE_SOCKETS} idle WebSockets of one object that hibernates: memory of each`,
      unit: "KB",
      meaning: `Resident memory of the server ${SLEEP_MS / 1_000} s after the last of them was ` +
        "opened, less that of the same process with one, for each: connection, buffers, attachment, " +
        "tag, all in. The bare handler has no objects: it is what the runtime under ours costs.",
      rows: idle,
      target: {
        text: `at most ${MOST_KB} KB for each of ours`,
        met: Number.isFinite(kilobytes) ? kilobytes <= MOST_KB : null,
      },
    },
    {
      id: "ws-wake",
      title:
        `A sleeping object of ${IDLE_SOCKETS} WebSockets: ${WOKEN_SOCKETS} of them are answered`,
      unit: "ms",
      meaning: `From the first of ${WOKEN_SOCKETS} pings, sent at once to an object that was ` +
        "evicted, to the last answer. The one client process that all share takes its part of it.",
      rows: rows("wakeMs"),
      target: against(measured, "wakeMs", "less"),
    },
    {
      id: "ws-objects",
      title: `${OBJECTS} sleeping objects with a WebSocket each: all are constructed and answer`,
      unit: "ms",
      meaning: "From the first of as many pings, sent at once, to the last answer.",
      rows: rows("objectsMs", "it has no objects"),
      target: against(measured, "objectsMs", "less"),
    },
    {
      id: "ws-rate-1",
      title: "One WebSocket: a ping is sent when the one before is answered",
      unit: "requests/s",
      meaning: `Answers a second, over ${RATE_SECONDS} s.`,
      rows: rows("oneRate"),
      target: against(measured, "oneRate", "more"),
    },
    {
      id: `ws-rate-${OBJECTS}`,
      title: `${OBJECTS} WebSockets of one object, each like that`,
      unit: "requests/s",
      meaning: `Answers a second, over ${RATE_SECONDS} s; client and server share two cores.`,
      rows: rows("manyRate"),
      target: against(measured, "manyRate", "more"),
    },
  ];
}

/** The measurement. */
export const webSockets: Measurement = {
  id: "web-sockets",
  parameters: {
    wsIdleSockets: IDLE_SOCKETS,
    wsWokenSockets: WOKEN_SOCKETS,
    wsObjects: OBJECTS,
    wsSleepMs: SLEEP_MS,
    wsProcesses: PROCESSES,
  },
  run,
};
