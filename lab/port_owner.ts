// Who listens on a TCP port of this machine, as far as the permissions at hand let us know.

/** A process that listens on a port. */
export interface PortOwner {
  /** Its process id. */
  pid: number;
  /** Its command's name, as the kernel keeps it (at most 15 characters). */
  name: string;
}

/** The state LISTEN as `/proc/net/tcp` writes it (Linux, include/net/tcp_states.h). */
const LISTEN = "0A";

/** The inodes of the sockets that listen on `port`, from the text of one `/proc/net/tcp` table. */
function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").map((line) => line.trim().split(/\s+/)).flatMap((fields) => {
    const [, local, , state, , , , , , inode] = fields;
    return local?.endsWith(suffix) && state === LISTEN && inode !== undefined ? [inode] : [];
  });
}

/** Runs `read` and takes a refusal or a vanished process for "nothing there". */
async function orElse<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch {
    return otherwise;
  }
}

async function holdsOneOf(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const { name } of await orElse(() => Array.fromAsync(Deno.readDir(folder)), [])) {
    if (sockets.has(await orElse(() => Deno.readLink(`${folder}/${name}`), ""))) return true;
  }
  return false;
}

/**
 * Finds the process that listens on a TCP port of this machine. It never asks for a permission:
 * without unrestricted ones (Deno 2.9 lets only `--allow-all` read `/proc`), on another system than
 * Linux, or when the process belongs to someone else, the answer is `undefined`.
 *
 * @param port The port's number.
 *
 * @example
 * ```ts
 * import { findPortOwner } from "./port_owner.ts";
 *
 * const owner = await findPortOwner(8000);
 * console.log(owner === undefined ? "not known" : `${owner.name} (pid ${owner.pid})`);
 * ```
 */
export async function findPortOwner(port: number): Promise<PortOwner | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const permission = await Deno.permissions.query({ name: "read", path: "/proc" });
  if (permission.state !== "granted") return undefined;
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => orElse(() => Deno.readTextFile(path), "")),
  );
  const inodes = tables.flatMap((table) => listeningInodes(table, port));
  if (inodes.length === 0) return undefined;
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const { name: pid } of await orElse(() => Array.fromAsync(Deno.readDir("/proc")), [])) {
    if (!/^\d+$/.test(pid) || !await holdsOneOf(pid, sockets)) continue;
    const name = (await orElse(() => Deno.readTextFile(`/proc/${pid}/comm`), "")).trim();
    return { pid: Number(pid), name: name || "unknown" };
  }
  return undefined;
}
