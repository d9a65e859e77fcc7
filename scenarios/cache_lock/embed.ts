// Our own servers for `cache-lock`: a caching proxy in front of a slow origin.

import type { EmbedContext, Embedded } from "../../lab/scenario.ts";
import { ownAsync } from "../../lab/scope.ts";
import { createCachingProxy } from "../../servers/caching_proxy/caching_proxy.ts";
import { listen } from "../../servers/listen.ts";
import { STATS_PATH } from "../../servers/server.ts";
import { createSlowOrigin } from "../../servers/slow_origin/slow_origin.ts";
import type { CacheLockParams } from "./params.ts";

/** Starts both on ephemeral ports of 127.0.0.1. */
export async function embed(context: EmbedContext): Promise<Embedded> {
  const { variant, clock, scope } = context;
  const params = context.params as CacheLockParams;
  const origin = createSlowOrigin({ delayMs: params.originDelayMs, clock });
  scope.defer(() => origin.close());
  const atOrigin = await ownAsync(scope, await listen(origin, { connectionControl: true }));
  const proxy = createCachingProxy({
    origin: atOrigin.url,
    variant,
    clock,
    lockWaitTimeoutMs: params.lockWaitTimeoutMs,
    lockAgeTimeoutMs: params.lockAgeTimeoutMs,
    maxWaiting: params.maxWaiting,
    fillOnAbandon: params.fillOnAbandon,
  });
  scope.defer(() => proxy.close());
  const atProxy = await ownAsync(scope, await listen(proxy));
  return {
    access: {
      url: new URL(atProxy.url),
      headers: {},
      insecure: false,
      statsUrl: new URL(STATS_PATH, atProxy.url),
      originUrl: new URL(atOrigin.url),
      told: Object.keys(params),
      ...(params.maxWaiting > 0 && { waitingLimit: params.maxWaiting }),
    },
  };
}
