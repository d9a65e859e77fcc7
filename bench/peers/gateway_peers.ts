// The list of gateways that are measured beside each other: ours in two forms, nginx in two, and none at all.

import { Child } from "../process.ts";
import { startNginx } from "./nginx_process.ts";
import { type PeerOptions, type Running, versionOf } from "./peer.ts";

/** A gateway before a backend. */
export interface GatewayPeer {
  /** Its name in the tables. */
  name: string;
  /** Its version; undefined when it is not installed. */
  version(): Promise<string | undefined>;
  /** Starts it. It can be connected to when this resolves. Left out: clients ask the backend itself. */
  start?(options: PeerOptions): Promise<Running>;
}

/** Ours, in a Deno process of its own. */
function ours(isolate: "model" | "none", name: string): GatewayPeer {
  return {
    name,
    version: () => Promise.resolve(Deno.version.deno),
    async start({ originPort }) {
      const child = new Child(name, Deno.execPath(), [
        ...["run", "--no-prompt", "--allow-net=127.0.0.1"],
        new URL("../s3_gateway_serve.ts", import.meta.url).pathname,
        ...[String(originPort), isolate],
      ]);
      return { child, port: Number(await child.line()) };
    },
  };
}

/** The gateway as any server on Deno. */
export const plainGateway: GatewayPeer = ours("none", "our gateway");
/** The same with all requests in the model of an isolate. */
export const isolateGateway: GatewayPeer = ours("model", "our gateway, in the model of an isolate");

/** nginx with one worker, as ours is one process. It looks at no signature and signs nothing. */
function nginx(name: string, bufferSize?: string): GatewayPeer {
  return {
    name,
    version: () => versionOf("nginx", "-v"),
    start: (options) =>
      startNginx({
        name,
        http: `upstream backend {
        server 127.0.0.1:${options.originPort};
        keepalive ${options.connections}; keepalive_requests 1000000;
      }`,
        location: `
          proxy_pass http://backend;
          # Connections to the backend are kept.
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          # Contents of any length go on as they come.
          client_max_body_size 0;
          proxy_request_buffering off;
          ${bufferSize === undefined ? "" : `client_body_buffer_size ${bufferSize};`}`,
      }, options),
  };
}

/** nginx as it comes, but that it does not keep contents before they go on. */
export const nginxGateway: GatewayPeer = nginx("nginx, proxy_pass");
/** The same tuned: contents go through in pieces of 256 KiB, and not of 16. */
export const tunedNginxGateway: GatewayPeer = nginx("nginx, with buffers of 256 KiB", "256k");

/** Nobody between the clients and the backend. */
const none: GatewayPeer = {
  name: "no gateway",
  version: () => Promise.resolve(""),
};

/** All of them. */
export const gatewayPeers: readonly GatewayPeer[] = [
  plainGateway,
  isolateGateway,
  nginxGateway,
  tunedNginxGateway,
  none,
];
