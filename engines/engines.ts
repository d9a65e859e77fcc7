// The one list of engines.

import type { Engine } from "./engine.ts";
import { haproxy } from "./haproxy.ts";
import { httpd } from "./httpd.ts";
import { minio } from "./minio.ts";
import { moto } from "./moto.ts";
import { nginx } from "./nginx.ts";
import { pingora } from "./pingora.ts";
import { s3rver } from "./s3rver.ts";
import { squid } from "./squid.ts";
import { trafficServer } from "./traffic_server.ts";
import { varnish } from "./varnish.ts";
import { versitygw } from "./versitygw.ts";
import { workerd } from "./workerd.ts";

/** All engines, in the order in which they are listed and compared. */
export const engines: readonly Engine[] = [
  nginx,
  varnish,
  squid,
  pingora,
  httpd,
  trafficServer,
  haproxy,
  versitygw,
  minio,
  moto,
  s3rver,
  workerd,
];
