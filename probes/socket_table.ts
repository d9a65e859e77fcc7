// The kernel's table of TCP sockets: it shows a server's side of a loopback connection, whatever the
// server says of itself. Linux, /proc/net/tcp and tcp6 (proc_pid_net(5)).

import type { Clock } from "../lab/clock.ts";
import { type Availability, childAvailability, outputOf } from "./child.ts";

/** The states in the order of their numbers from 1 on (include/net/tcp_states.h). */
const STATES = [
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
] as const;

/** The state of a TCP socket. */
export type SocketState = typeof STATES[number];

/** One row of the table. */
export interface SocketEntry {
  localPort: number;
  remotePort: number;
  state: SocketState;
  /** The socket's inode; 0 when no process has it, as before `accept` or after the last close. */
  inode: number;
  uid: number;
}

/** Whether the table can be read here. */
export function socketTableAvailability(): Promise<Availability> {
  return childAvailability("cat");
}

/** The rows of the table's text; lines that are none, such as its head, are passed over. */
export function parseSocketTable(text: string): SocketEntry[] {
  return text.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local = "", remote = "", stateHex = ""] = fields;
    const state = STATES[parseInt(stateHex, 16) - 1];
    const localPort = portOf(local);
    const remotePort = portOf(remote);
    if (state === undefined || localPort === undefined || remotePort === undefined) return [];
    return [{ localPort, remotePort, state, uid: Number(fields[7]), inode: Number(fields[9]) }];
  });
}

function portOf(address: string): number | undefined {
  const [, port] = /^(?:[0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(address) ?? [];
  return port === undefined ? undefined : parseInt(port, 16);
}

/** The table of this moment, IPv4 and IPv6. Check {@linkcode socketTableAvailability} first. */
export async function readSocketTable(): Promise<SocketEntry[]> {
  return parseSocketTable(await outputOf("cat", ["/proc/net/tcp", "/proc/net/tcp6"]));
}

/** The server's side of a connection, by the client's port and the server's. */
export function findServerSide(
  table: readonly SocketEntry[],
  clientPort: number,
  serverPort: number,
): SocketEntry | undefined {
  return table.find((entry) => entry.localPort === serverPort && entry.remotePort === clientPort);
}

/** A socket that no process holds: gone, or on its way out without anyone's doing. */
function isGone(entry: SocketEntry | undefined): boolean {
  return entry === undefined || entry.inode === 0 && entry.state !== "CLOSE_WAIT";
}

/** A watch over the server's side of connections that the client has closed. */
export interface ServerSideWatch {
  /** Resolves when the server has let go of all of them, or the signal aborts. */
  finished: Promise<void>;
  /** When a connection was first seen to be let go, in milliseconds of the clock. */
  goneAtMs(clientPort: number): number | undefined;
}

/**
 * Watches until the server has closed its side of each connection: a socket stays in CLOSE_WAIT
 * while the client has gone and the server has not let go. One read of the table serves all.
 */
export function watchServerSide(
  clientPorts: readonly number[],
  options: { serverPort: number; intervalMs: number; clock: Clock; signal: AbortSignal },
): ServerSideWatch {
  const { serverPort, intervalMs, clock, signal } = options;
  const gone = new Map<number, number>();
  const watch = async () => {
    while (gone.size < clientPorts.length && !signal.aborted) {
      const table = await readSocketTable();
      const atMs = clock.now();
      const held = new Map(
        table.filter((entry) => entry.localPort === serverPort)
          .map((entry) => [entry.remotePort, entry]),
      );
      for (const port of clientPorts) {
        if (!gone.has(port) && isGone(held.get(port))) gone.set(port, atMs);
      }
      await clock.sleep(intervalMs, { signal }).catch(() => {});
    }
  };
  return { finished: watch(), goneAtMs: (port) => gone.get(port) };
}
