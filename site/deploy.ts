// The site as Deno Deploy runs it: the platform says where to listen, and the server is this call.

import config from "../deno.json" with { type: "json" };
import { realClock } from "../lab/clock.ts";
import { messageOf } from "../lab/errors.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import { savedResult } from "./saved_result.ts";
import { createSite } from "./site.ts";
import { videoFor } from "./video.ts";
import { wsHibernationFor } from "./ws_hibernation.ts";

function configuredVideo() {
  try {
    return videoFor((name) => Deno.env.get(name), realClock);
  } catch (error) {
    // The rest of the site is none the worse for it.
    console.error(`site: no video host: ${messageOf(error)}`);
    return undefined;
  }
}

const video = configuredVideo();
const site = createSite({
  clock: realClock,
  scenarios,
  result: savedResult(),
  version: config.version,
  ...(video && { video }),
  wsHibernation: await wsHibernationFor((name) => Deno.env.get(name), realClock),
});

// No address is given. The platform has its own; elsewhere DENO_SERVE_ADDRESS, which Deno.serve reads
// itself (`tcp:127.0.0.1:8300`), or else port 8000.
Deno.serve(
  {
    onListen: ({ hostname, port }) => console.error(`site: http://${hostname}:${port}`),
    onError(error) {
      console.error(`site: a handler failed: ${messageOf(error)}`);
      return new Response("the site failed\n", { status: 500 });
    },
  },
  (request, { remoteAddr }) =>
    site.fetch(request, remoteAddr.transport === "tcp" ? { remoteAddr } : {}),
);
