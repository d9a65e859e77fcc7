// Targets that are given by the URL of a WebSocket: ws:// and wss://, with the socket's own path.

import { UsageError } from "../lab/errors.ts";
import { paramFields, type Params } from "../lab/params.ts";
import type { Scenario } from "../lab/scenario.ts";
import { shownUrl } from "./address.ts";
import type { Args } from "./flags.ts";

const WEB_SOCKET = /^ws(s?):\/\//i;

/** The flag of the parameter that names the path of the target's WebSocket. */
const PATH_FLAG = "websocket-path";

/** A target's URL as others may read it, with the scheme that it was given with. */
export function shownTarget(text: string): string {
  const shown = shownUrl(asHttp(text));
  return WEB_SOCKET.test(text) ? shown.replace(/^http/, "ws") : shown;
}

/** The same with the scheme of the request that opens the WebSocket (RFC 6455 §4.1). */
function asHttp(text: string): string {
  return text.replace(WEB_SOCKET, "http$1://");
}

/** A target's URL as a request of the scenario's is sent to it: WebSockets are for one role only. */
export function requestUrl(text: string, { role }: Scenario): string {
  return role === "websocket-server" ? asHttp(text) : text;
}

/**
 * A target's URL without the path of the WebSocket itself, which the scenario's parameter names: what
 * is left stands before the path of every request.
 *
 * @param given The parameters that were given by flag.
 * @throws {UsageError} for a WebSocket's URL with another path: it is no prefix of the expected one.
 */
export function withoutSocketPath(args: Args, url: URL, scenario: Scenario, given: Params): URL {
  const field = paramFields(scenario.params).find(({ flag }) => flag === PATH_FLAG);
  if (scenario.role !== "websocket-server" || field === undefined) return url;
  const own = String(given[field.name] ?? field.default);
  const bare = new URL(url);
  if (url.pathname.endsWith(own)) bare.pathname = url.pathname.slice(0, -own.length);
  else if (url.pathname !== "/" && WEB_SOCKET.test(args.value("target") ?? "")) {
    throw new UsageError(
      `--target: received the path '${url.pathname}', expected the server alone: the WebSocket's ` +
        `path is given with --${PATH_FLAG} ${url.pathname}, a prefix with --path`,
    );
  }
  return bare;
}
