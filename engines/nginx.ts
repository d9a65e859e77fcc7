// nginx as a caching reverse proxy with its cache lock on.

import { reasoned } from "./arguments.ts";
import type { ProxySettings } from "../lab/role.ts";
import type { Engine, Launch, Place } from "./engine.ts";
import { editing } from "./remedy.ts";

const MANUAL = "nginx manual, ngx_http_proxy_module";

/** nginx reads whole milliseconds, and 0 would mean that nobody waits. */
const wholeMs = (ms: number) => `${Math.max(1, Math.ceil(ms))}ms`;

/** Where lines are added. */
const CACHE = "proxy_cache edge;";
function config(
  { originUrl, lockWaitTimeoutMs, lockAgeTimeoutMs, maxWaiting }: ProxySettings,
  { port, asRoot }: Place,
): string {
  const user = asRoot
    ? "# Workers of another user could not write below a folder that is ours alone.\nuser root;\n"
    : "";
  const zone = maxWaiting === 0 ? "" : `
  # Counts the requests at work, those that wait for the cache lock among them ...
  limit_conn_zone $server_port zone=all:1m;
`;
  const limit = maxWaiting === 0 ? "" : `
    # ... and refuses more than this with 503.
    limit_conn all ${maxWaiting};
`;
  return `# In the foreground, below the folder of the run, errors on standard error.
daemon off;
pid nginx.pid;
error_log stderr error;
${user}
# One worker is enough for a probe, and its lock is everybody's.
worker_processes 1;

events {
  # Room for a crowd of readers, each with a connection.
  worker_connections 4096;
}

http {
  access_log off;

  # Where nginx would otherwise write below its own installation.
  client_body_temp_path body;
  fastcgi_temp_path fastcgi;
  proxy_temp_path proxy;
  scgi_temp_path scgi;
  uwsgi_temp_path uwsgi;

  # Where answers are kept; without a zone there is no cache, and no lock.
  proxy_cache_path cache keys_zone=edge:10m;
${zone}
  server {
    listen 127.0.0.1:${port};
${limit}
    location / {
      proxy_pass ${originUrl.origin};
      # The usual version towards an upstream of today.
      proxy_http_version 1.1;
      # An origin that hangs is to be ended by the lock's timeouts, not by the default of 60s.
      proxy_read_timeout 1h;
      # Answers are kept for as long as the origin says.
      proxy_cache edge;
      # What has expired is asked for with its validators, not fetched anew.
      proxy_cache_revalidate on;
      # One request at a time fills a cache entry; the others wait for it ...
      proxy_cache_lock on;
      # ... this long before they go to the origin by themselves (default 5s) ...
      proxy_cache_lock_timeout ${wholeMs(lockWaitTimeoutMs)};
      # ... and one more is let through when the first has not finished by then (default 5s).
      proxy_cache_lock_age ${wholeMs(lockAgeTimeoutMs)};
    }
  }
}
`;
}

/** nginx, open source. */
export const nginx: Engine = {
  name: "nginx",
  title: "nginx",
  program: "nginx",
  variable: "EDGE_REPRO_NGINX",
  versionArgs: ["-v"],
  version: /nginx\/(\S+)/,
  install: "apt-get install nginx",
  broken: /\[(emerg|alert|crit)\]/,
  plays: {
    "caching-proxy": {
      constants: [{ ms: 500, what: "how often a waiting request looks at the cache lock" }],
      applies: ["lockWaitTimeoutMs", "lockAgeTimeoutMs", "maxWaiting"],
      lacks: {
        "figures": "stub_status counts connections, not requests that wait " +
          "(nginx manual, ngx_http_stub_status_module)",
        "http2": "a plain-text port speaks either HTTP/1.1 or HTTP/2 before nginx 1.25.1 " +
          "(nginx manual, ngx_http_v2_module)",
        "revalidation-collapsing": "the lock is for new cache elements only " +
          `(${MANUAL}, proxy_cache_lock)`,
      },
      remedies: [
        {
          name: "default-lock-timeout",
          what: `proxy_cache_lock_timeout, 5s by default, bounds the wait (${MANUAL})`,
          cases: ["cache-lock/hang"],
          apply: editing(
            "nginx.conf",
            /proxy_cache_lock_timeout \d+ms/,
            "proxy_cache_lock_timeout 5s",
          ),
        },
        {
          name: "ignore-client-abort",
          what:
            "proxy_ignore_client_abort on: a fetch outlives the client that began it, and its " +
            `answer is kept (${MANUAL})`,
          cases: ["cache-lock/all-leave", "cache-lock/writer-leaves-early"],
          apply: editing("nginx.conf", CACHE, `proxy_ignore_client_abort on;\n      ${CACHE}`),
        },
        {
          name: "no-cache",
          what: `no proxy_cache where nothing can be cached (${MANUAL}): nobody waits`,
          cases: ["cache-lock/uncacheable", "cache-lock/uncacheable-many"],
          apply: editing("nginx.conf", CACHE, "proxy_cache off;"),
        },
        {
          name: "background-update",
          what:
            "proxy_cache_background_update on: what the origin lets be served stale is fetched " +
            `anew by a request without a client (${MANUAL})`,
          cases: ["cache-lock/stale-leave"],
          apply: editing("nginx.conf", CACHE, `proxy_cache_background_update on;\n      ${CACHE}`),
        },
      ],
      launch: (settings, place): Launch => ({
        ...reasoned([
          [["-p", place.folder], "relative paths are below the folder"],
          [["-c", `${place.folder}/nginx.conf`], "its configuration"],
          [["-e", "stderr"], "errors before that is read are printed too"],
        ]),
        files: { "nginx.conf": config(settings, place) },
      }),
    },
  },
};
