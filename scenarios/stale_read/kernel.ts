// What the kernel of this machine shows of connections to the target, where both ends are on it.

import {
  findServerSide,
  isGone,
  queuedBytes,
  readSocketTable,
  type SocketEntry,
  socketTableAvailability,
} from "../../probes/socket_table.ts";
import type { Context } from "./stage.ts";

/** How often a stream is looked at until it stands still, at most. */
const LOOKS = 10;
/** How long is waited between two looks, in milliseconds of the run's clock. */
const LOOK_EVERY_MS = 5;

/** Whether the kernel's table has both ends of a connection to the target, and can be read. */
export async function hasSocketTable({ access: { url } }: Context): Promise<boolean> {
  return isLoopback(url) && (await socketTableAvailability()).available;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}

function portOf({ access: { url } }: Context): number {
  return Number(url.port) || (url.protocol === "https:" ? 443 : 80);
}

/** Which of these connections the target's process has accepted and not closed, by the client's port. */
export async function heldPorts(
  context: Context,
  localPorts: readonly number[],
): Promise<ReadonlySet<number>> {
  const table = await readSocketTable();
  const port = portOf(context);
  return new Set(localPorts.filter((own) => isHeld(findServerSide(table, own, port))));
}

function isHeld(side: SocketEntry | undefined): boolean {
  return side?.state === "ESTABLISHED" && side.inode !== 0;
}

/** Whether the target's process has not closed a connection, by the client's port. */
export async function isHeldYet(context: Context, localPort: number): Promise<boolean> {
  return !isGone(findServerSide(await readSocketTable(), localPort, portOf(context)));
}

/** Which way bytes go. */
export type Direction = "to-client" | "to-target";

/**
 * How much of what one end of each connection has written the other's process has not read, in bytes,
 * once nothing moves any more: that comes out alike twice in a row. Undefined for those that did not
 * come to rest within some looks, or are not in the table.
 */
export async function queuedAtRest(
  context: Context,
  localPorts: readonly number[],
  direction: Direction,
): Promise<readonly (number | undefined)[]> {
  const port = portOf(context);
  const look = async () => {
    const table = await readSocketTable();
    return localPorts.map((own) =>
      direction === "to-client" ? queuedBytes(table, own, port) : queuedBytes(table, port, own)
    );
  };
  let before = await look();
  for (let looks = 1;; looks++) {
    await context.clock.sleep(LOOK_EVERY_MS, { signal: context.signal });
    const now = await look();
    const atRest = now.map((bytes, index) => bytes === before[index] ? bytes : undefined);
    if (looks === LOOKS || !now.some((bytes, index) => bytes !== before[index])) return atRest;
    before = now;
  }
}
