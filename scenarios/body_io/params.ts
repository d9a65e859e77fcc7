// The parameters of `body-io`: the report's burst, and how long the services behind a gateway may take.

import { z } from "zod";
import { countParam, durationParam } from "../../lab/params.ts";

/** A shorter threshold cannot tell what is stuck from what a busy machine does late, in milliseconds. */
export const LEAST_THRESHOLD_MS: number = 200;

/**
 * How much of all parts is under way at once, in bytes: the report's burst has less than 100 MiB, so
 * that an isolate of 128 MB that keeps all of it does not fail for that alone.
 */
export const IN_FLIGHT_BYTES: number = 96 << 20;

const MIB = 1 << 20;

/** The last part of a large upload, in bytes. */
export const LAST_PART_BYTES: number = 64 << 10;

/** The one part of a small upload, in bytes. */
export const SMALL_PART_BYTES: number = 256 << 10;

/**
 * What `body-io` can be told. Limits are not paced: what they bound is the moving of bytes, which no
 * pace makes faster.
 */
export const bodyIoParams = z.object({
  numUploads: countParam({
    flag: "num-uploads",
    description: "How many multipart uploads begin at once ('multipart-burst', 'warm-burst')",
    default: 20,
    min: 2,
    max: 1_000,
  }),
  largeUploads: countParam({
    flag: "large-uploads",
    description:
      "How many of these, at most all, have --parts-per-upload parts, by lib-storage; the others " +
      "have one part of 256 KiB, as the last part of an upload may have",
    default: 4,
    min: 0,
    max: 1_000,
  }),
  partSize: countParam({
    flag: "part-size",
    description: "How large each part of the large uploads is but the last, which has 64 KiB; " +
      "5 MiB is the least that S3 and lib-storage take",
    default: 5 * MIB,
    min: 5 * MIB,
    max: 96 * MIB,
    unit: "bytes",
  }),
  partsPerUpload: countParam({
    flag: "parts-per-upload",
    description: "How many parts each large upload has, the small last one among them",
    default: 2,
    min: 2,
    max: 100,
  }),
  numDeletes: countParam({
    flag: "num-deletes",
    description: "How many batch deletes begin at once ('delete-burst', 'warm-burst')",
    default: 20,
    min: 2,
    max: 1_000,
  }),
  keysPerDelete: countParam({
    flag: "keys-per-delete",
    description: "How many keys each of these names; they need not be there",
    default: 1_000,
    min: 1,
    max: 1_000,
  }),
  numParts: countParam({
    flag: "num-parts",
    description: "How many large parts are sent at once ('flat-memory')",
    default: 8,
    min: 2,
    max: 100,
  }),
  largePartSize: countParam({
    flag: "large-part-size",
    description: "How large each of these is",
    default: 24 * MIB,
    min: 5 * MIB,
    max: 1 << 30,
    unit: "bytes",
  }),
  bufferLimit: countParam({
    flag: "buffer-limit",
    description: "How much of them the target may hold in memory in all",
    default: 16 * MIB,
    min: 1,
    max: 2 ** 40,
    unit: "bytes",
  }),
  stsDelayMs: durationParam({
    flag: "sts-delay",
    description: "How long the token service takes for an exchange, in a target that is started " +
      "for the run",
    defaultMs: 4_000,
    bareUnit: "s",
  }),
  thresholdMs: durationParam({
    flag: "threshold-ms",
    description: "For how long nothing may happen on a request; longer than an exchange takes",
    defaultMs: 30_000,
    bareUnit: "ms",
    minMs: 1,
    paced: false,
  }),
  backendTimeoutMs: durationParam({
    flag: "backend-timeout",
    description: "How long the target waits for a backend that does nothing",
    defaultMs: 30_000,
    bareUnit: "s",
    minMs: 1,
    paced: false,
  }),
  stsTimeoutMs: durationParam({
    flag: "sts-timeout",
    description: "How long the target waits for the token service",
    defaultMs: 30_000,
    bareUnit: "s",
    minMs: 1,
    paced: false,
  }),
});

/** Values of the parameters; durations in milliseconds. */
export type BodyIoParams = z.infer<typeof bodyIoParams>;
