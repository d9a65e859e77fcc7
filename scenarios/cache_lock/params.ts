// The parameters of `cache-lock`, with the names and defaults of the seed's test client and proxy.

import { z } from "zod";
import { choiceParam, countParam, durationParam } from "../../lab/params.ts";

/** What `cache-lock` can be told. */
export const cacheLockParams = z.object({
  numReaders: countParam({
    flag: "num-readers",
    description: "How many readers queue behind the writer",
    default: 3,
    min: 1,
    max: 10_000,
  }),
  disconnectDelayMs: durationParam({
    flag: "disconnect-delay-ms",
    description: "How long the readers wait before they leave",
    defaultMs: 500,
    bareUnit: "ms",
    pause: true,
  }),
  thresholdMs: durationParam({
    flag: "threshold-ms",
    description: "How soon after a reader left the target must have let go of it",
    defaultMs: 2_000,
    bareUnit: "ms",
    minMs: 1,
  }),
  originDelayMs: durationParam({
    flag: "origin-delay",
    description: "How long the origin takes to answer the writer",
    defaultMs: 5_000,
    bareUnit: "s",
  }),
  lockAgeTimeoutMs: durationParam({
    flag: "lock-age-timeout",
    description: "How long one writer may hold the target's lock before it is replaced",
    defaultMs: 60_000,
    bareUnit: "s",
    minMs: 1,
  }),
  lockWaitTimeoutMs: durationParam({
    flag: "lock-wait-timeout",
    description: "How long one reader waits for the target's lock before it goes on alone",
    defaultMs: 60_000,
    bareUnit: "s",
    minMs: 1,
  }),
  maxWaiting: countParam({
    flag: "max-waiting",
    description: "How many requests the target lets wait at once; 0 where it has no such limit",
    default: 0,
    min: 0,
    max: 100_000,
  }),
  fillOnAbandon: choiceParam({
    flag: "fill-on-abandon",
    description: "What our own proxy does with a fetch that nobody waits for any more",
    choices: ["finish", "end"],
    default: "finish",
  }),
  proxyPort: countParam({
    flag: "proxy-port",
    description: "The target's port on this machine, short for --target",
    default: 6148,
    min: 1,
    max: 65_535,
    unit: "port",
  }),
  originPort: countParam({
    flag: "origin-port",
    description: "The port of our slow origin on this machine, short for --origin",
    default: 8000,
    min: 1,
    max: 65_535,
    unit: "port",
  }),
});

/** Values of the parameters; durations in milliseconds. */
export type CacheLockParams = z.infer<typeof cacheLockParams>;
