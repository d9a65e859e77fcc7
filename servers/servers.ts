// The one list of embedded servers, in the order in which `serve` starts and shows them.

import { cachingProxyDefinition } from "./caching_proxy/definition.ts";
import type { ServerDefinition } from "./definition.ts";
import { objectStoreDefinition } from "./object_store/definition.ts";
import { s3GatewayDefinition } from "./s3_gateway/definition.ts";
import { slowOriginDefinition } from "./slow_origin/definition.ts";
import { stsDefinition } from "./sts/definition.ts";
import { videoHostDefinition } from "./video_host/definition.ts";
import { wsEchoDefinition } from "./ws_echo/definition.ts";

/** All embedded servers that listen on a port of their own. */
export const servers: readonly ServerDefinition[] = [
  slowOriginDefinition,
  cachingProxyDefinition,
  objectStoreDefinition,
  videoHostDefinition,
  wsEchoDefinition,
  stsDefinition,
  s3GatewayDefinition,
];
