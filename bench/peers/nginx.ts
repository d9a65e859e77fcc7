// nginx as a caching reverse proxy with its cache lock on.

import { startNginx } from "./nginx_process.ts";
import { type Peer, versionOf } from "./peer.ts";

/** nginx, with one worker. */
export const nginx: Peer = {
  name: "nginx",
  ours: false,
  version: () => versionOf("nginx", "-v"),
  start: (options) =>
    startNginx({
      name: "nginx",
      http: "proxy_cache_path cache keys_zone=edge:10m;",
      location: `
          proxy_pass http://127.0.0.1:${options.originPort};
          proxy_cache edge;
          proxy_cache_lock on;
          # A count of uses has ten bits in nginx 1.22: at 1, the default, each 1,024th reader in a
          # row is taken for a first use and goes to the origin without a look at the lock.
          proxy_cache_min_uses 0;
          proxy_cache_lock_timeout 600s;
          proxy_cache_lock_age 600s;
          proxy_read_timeout 600s;`,
    }, options),
};
