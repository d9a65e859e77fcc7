// The parameters of `stale-read`: the report's 60 s, and sizes that keep a read in the middle of its body.

import { z } from "zod";
import { countParam, durationParam } from "../../lab/params.ts";

/**
 * What the kernels of both ends may hold of a body that nobody reads, in bytes: 4 MiB in the
 * sender's buffer and 6 MiB in the receiver's are the usual limits of Linux (`net.ipv4.tcp_wmem`,
 * `tcp_rmem`, see tcp(7)). On loopback 4 MiB were measured.
 */
export const KERNEL_BUFFER_BYTES: number = 10 << 20;

/**
 * What this process may have read of a body and not looked at yet, in bytes: a stream that is paused
 * keeps what was on its way to it, 64 KiB in Deno 2.9.6.
 */
export const OWN_BUFFER_BYTES: number = 256 << 10;

/** The smallest object that is certainly mid-body where nobody tells so, in bytes. */
export const LEAST_OBJECT_BYTES: number = KERNEL_BUFFER_BYTES + (2 << 20);

/** A shorter threshold cannot tell what is held from what a busy machine does late, in milliseconds. */
export const LEAST_THRESHOLD_MS: number = 50;

/** What `stale-read` can be told. */
export const staleReadParams = z.object({
  objectSize: countParam({
    flag: "object-size",
    description: "How large the object is that is read, so that a read nobody goes on with stays " +
      "in the middle of its body",
    default: 16 << 20,
    min: LEAST_OBJECT_BYTES,
    max: 1 << 30,
    unit: "bytes",
  }),
  thresholdMs: durationParam({
    flag: "threshold-ms",
    description: "How soon another read's first byte must have come",
    defaultMs: 5_000,
    bareUnit: "ms",
    minMs: 1,
  }),
  lockTimeoutMs: durationParam({
    flag: "lock-timeout",
    description: "How long a read may hold the object, after which the others are let go",
    defaultMs: 60_000,
    bareUnit: "s",
    minMs: 1,
  }),
  numReaders: countParam({
    flag: "num-readers",
    description: "How many readers come at once after the abandoned one ('many-readers')",
    default: 50,
    min: 1,
    max: 10_000,
  }),
  numAbandoned: countParam({
    flag: "num-abandoned",
    description:
      "How many GETs are left unread at once ('many-abandoned'); each takes about 4 MiB " +
      "of the kernel's memory",
    default: 32,
    min: 2,
    max: 1_000,
  }),
  slowRate: countParam({
    flag: "slow-rate",
    description: "How fast the slow reader reads ('slow-reader')",
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: "bytes/s",
  }),
});

/** Values of the parameters; durations in milliseconds. */
export type StaleReadParams = z.infer<typeof staleReadParams>;
