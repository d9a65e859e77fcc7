// Tests of an open WebSocket: when it ended, and which messages are waited for.

import { assertEquals } from "@std/assert";
import { ManualClock } from "../lab/clock.ts";
import { startPeer } from "./testing_peer.ts";
import { accept, optionsFor, startWebSocketServer, text } from "./testing_web_socket.ts";
import { connectWebSocket } from "./web_socket.ts";

/** A close frame with 4408 from a server, and the first bytes of a client's. */
const CLOSE_4408 = new Uint8Array([0x88, 2, 0x11, 0x38]);

Deno.test("a close is as old as its frame, however long the server leaves TCP open behind it", async () => {
  const clock = new ManualClock(1_000);
  await using peer = await startPeer();
  const connecting = connectWebSocket(optionsFor(peer.url, { clock }));
  const connection = await peer.next();
  await accept(connection);
  const client = await connecting;
  await clock.advance(500);
  const answered = new Promise<void>((resolve) => connection.socket.once("data", () => resolve()));
  connection.socket.write(CLOSE_4408);
  await answered;
  assertEquals(client.closed, undefined, "it has not ended yet");
  await clock.advance(1_999);
  connection.socket.end();
  assertEquals(await client.ended, { code: 4408, reason: "", atMs: 1_500 });
});

Deno.test("a connection without a close frame ended when it was lost, not when it was last heard", async () => {
  const clock = new ManualClock(1_000);
  await using peer = await startPeer();
  const connecting = connectWebSocket(optionsFor(peer.url, { clock }));
  const connection = await peer.next();
  await accept(connection, text("hello"));
  const client = await connecting;
  await client.waitFor(() => true, { withinMs: 1 });
  await clock.advance(700);
  connection.socket.end();
  const { code, atMs } = await client.ended;
  assertEquals([code, atMs], [1006, 1_700]);
});

for (const keep of [true, false]) {
  Deno.test(`messages before \`from\` are not looked at, whether they are kept or not: keep ${keep}`, async () => {
    await using server = startWebSocketServer({
      onMessage: (socket, data) => socket.send(data),
    });
    const clock = new ManualClock();
    await using client = await connectWebSocket(optionsFor(server.url, { clock, keep }));
    const looked: unknown[] = [];
    const third = client.waitFor(({ data }) => looked.push(data) > 0, { from: 2, withinMs: 1_000 });
    for (const one of ["a", "b", "c", "d"]) await client.send(one);
    assertEquals((await third)?.data, "c");
    assertEquals(looked, ["c"]);
    assertEquals(clock.pending, 0);
  });
}
