// The gateway as a Worker: bundle it, or `npx wrangler deploy` beside wrangler.jsonc.

import { parseConfig } from "../check_value.ts";
import type { GatewayConfig } from "../config.ts";
import { createGateway, type Gateway } from "../gateway.ts";
import type { GatewayFailure } from "../outbound.ts";
import { workerPlatform } from "../outbound_worker.ts";

/** What wrangler.jsonc declares. */
interface Env {
  /** The gateway's config as JSON; it may have `${NAME}` in its texts. */
  GATEWAY_CONFIG: string;
  /** What stands for `${NAME}`: secrets, which are kept apart from the config. */
  [name: string]: unknown;
}

/** What the runtime gives along with a request. */
interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

/** One for each isolate, with the keys that it has got so far. */
let made: { config: string; gateway: Gateway } | undefined;

function gatewayOf(env: Env): Gateway {
  if (made?.config !== env.GATEWAY_CONFIG) {
    const config = parseConfig(env.GATEWAY_CONFIG, (name) => textOf(name, env));
    const platform = { ...workerPlatform(report), onFailure: reportFailure };
    const gateway = createGateway(config as GatewayConfig, platform);
    made = { config: env.GATEWAY_CONFIG, gateway };
  }
  return made.gateway;
}

/** What a binding has: a variable, or a secret. */
function textOf(name: string, env: Env): string {
  const found = env[name];
  if (typeof found === "string") return found;
  throw new TypeError(`Cannot read GATEWAY_CONFIG: received no binding ${name}, expected a text`);
}

function report(error: unknown): void {
  console.error(error instanceof Error ? error.stack ?? error.message : error);
}

/** One line, whose fields the platform's logs can be asked for. Its cause says no more here. */
function reportFailure({ requestId, asked, status, code, message }: GatewayFailure): void {
  console.error(JSON.stringify({ requestId, asked, status, code, message }));
}

/** What the runtime calls. */
const worker = {
  fetch(request: Request, env: Env, ctx: Context) {
    let gateway: Gateway;
    try {
      gateway = gatewayOf(env);
    } catch (error) {
      report(error);
      const text = "The config of this gateway is wrong: its log says where.\n";
      return new Response(text, { status: 500 });
    }
    const waitUntil = (promise: Promise<unknown>) => ctx.waitUntil(promise);
    const answer = gateway.fetch(request, { waitUntil });
    // Also when its client has left: what it holds is to be given back.
    ctx.waitUntil(answer);
    return answer;
  },
};

export default worker;
