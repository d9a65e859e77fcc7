// HAProxy as a reverse proxy with its small cache, which does not collapse requests.

import { reasoned } from "./arguments.ts";
import type { ProxySettings } from "../lab/role.ts";
import type { Engine, Launch, Place } from "./engine.ts";

const MANUAL = "HAProxy 2.6 configuration manual, section 6, Cache";

function config({ originUrl }: ProxySettings, { port }: Place): string {
  return `global
  # What is wrong goes to the output: no log socket, no pid file, no second process.
  log stderr format raw local0 warning

# Nothing is looked up. Without this section it opens a socket to each name server of the system.
resolvers default

defaults
  # Requests are read, not passed on as bytes.
  mode http
  log global
  # It has no lock timeouts: an origin that hangs is not to be ended by these either.
  timeout connect 1h
  timeout client 1h
  timeout server 1h

cache edge
  # In megabytes; an answer may be this many bytes, not a 256th of that as by default.
  total-max-size 64
  max-object-size 16777216
  # As long as the origin says, not at most a minute as by default.
  max-age 3600
  # Answers with Vary are stored too, where it names Accept-Encoding or Referer.
  process-vary on

frontend edge
  bind 127.0.0.1:${port}
  default_backend origin

backend origin
  # Looked up before, and stored after, the origin is asked.
  http-request cache-use edge
  http-response cache-store edge
  server origin ${originUrl.hostname}:${originUrl.port || "80"}
`;
}

/** HAProxy. */
export const haproxy: Engine = {
  name: "haproxy",
  title: "HAProxy",
  program: "haproxy",
  variable: "EDGE_REPRO_HAPROXY",
  versionArgs: ["-v"],
  version: /HAProxy version (\S+)/,
  install: "apt-get install haproxy",
  broken: /\[(ALERT|EMERG)\]/,
  plays: {
    "caching-proxy": {
      constants: [],
      applies: [],
      lacks: {
        collapsing:
          `an answer is delivered from the cache once it is stored; a request that finds none ` +
          `goes to the origin, whoever else is there (${MANUAL}, names no waiting)`,
        "revalidation-collapsing": `what has expired is fetched anew by each request (${MANUAL})`,
        "stale-while-revalidate": `what has expired is not delivered (${MANUAL})`,
        "streaming-fill": `an answer is delivered once it is stored (${MANUAL})`,
        vary: `Accept-Encoding and Referer only (${MANUAL}, 6.1 Limitation)`,
        figures: "show stat counts sessions and cache hits, not requests that wait " +
          "(HAProxy 2.6 management guide, section 9.1)",
        "lock-wait-timeout": `nobody waits for another's fetch (${MANUAL})`,
        "lock-age-timeout": `no fetch is locked (${MANUAL})`,
        "waiting-limit": `nobody waits for another's fetch (${MANUAL})`,
      },
      launch: (settings, place): Launch => ({
        ...reasoned([
          [["-db"], "in the foreground"],
          [["-f", `${place.folder}/haproxy.cfg`], "its configuration"],
        ]),
        files: { "haproxy.cfg": config(settings, place) },
      }),
    },
  },
};
