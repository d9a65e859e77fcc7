// What `ws-hibernation` starts: our own host with the echo object; and what an engine is told to be one.

import type { Backing, EmbedContext, Embedded } from "../../lab/scenario.ts";
import { ownAsync } from "../../lab/scope.ts";
import { listen } from "../../servers/listen.ts";
import { STATS_PATH } from "../../servers/server.ts";
import { createWsEcho } from "../../servers/ws_echo/ws_echo.ts";
import type { WsHibernationParams } from "./params.ts";

/** What the target is told of the run's durations, in whole milliseconds, as alarms have them. */
function settingsOf(params: EmbedContext["params"]) {
  const { heartbeatTimeoutMs, cleanupIntervalMs, hibernateAfterMs } = params as WsHibernationParams;
  const whole = (ms: number) => Math.max(1, Math.floor(ms));
  return {
    heartbeatTimeoutMs: whole(heartbeatTimeoutMs),
    cleanupIntervalMs: whole(cleanupIntervalMs),
    hibernateAfterMs: whole(hibernateAfterMs),
  };
}

/** What a server that is started for a run is told. */
export function behind(
  { params }: Omit<EmbedContext, "variant">,
): Promise<Backing<"websocket-server">> {
  return Promise.resolve({ role: "websocket-server", settings: settingsOf(params), access: {} });
}

/** Starts the host on an ephemeral port of 127.0.0.1, with objects in memory. */
export async function embed(
  { variant, params, clock, scope }: EmbedContext,
): Promise<Embedded> {
  const server = await createWsEcho({ clock, variant, ...settingsOf(params) });
  scope.defer(() => server.close());
  const { url } = await ownAsync(scope, await listen(server));
  return {
    access: {
      url: new URL(url),
      headers: {},
      insecure: false,
      statsUrl: new URL(STATS_PATH, url),
      told: Object.keys(params),
    },
  };
}
