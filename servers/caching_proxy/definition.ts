// The caching proxy as `serve` offers it, with the seed's flags.

import { z } from "zod";
import { choiceParam, countParam, durationParam, textParam } from "../../lab/params.ts";
import type { ServerDefinition } from "../definition.ts";
import { createCachingProxy } from "./caching_proxy.ts";

const params = z.object({
  origin: textParam({
    flag: "origin",
    description: "Where misses go; without it 127.0.0.1 and --origin-port",
    expected: "an http:// or https:// URL",
    placeholder: "URL",
    pattern: /^$|^https?:\/\/[^\s/]+\/?$/,
  }),
  originPort: countParam({
    flag: "origin-port",
    description: "The port of an origin on this machine",
    default: 8000,
    min: 1,
    max: 65_535,
    unit: "port",
  }),
  variant: choiceParam({
    flag: "variant",
    description: "Whether a waiting reader whose client leaves is held (bug) or let go (fix)",
    choices: ["bug", "fix"],
    default: "bug",
  }),
  lockAgeTimeoutMs: durationParam({
    flag: "lock-age-timeout",
    description: "How long one writer may hold the lock before readers replace it",
    defaultMs: 60_000,
    bareUnit: "s",
    minMs: 1,
  }),
  lockWaitTimeoutMs: durationParam({
    flag: "lock-wait-timeout",
    description: "How long one reader waits for the lock before it goes on alone",
    defaultMs: 60_000,
    bareUnit: "s",
    minMs: 1,
  }),
  maxSize: countParam({
    flag: "max-size",
    description: "The most bytes that stored bodies take together",
    default: 64 << 20,
    min: 0,
    max: 2 ** 34,
    unit: "bytes",
  }),
  maxWaiting: countParam({
    flag: "max-waiting",
    description: "How many requests may wait at once, for the lock or the origin; 0 for any number",
    default: 0,
    min: 0,
    max: 1_000_000,
  }),
  fillOnAbandon: choiceParam({
    flag: "fill-on-abandon",
    description: "Whether a fetch that nobody waits for any more goes on",
    choices: ["finish", "end"],
    default: "finish",
  }),
});

function originOf({ origin, originPort }: { origin: string; originPort: number }): string {
  return origin || `http://127.0.0.1:${originPort}`;
}

/** The caching proxy. */
export const cachingProxyDefinition: ServerDefinition = {
  name: "caching-proxy",
  summary: "A shared HTTP cache with a cache lock that holds, or lets go, readers that have left",
  port: 6148,
  params,
  wiring: { origin: { server: "slow-origin", unless: ["originPort"] } },
  connectionControl: false,
  standIn: {
    role: "caching-proxy",
    always: ["origin", "originPort"],
    part(given) {
      const { lockWaitTimeoutMs, lockAgeTimeoutMs, maxWaiting, ...where } = params.parse(given);
      const originUrl = new URL(originOf(where));
      return {
        role: "caching-proxy",
        settings: { originUrl, lockWaitTimeoutMs, lockAgeTimeoutMs, maxWaiting },
      };
    },
  },
  create(given, { clock }) {
    const { origin, originPort, maxSize, ...options } = params.parse(given);
    return createCachingProxy({
      ...options,
      origin: originOf({ origin, originPort }),
      maxSizeBytes: maxSize,
      clock,
    });
  },
};
