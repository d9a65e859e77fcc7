// When 1,000 readers were let go: as a probe sees it on its connections, against the kernel's table.

import { realClock } from "../lab/clock.ts";
import { readSocketTable } from "../probes/socket_table.ts";
import type { Closed } from "./close_client.ts";
import { HeldOrigin } from "./held_origin.ts";
import type { BenchContext, Measurement } from "./measurement.ts";
import { denoPeer } from "./peers/deno.ts";
import { Child } from "./process.ts";
import { quantile, samplesOf, type Table } from "./result.ts";

const READERS = 1_000;
const ROUNDS = 5;
const SETTLE_MS = 500;
/** The longest that a round may watch. */
const WATCH_MS = 10_000;

/** What the table says of one connection: let go between two moments. */
interface Window {
  /** When the last look began that still found it held. */
  heldAtMs: number;
  /** When the first look was over that found it gone. */
  goneAtMs: number;
}

/** Looks again and again, without a pause, until the server holds none of the connections. */
async function watchTable(serverPort: number): Promise<Map<number, Window>> {
  const windows = new Map<number, Window>();
  const held = new Map<number, number>();
  const deadlineMs = realClock.now() + WATCH_MS;
  while (realClock.now() < deadlineMs) {
    const startMs = realClock.now();
    const table = await readSocketTable();
    const endMs = realClock.now();
    const now = new Set(
      table.filter((entry) => entry.localPort === serverPort && entry.inode !== 0)
        .map((entry) => entry.remotePort),
    );
    for (const [port, heldAtMs] of held) {
      if (now.has(port) || windows.has(port)) continue;
      windows.set(port, { heldAtMs, goneAtMs: endMs });
    }
    for (const port of now) held.set(port, startMs);
    if (windows.size >= READERS) break;
  }
  return windows;
}

interface Round {
  seenMs: number[];
  beyondMs: number[];
  windowMs: number[];
}

async function measureRound(): Promise<Round> {
  await using scope = new AsyncDisposableStack();
  const origin = scope.use(new HeldOrigin());
  const server = denoPeer("fix", "our proxy, fix");
  const { child, port } = await server.start({
    originPort: origin.port,
    folder: "",
    connections: READERS,
  });
  scope.use(child);
  const arrived = origin.hold();
  const client = scope.use(
    new Child("the probe", Deno.execPath(), [
      ...["run", "--no-prompt", "--allow-net=127.0.0.1"],
      new URL("close_client.ts", import.meta.url).pathname,
      ...[String(port), String(READERS), "/object"],
    ]),
  );
  await client.line();
  await arrived;
  await client.say("go on");
  await client.line();
  await realClock.sleep(SETTLE_MS);
  const watch = watchTable(port);
  // The table has to be seen once while everyone is still there.
  await realClock.sleep(SETTLE_MS);
  await client.say("leave");
  const closed = JSON.parse(await client.line()) as Closed[];
  const windows = await watch;
  await client.say("end");
  const round: Round = { seenMs: [], beyondMs: [], windowMs: [] };
  for (const [port, closedAtMs] of closed) {
    const window = windows.get(port);
    if (window === undefined) throw new Error(`Cannot find port ${port} in the table of sockets`);
    const { heldAtMs, goneAtMs } = window;
    round.seenMs.push(Math.abs(closedAtMs - goneAtMs));
    round.beyondMs.push(Math.max(0, heldAtMs - closedAtMs, closedAtMs - goneAtMs));
    round.windowMs.push(goneAtMs - heldAtMs);
  }
  return round;
}

async function run(context: BenchContext): Promise<Table[]> {
  const rounds: Round[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    context.signal.throwIfAborted();
    context.progress(`close times of ${READERS} readers: round ${round} of ${ROUNDS}`);
    rounds.push(await measureRound());
  }
  const row = (subject: string, values: (round: Round) => number[], share = 0.99) => ({
    subject,
    samples: samplesOf(rounds.map((round) => quantile(values(round), share))),
  });
  return [{
    id: "close-times",
    title: `${READERS} readers leave: when the probe sees each closed, against the kernel's table`,
    unit: "ms",
    meaning:
      "Readers half-close while they wait, and our proxy (`fix`) lets go of them. For each " +
      "the probe's time of the server's close is compared with the kernel's table of sockets, " +
      "read by another process over and over. The table only tells that a close lay between the " +
      "beginning of one look and the end of a later one: that window is its resolution, and no " +
      "difference inside it means anything. Beyond the window is what the probe adds or misses. " +
      "Each round gives one value, of its 1,000 readers; the columns are over the rounds.",
    rows: [
      row("p99 of the distance from the first look without it", (round) => round.seenMs),
      row("p99 of the distance beyond the window", (round) => round.beyondMs),
      row("median of the window", (round) => round.windowMs, 0.5),
      row("p99 of the window", (round) => round.windowMs),
    ],
  }];
}

/** The measurement. */
export const closeTimes: Measurement = {
  id: "close-times",
  parameters: { closingReaders: READERS, closingRounds: ROUNDS },
  run,
};
