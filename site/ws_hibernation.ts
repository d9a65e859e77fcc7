// The Durable Object host on the public site: the echo object with its web client, within limits.

import type { Clock } from "../lab/clock.ts";
import type { Variant } from "../lab/verdict.ts";
import type { Server } from "../servers/server.ts";
import { PUBLIC_LIMITS } from "../servers/ws_echo/limits.ts";
import { createWsEcho } from "../servers/ws_echo/ws_echo.ts";

/** Where the site has it. */
export const WS_PATH = "/ws-hibernation";

/** Names the variant that visitors meet. */
const VARIANT = "EDGE_REPRO_WS_VARIANT";

/**
 * Makes the host, which keeps its objects in this process's memory. Where a platform runs the site in
 * several processes each has objects of its own under the same names, and what they store is gone with
 * the process.
 *
 * @param env Gives a variable: `EDGE_REPRO_WS_VARIANT` is `bug` or `fix`, the default.
 */
export async function wsHibernationFor(
  env: (name: string) => string | undefined,
  clock: Clock,
): Promise<Server> {
  const variant: Variant = env(VARIANT) === "bug" ? "bug" : "fix";
  return await createWsEcho({ clock, variant, basePath: WS_PATH, limits: PUBLIC_LIMITS });
}
