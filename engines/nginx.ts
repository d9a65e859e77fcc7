// nginx as a caching reverse proxy with its cache lock on.

import type { ProxySettings } from "../lab/role.ts";
import type { Engine, Launch, Place } from "./engine.ts";

const MANUAL = "nginx manual, ngx_http_proxy_module";

function config(
  { originUrl, lockWaitTimeoutMs, lockAgeTimeoutMs }: ProxySettings,
  { port, asRoot }: Place,
): string {
  // Workers of another user could not write below a folder that is ours alone.
  const user = asRoot ? "user root;\n" : "";
  return `${user}daemon off;
pid nginx.pid;
error_log stderr error;
worker_processes 1;

events {
  worker_connections 4096;
}

http {
  access_log off;
  client_body_temp_path body;
  fastcgi_temp_path fastcgi;
  proxy_temp_path proxy;
  scgi_temp_path scgi;
  uwsgi_temp_path uwsgi;

  # Where answers are kept; without a zone there is no cache, and no lock.
  proxy_cache_path cache keys_zone=edge:10m;

  server {
    listen 127.0.0.1:${port};

    location / {
      proxy_pass ${originUrl.origin};
      # Keep the origin's connection to HTTP/1.1, as the manual advises for upstreams of today.
      proxy_http_version 1.1;
      # An origin that hangs is to be ended by the lock's timeouts, not by the read timeout.
      proxy_read_timeout 1h;
      proxy_cache edge;
      # Revalidates what has expired instead of fetching it anew.
      proxy_cache_revalidate on;
      # One request at a time fills a cache entry; the others wait for it ...
      proxy_cache_lock on;
      # ... this long before they go to the origin by themselves ...
      proxy_cache_lock_timeout ${lockWaitTimeoutMs}ms;
      # ... and one more is let through when the first has not finished by then.
      proxy_cache_lock_age ${lockAgeTimeoutMs}ms;
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
      applies: ["lockWaitTimeoutMs", "lockAgeTimeoutMs"],
      lacks: {
        figures: `stub_status counts connections, not requests that wait (${MANUAL})`,
      },
      launch: (settings, place): Launch => ({
        args: ["-p", place.folder, "-c", `${place.folder}/nginx.conf`, "-e", "stderr"],
        files: { "nginx.conf": config(settings, place) },
      }),
    },
  },
};
