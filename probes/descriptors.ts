// Which processes have a socket open: after a reset the kernel's table forgets the socket at once,
// and only the descriptor shows that it is still held. Linux, /proc/PID/fd (proc_pid_fd(5)).

import { type Availability, childAvailability, outputOf } from "./child.ts";

/** A descriptor of a process. */
export interface Holder {
  /** The process. */
  pid: number;
  /** The descriptor's number there. */
  fd: number;
}

/** Whether descriptors can be looked up here; other users' processes show to root only. */
export function descriptorsAvailability(): Promise<Availability> {
  return childAvailability("find");
}

/**
 * Who has these sockets open. A socket that nobody (whose descriptors may be seen) has open is not
 * in the result.
 *
 * @param inodes As the kernel's socket table gives them.
 */
export async function holdersOf(inodes: Iterable<number>): Promise<Map<number, Holder[]>> {
  const wanted = new Set(inodes);
  // -ignore_readdir_race: processes come and go while it looks.
  const text = await outputOf("find", [
    ...["/proc", "-ignore_readdir_race", "-mindepth", "3", "-maxdepth", "3"],
    ...["-path", "/proc/[0-9]*/fd/*", "-lname", "socket:*", "-printf", "%p %l\\n"],
  ]);
  const holders = new Map<number, Holder[]>();
  for (const [, pid, fd, inode] of text.matchAll(/^\/proc\/(\d+)\/fd\/(\d+) socket:\[(\d+)\]$/gm)) {
    if (!wanted.has(Number(inode))) continue;
    const holder = { pid: Number(pid), fd: Number(fd) };
    holders.set(Number(inode), [...holders.get(Number(inode)) ?? [], holder]);
  }
  return holders;
}
