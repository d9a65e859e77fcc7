// The kernel's table of TCP sockets: it shows a server's side of a loopback connection, whatever the
// server says of itself. Linux, /proc/net/tcp and tcp6 (proc_pid_net(5)).

import type { Clock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { type Availability, childAvailability, outputOf } from "./child.ts";

/** The state of a TCP socket. */
export type SocketState =
  | "ESTABLISHED"
  | "SYN_SENT"
  | "SYN_RECV"
  | "FIN_WAIT1"
  | "FIN_WAIT2"
  | "TIME_WAIT"
  | "CLOSE"
  | "CLOSE_WAIT"
  | "LAST_ACK"
  | "LISTEN"
  | "CLOSING"
  | "NEW_SYN_RECV";

/** The states in the order of their numbers from 1 on (include/net/tcp_states.h). */
const STATES: readonly SocketState[] = [
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "CLOSING",
  "NEW_SYN_RECV",
];

/** One row of the table. */
export interface SocketEntry {
  /** The port of the side that the row is about. */
  localPort: number;
  /** The port of its peer; 0 of one that listens. */
  remotePort: number;
  /** Where in its life the socket is. */
  state: SocketState;
  /** The socket's inode; 0 when no process has it, as before `accept` or after the last close. */
  inode: number;
  /** Whose it is. */
  uid: number;
  /** What its process has written and its peer's kernel has not acknowledged yet, in bytes. */
  sendQueueBytes: number;
  /**
   * What the kernel has received and its process has not read yet, in bytes; a FIN counts as one. Of
   * one that listens, how many connections wait to be accepted.
   */
  receiveQueueBytes: number;
}

/** Whether the table can be read here. */
export function socketTableAvailability(): Promise<Availability> {
  return childAvailability("cat");
}

/** The rows of the table's text; lines that are none, such as its head, are passed over. */
export function parseSocketTable(text: string): SocketEntry[] {
  return text.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local = "", remote = "", stateHex = "", queues = ""] = fields;
    const state = STATES[parseInt(stateHex, 16) - 1];
    const localPort = portOf(local);
    const remotePort = portOf(remote);
    if (state === undefined || localPort === undefined || remotePort === undefined) return [];
    const [sendQueueBytes = NaN, receiveQueueBytes = NaN] = queues.split(":")
      .map((hex) => parseInt(hex, 16));
    return [{
      ...{ localPort, remotePort, state, uid: Number(fields[7]), inode: Number(fields[9]) },
      ...{ sendQueueBytes, receiveQueueBytes },
    }];
  });
}

function portOf(address: string): number | undefined {
  const [, port] = /^(?:[0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(address) ?? [];
  return port === undefined ? undefined : parseInt(port, 16);
}

/**
 * The table of this moment, IPv4 and IPv6 (a system without IPv6 has no table of it). Check
 * {@linkcode socketTableAvailability} first.
 *
 * @throws {InconclusiveError} when the kernel does not show it: without its head an empty table would
 * read as if every socket were gone.
 */
export async function readSocketTable(): Promise<SocketEntry[]> {
  const text = await outputOf("cat", ["/proc/net/tcp", "/proc/net/tcp6"]);
  if (!/^\s*sl\s+local_address/.test(text)) {
    throw new InconclusiveError(
      "Cannot read the kernel's socket table: received " +
        `${text === "" ? "nothing" : "something else"} from /proc/net/tcp, expected its rows`,
    );
  }
  return parseSocketTable(text);
}

/**
 * The server's side of a connection, by the client's port and the server's. Undefined also where it
 * is in another network namespace, as behind a container's forwarded port.
 */
export function findServerSide(
  table: readonly SocketEntry[],
  clientPort: number,
  serverPort: number,
): SocketEntry | undefined {
  return table.find((entry) => entry.localPort === serverPort && entry.remotePort === clientPort);
}

/**
 * How much of what one side of a connection has written the other's process has not read yet, in bytes:
 * what both kernels hold of it. Never less than they do: what was received and is not acknowledged
 * counts in both queues. Undefined when one side is not in the table.
 *
 * The kernel prints the two rows one after the other, and bytes that move meanwhile may be in neither:
 * only a figure that comes twice in a row is one of a stream that stands still.
 */
export function queuedBytes(
  table: readonly SocketEntry[],
  readerPort: number,
  writerPort: number,
): number | undefined {
  const writer = findServerSide(table, readerPort, writerPort);
  const reader = findServerSide(table, writerPort, readerPort);
  return writer && reader && writer.sendQueueBytes + reader.receiveQueueBytes;
}

/** The states in which a socket may be that its process has closed. */
const CLOSED_BY_ITS_PROCESS: ReadonlySet<SocketState> = new Set([
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "LAST_ACK",
  "CLOSING",
]);

/**
 * Whether a server has let go of a connection: its side has gone, or no process has it and only the
 * kernel still says goodbye. A connection that waits to be accepted has no process either (its inode
 * is 0 too) and is not let go: its state tells.
 */
export function isGone(entry: SocketEntry | undefined): boolean {
  return entry === undefined || entry.inode === 0 && CLOSED_BY_ITS_PROCESS.has(entry.state);
}

/** A watch over the server's side of connections that the client has closed. */
export interface ServerSideWatch {
  /**
   * Resolves when the server has let go of all of them, or the signal aborts. Rejects with
   * `InconclusiveError` when the table cannot be read; that nobody looks does no harm.
   */
  finished: Promise<void>;
  /** When a connection was first seen to be let go, in milliseconds of the clock. */
  goneAtMs(clientPort: number): number | undefined;
  /** When a connection was last seen to be held, in milliseconds of the clock. */
  heldAtMs(clientPort: number): number | undefined;
}

/**
 * Watches until the server has closed its side of each connection: a socket stays in CLOSE_WAIT
 * while the client has gone and the server has not let go. One read of the table serves all.
 *
 * A connection counts as let go when two reads in a row say so, at the time of the first: the kernel
 * prints the table piece by piece, and a row may be missed while others come and go. A row that was
 * never there counts as let go as well: look with {@linkcode findServerSide} before the client
 * leaves. The table tells nothing of a process that has sent its FIN and keeps the descriptor.
 */
export function watchServerSide(
  clientPorts: readonly number[],
  options: { serverPort: number; intervalMs: number; clock: Clock; signal: AbortSignal },
): ServerSideWatch {
  const { serverPort, intervalMs, clock, signal } = options;
  const gone = new Map<number, number>();
  const absent = new Map<number, number>();
  const heldAt = new Map<number, number>();
  const look = async () => {
    const askedAtMs = clock.now();
    const table = await readSocketTable();
    const atMs = clock.now();
    const sides = new Map(
      table.filter((entry) => entry.localPort === serverPort)
        .map((entry) => [entry.remotePort, entry]),
    );
    for (const port of clientPorts) {
      if (gone.has(port)) continue;
      const before = absent.get(port);
      if (!isGone(sides.get(port))) {
        absent.delete(port);
        heldAt.set(port, askedAtMs);
      } else if (before === undefined) absent.set(port, atMs);
      else gone.set(port, before);
    }
  };
  const watch = async () => {
    while (gone.size < clientPorts.length && !signal.aborted) {
      await look();
      if (gone.size === clientPorts.length) return;
      await clock.sleep(intervalMs, { signal }).catch(() => {});
    }
  };
  const finished = watch();
  finished.catch(() => {}); // Whoever watches may have gone by then.
  return {
    finished,
    goneAtMs: (port) => gone.get(port),
    heldAtMs: (port) => heldAt.get(port),
  };
}
