// Tests of the opening handshake on a connection that is there: one that has ended already.

import { assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { startPeer } from "./testing_peer.ts";
import { Transport } from "./transport.ts";
import { shakeHands } from "./web_socket_handshake.ts";

for (const how of ["fin", "reset"] as const) {
  Deno.test(`a connection that was ended before the handshake is told of at once: ${how}`, async () => {
    await using peer = await startPeer();
    const transport = await Transport.connect({ url: peer.url, clock: realClock }, ["http/1.1"]);
    const { socket } = await peer.next();
    if (how === "fin") socket.end();
    else socket.resetAndDestroy();
    await transport.closed;
    await assertRejects(
      () =>
        shakeHands(transport, {
          url: peer.url,
          headers: {},
          timeoutMs: 60_000,
          onOpen: () => {},
        }),
      InconclusiveError,
      "the server closed the connection without an answer to the handshake",
    );
    transport[Symbol.dispose]();
  });
}
