// What `cache-lock` starts: a slow origin, and in front of it our own caching proxy or another.

import type { Backing, EmbedContext, Embedded } from "../../lab/scenario.ts";
import { ownAsync } from "../../lab/scope.ts";
import { createCachingProxy } from "../../servers/caching_proxy/caching_proxy.ts";
import { listen } from "../../servers/listen.ts";
import { STATS_PATH } from "../../servers/server.ts";
import { createSlowOrigin } from "../../servers/slow_origin/slow_origin.ts";
import type { CacheLockParams } from "./params.ts";

/** Starts the slow origin on an ephemeral port of 127.0.0.1. */
export async function behind(
  context: Omit<EmbedContext, "variant">,
): Promise<Backing<"caching-proxy">> {
  const { clock, scope } = context;
  const params = context.params as CacheLockParams;
  const origin = createSlowOrigin({ delayMs: params.originDelayMs, clock });
  scope.defer(() => origin.close());
  const { url } = await ownAsync(scope, await listen(origin, { connectionControl: true }));
  const { lockWaitTimeoutMs, lockAgeTimeoutMs, maxWaiting } = params;
  const originUrl = new URL(url);
  return {
    role: "caching-proxy",
    settings: { originUrl, lockWaitTimeoutMs, lockAgeTimeoutMs, maxWaiting },
    access: { originUrl },
  };
}

/** Starts origin and proxy on ephemeral ports of 127.0.0.1. */
export async function embed(context: EmbedContext): Promise<Embedded> {
  const { variant, clock, scope } = context;
  const params = context.params as CacheLockParams;
  const { settings, access } = await behind(context);
  const proxy = createCachingProxy({
    origin: settings.originUrl.origin,
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
      ...access,
      url: new URL(atProxy.url),
      headers: {},
      insecure: false,
      statsUrl: new URL(STATS_PATH, atProxy.url),
      told: Object.keys(params),
      ...(params.maxWaiting > 0 && { waitingLimit: params.maxWaiting }),
    },
  };
}
