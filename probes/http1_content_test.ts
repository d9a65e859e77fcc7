// Tests of content that is neither kept when it comes nor held whole when it goes.

import { assertEquals } from "@std/assert";
import { realClock as clock } from "../lab/clock.ts";
import { Http1Connection } from "./http1.ts";
import { startPeer } from "./testing_peer.ts";

Deno.test("content that is taken as it comes is counted and not kept", async () => {
  await using peer = await startPeer({ answer: "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc" });
  using connection = await Http1Connection.connect({ url: peer.url, clock });
  const pieces: string[] = [];
  const first = Promise.withResolvers<void>();
  const exchange = connection.send({
    method: "GET",
    path: "/",
    onBody(bytes) {
      pieces.push(new TextDecoder().decode(bytes));
      first.resolve();
    },
  });
  const { socket } = await peer.next();
  await first.promise;
  assertEquals([exchange.received, pieces], [3, ["abc"]]);
  socket.write("def");
  const body = await exchange.body;
  assertEquals([exchange.received, body.bytes.length, pieces], [6, 0, ["abc", "def"]]);
});

Deno.test("a body goes out in pieces, and writing ends with the connection", async () => {
  await using peer = await startPeer();
  using connection = await Http1Connection.connect({ url: peer.url, clock });
  const exchange = connection.send({ method: "PUT", path: "/", declaredLength: 6 });
  await connection.write(new TextEncoder().encode("abc"));
  await connection.write(new TextEncoder().encode("def"));
  const other = await peer.next();
  await other.received("Content-Length: 6\r\n\r\nabcdef");
  other.socket.resetAndDestroy();
  const code = await exchange.body.then(() => "", (error) => error.code);
  assertEquals(code, "reset");
  await connection.write(new Uint8Array(1 << 24));
});

Deno.test("nothing more is written after FIN, and the answer is read all the same", async () => {
  await using peer = await startPeer();
  using connection = await Http1Connection.connect({ url: peer.url, clock });
  const exchange = connection.send({ method: "PUT", path: "/", declaredLength: 6 });
  await connection.write(new TextEncoder().encode("abc"));
  connection.halfClose();
  await connection.write(new TextEncoder().encode("def"));
  const other = await peer.next();
  assertEquals(await other.ended, "fin");
  assertEquals(other.text.endsWith("\r\n\r\nabc"), true);
  other.socket.write("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
  assertEquals((await exchange.headers).status, 400);
});
