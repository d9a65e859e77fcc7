// nginx as a caching reverse proxy with its cache lock on.

import { Child } from "../process.ts";
import { freePort, type Peer, type PeerOptions, versionOf, whenListening } from "./peer.ts";

function config({ originPort, connections }: PeerOptions, port: number): string {
  // Workers of another user could not write below a folder that is ours alone.
  const user = Deno.uid() === 0 ? "user root;" : "";
  return `
    ${user}
    daemon off;
    pid nginx.pid;
    error_log stderr crit;
    worker_processes 1;
    worker_rlimit_nofile ${2 * connections};
    events { worker_connections ${2 * connections}; }
    http {
      access_log off;
      client_body_temp_path body;
      fastcgi_temp_path fastcgi;
      proxy_temp_path proxy;
      scgi_temp_path scgi;
      uwsgi_temp_path uwsgi;
      keepalive_timeout 600s; keepalive_requests 100000;
      proxy_cache_path cache keys_zone=edge:10m;
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location / {
          proxy_pass http://127.0.0.1:${originPort};
          proxy_cache edge;
          proxy_cache_lock on;
          # A count of uses has ten bits in nginx 1.22: at 1, the default, each 1,024th reader in a
          # row is taken for a first use and goes to the origin without a look at the lock.
          proxy_cache_min_uses 0;
          proxy_cache_lock_timeout 600s;
          proxy_cache_lock_age 600s;
          proxy_read_timeout 600s;
        }
      }
    }`;
}

/** nginx, with one worker, as each of the others has one process that does the work. */
export const nginx: Peer = {
  name: "nginx",
  ours: false,
  version: () => versionOf("nginx", "-v"),
  async start(options) {
    const port = freePort();
    const file = `${options.folder}/nginx.conf`;
    await Deno.writeTextFile(file, config(options, port));
    const child = new Child("nginx", "nginx", ["-p", options.folder, "-c", file, "-e", "stderr"]);
    return await whenListening(child, port);
  },
};
