// nginx as a child process with one worker, as each of the others has one process that does the work.

import { Child } from "../process.ts";
import { freePort, type PeerOptions, type Running, whenListening } from "./peer.ts";

/** What one nginx is to do. */
export interface NginxUse {
  /** What it is called in messages. */
  name: string;
  /** Directives of the block `http`. */
  http: string;
  /** Directives of its one location. */
  location: string;
}

/** Starts it. It can be connected to when this resolves. */
export async function startNginx(
  { name, http, location }: NginxUse,
  { folder, connections }: Pick<PeerOptions, "folder" | "connections">,
): Promise<Running> {
  const port = freePort();
  const file = `${folder}/nginx.conf`;
  // Workers of another user could not write below a folder that is ours alone.
  const user = Deno.uid() === 0 ? "user root;" : "";
  await Deno.writeTextFile(
    file,
    `
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
      keepalive_timeout 600s; keepalive_requests 1000000;
      ${http}
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location / {
          ${location}
        }
      }
    }`,
  );
  const child = new Child(name, "nginx", ["-p", folder, "-c", file, "-e", "stderr"]);
  return await whenListening(child, port);
}
