// The one list of engines.

import type { Engine } from "./engine.ts";
import { haproxy } from "./haproxy.ts";
import { httpd } from "./httpd.ts";
import { nginx } from "./nginx.ts";
import { pingora } from "./pingora.ts";
import { trafficServer } from "./traffic_server.ts";

/** All engines, in the order in which they are listed and compared. */
export const engines: readonly Engine[] = [nginx, pingora, httpd, trafficServer, haproxy];
