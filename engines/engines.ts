// The one list of engines.

import type { Engine } from "./engine.ts";
import { haproxy } from "./haproxy.ts";
import { httpd } from "./httpd.ts";
import { nginx } from "./nginx.ts";
import { pingora } from "./pingora.ts";
import { squid } from "./squid.ts";
import { trafficServer } from "./traffic_server.ts";
import { varnish } from "./varnish.ts";

/** All engines, in the order in which they are listed and compared. */
export const engines: readonly Engine[] = [
  nginx,
  varnish,
  squid,
  pingora,
  httpd,
  trafficServer,
  haproxy,
];
