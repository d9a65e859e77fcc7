// A child process that is one WebSocket server: `ws_serve.ts host|bare HIBERNATE_AFTER_MS TIMEOUT_MS`.
// Prints its port.

import { realClock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import type { Server } from "../servers/server.ts";
import { createWsEcho } from "../servers/ws_echo/ws_echo.ts";

/** As little as an echo can be: no objects, nothing kept, the same messages. */
const bare: Pick<Server, "fetch"> = {
  fetch(request: Request) {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => socket.send('{"type":"welcome"}');
    socket.onmessage = () => socket.send('{"type":"pong"}');
    return response;
  },
};

const [kind, hibernateAfterMs, timeoutMs] = Deno.args;
const server = kind === "bare" ? bare : await createWsEcho({
  clock: realClock,
  hibernateAfterMs: Number(hibernateAfterMs),
  heartbeatTimeoutMs: Number(timeoutMs),
  cleanupIntervalMs: Number(timeoutMs),
});
const { port } = await listen(server);
console.log(port);
