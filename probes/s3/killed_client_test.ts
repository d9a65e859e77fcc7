// Tests of a client process that is killed while it reads.

import { assertEquals, assertRejects } from "@std/assert";
import { InconclusiveError } from "../../lab/errors.ts";
import { startPeer } from "../testing_peer.ts";
import { killedClientAvailability, startKilledClient } from "./killed_client.ts";

const { available } = await killedClientAvailability();
const signal = new AbortController().signal;

Deno.test({
  name: "a process reads the first bytes, and its connection is gone when it is killed",
  ignore: !available,
  async fn() {
    await using peer = await startPeer();
    const started = startKilledClient(new URL("/b/k?a=%22b", peer.url), { signal });
    const connection = await peer.next();
    await connection.received("\r\n\r\n");
    assertEquals(connection.text.split("\r\n")[0], "GET /b/k?a=%22b HTTP/1.1");
    connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    connection.socket.write(new Uint8Array(1 << 16));
    await using client = await started;
    assertEquals(client.receivedBytes > 0, true);
    let gone = false;
    connection.closed.then(() => gone = true);
    assertEquals(gone, false);
    await client.kill();
    await connection.ended;
  },
});

Deno.test({
  name: "a process that gets no body is said to have got none",
  ignore: !available,
  async fn() {
    await using peer = await startPeer({ answer: "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" });
    const error = await assertRejects(
      () => startKilledClient(peer.url, { signal }),
      InconclusiveError,
    );
    assertEquals(
      error.message,
      `Cannot read with curl at ${peer.url.origin}: it ended with 22 before any body came`,
    );
  },
});
