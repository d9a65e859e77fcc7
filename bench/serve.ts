// A child process that is one server: `serve.ts fix|bug|bare ORIGIN_PORT`. Prints its port.

import { realClock } from "../lab/clock.ts";
import { createCachingProxy } from "../servers/caching_proxy/caching_proxy.ts";
import { listen } from "../servers/listen.ts";
import type { Server } from "../servers/server.ts";

/** As little as collapsed forwarding can be: every request for a path waits for the same promise. */
function bareHandler(origin: string): Pick<Server, "fetch"> {
  const answers = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  return {
    async fetch(request: Request) {
      const { pathname } = new URL(request.url);
      let answer = answers.get(pathname);
      if (answer === undefined) {
        answer = fetch(origin + pathname).then((response) => response.bytes());
        answers.set(pathname, answer);
      }
      return new Response(await answer);
    },
  };
}

const [kind, originPort] = Deno.args;
const origin = `http://127.0.0.1:${originPort}`;
const server = kind === "fix" || kind === "bug"
  ? createCachingProxy({
    origin,
    variant: kind,
    clock: realClock,
    lockWaitTimeoutMs: 600_000,
    lockAgeTimeoutMs: 600_000,
  })
  : bareHandler(origin);
const { port } = await listen(server);
console.log(port);
