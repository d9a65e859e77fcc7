// Tests of the kernel's socket table: its text, and a server that holds or lets go of a client.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { Http1Connection } from "./http1.ts";
import {
  findServerSide,
  isGone,
  parseSocketTable,
  queuedBytes,
  readSocketTable,
  type SocketEntry,
  type SocketState,
  socketTableAvailability,
  watchServerSide,
} from "./socket_table.ts";
import { startPeer } from "./testing_peer.ts";

const clock = realClock;
const ignore = !(await socketTableAvailability()).available;
const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  ";

Deno.test("parseSocketTable: rows of both tables, and nothing else", () => {
  const text = [
    `${HEAD}timeout inode`,
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 " +
    "4242 1 0000000000000000 100 0 0 10 0",
    "   1: 0100007F:1F90 0100007F:D431 08 0000002A:00000001 00:00000000 00000000     0        0 " +
    "777 1 0000000000000000 20 4 30 10 -1",
    "   2: 0100007F:1F90 0100007F:D432 06 00000000:00000000 03:00001770 00000000     0        0 " +
    "0 3 0000000000000000",
    `${HEAD} timeout inode`,
    "   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:D433 01 " +
    "00000000:00000000 00:00000000 00000000    33        0 888 1 0000000000000000 20 4 30 10 -1",
    "cat: /proc/net/tcp6: No such file or directory",
    "   9: 0100007F:1F90 0100007F:D434 FF 0 0 0 0 0 0",
    "",
  ].join("\n");
  const idle = { sendQueueBytes: 0, receiveQueueBytes: 0 };
  assertEquals(parseSocketTable(text), [
    { localPort: 8080, remotePort: 0, state: "LISTEN", uid: 1000, inode: 4242, ...idle },
    {
      localPort: 8080,
      remotePort: 54321,
      state: "CLOSE_WAIT",
      uid: 0,
      inode: 777,
      sendQueueBytes: 42,
      receiveQueueBytes: 1,
    },
    { localPort: 8080, remotePort: 54322, state: "TIME_WAIT", uid: 0, inode: 0, ...idle },
    { localPort: 8080, remotePort: 54323, state: "ESTABLISHED", uid: 33, inode: 888, ...idle },
  ]);
});

Deno.test("isGone: only a socket that is not there, or that its process has closed", () => {
  const entry = (state: SocketState, inode: number): SocketEntry => ({
    ...{ localPort: 80, remotePort: 50_000, uid: 0, sendQueueBytes: 0, receiveQueueBytes: 0 },
    ...{ state, inode },
  });
  assertEquals(isGone(undefined), true);
  // After the last close the socket has no inode, and the kernel finishes by itself.
  for (const state of ["FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "LAST_ACK", "CLOSING"] as const) {
    assertEquals([state, isGone(entry(state, 0))], [state, true]);
  }
  // Before accept() it has none either.
  for (const state of ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT"] as const) {
    assertEquals([state, isGone(entry(state, 0))], [state, false]);
  }
  // A process that has one open holds it, whatever it has sent.
  for (const state of ["ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "FIN_WAIT2"] as const) {
    assertEquals([state, isGone(entry(state, 7))], [state, false]);
  }
});

Deno.test({
  name: "readSocketTable: a server's side goes from ESTABLISHED to CLOSE_WAIT and away",
  ignore,
  async fn() {
    await using peer = await startPeer();
    using connection = await Http1Connection.connect({ url: peer.url, clock });
    const side = await peer.next();
    const look = async () =>
      findServerSide(await readSocketTable(), connection.localPort, connection.remotePort);
    const before = await look();
    assertEquals(before?.state, "ESTABLISHED");
    assert((before?.inode ?? 0) > 0);
    connection.close();
    await side.ended;
    assertEquals(await look(), before && { ...before, state: "CLOSE_WAIT" });
    side.socket.destroy();
    await side.closed;
    while (!isGone(await look())) await clock.sleep(5);
  },
});

Deno.test({
  name: "queuedBytes: what a server has written and a client has not read, and nothing else",
  ignore,
  async fn() {
    await using peer = await startPeer({ deaf: true });
    using client = await Deno.connect({ hostname: "127.0.0.1", port: peer.port });
    const side = await peer.next();
    const queued = async () =>
      queuedBytes(await readSocketTable(), client.localAddr.port, peer.port);
    assertEquals(await queued(), 0);
    // Until an acknowledgement is back, what has come counts on both sides.
    const settled = async (bytes: number) => {
      while (await queued() !== bytes) await clock.sleep(5);
    };
    side.socket.write(new Uint8Array(50_000));
    await settled(50_000);
    const taken = await client.read(new Uint8Array(20_000)) ?? NaN;
    await settled(50_000 - taken);
    // The other direction is another stream.
    await client.write(new Uint8Array(7_000));
    const sent = async () => queuedBytes(await readSocketTable(), peer.port, client.localAddr.port);
    while (await sent() !== 7_000) await clock.sleep(5);
    assertEquals(await queued(), 50_000 - taken);
  },
});

Deno.test("queuedBytes: of a connection with one side elsewhere nothing is known", () => {
  const entry = { state: "ESTABLISHED", inode: 7, uid: 0, sendQueueBytes: 5, receiveQueueBytes: 3 };
  const server: SocketEntry = { ...entry, state: "ESTABLISHED", localPort: 80, remotePort: 50_000 };
  const client: SocketEntry = { ...server, localPort: 50_000, remotePort: 80 };
  assertEquals(queuedBytes([server, client], 50_000, 80), 8);
  assertEquals(queuedBytes([server], 50_000, 80), undefined);
  assertEquals(queuedBytes([client], 50_000, 80), undefined);
  assertEquals(queuedBytes([server, client], 50_001, 80), undefined);
});

Deno.test({
  name: "readSocketTable: IPv6 connections are there, and those to a server for both families",
  ignore,
  async fn() {
    for (const hostname of ["::1", "::"]) {
      let listener: Deno.TcpListener;
      try {
        listener = Deno.listen({ hostname, port: 0 });
      } catch {
        continue; // No IPv6 here.
      }
      using _listener = listener;
      const to = hostname === "::" ? "127.0.0.1" : "::1";
      using client = await Deno.connect({ hostname: to, port: listener.addr.port });
      using _conn = await listener.accept();
      const side = findServerSide(
        await readSocketTable(),
        client.localAddr.port,
        listener.addr.port,
      );
      assertEquals([hostname, side?.state], [hostname, "ESTABLISHED"]);
    }
  },
});

Deno.test({
  name: "watchServerSide: tells when each connection was let go, and that one is still held",
  ignore,
  async fn() {
    await using peer = await startPeer();
    const pairs = [];
    for (let n = 0; n < 3; n++) {
      const connection = await Http1Connection.connect({ url: peer.url, clock });
      pairs.push({ connection, side: await peer.next() });
    }
    const ports = pairs.map(({ connection }) => connection.localPort);
    const [first = 0, second = 0, third = 0] = ports;
    const leftAtMs = pairs.map(({ connection }) => connection.close());
    await Promise.all(pairs.map(({ side }) => side.ended));
    const abort = new AbortController();
    const watch = watchServerSide(ports, {
      serverPort: peer.port,
      intervalMs: 5,
      clock,
      signal: abort.signal,
    });
    const gone = async (port: number) => {
      while (watch.goneAtMs(port) === undefined) await clock.sleep(1);
    };
    while (watch.heldAtMs(first) === undefined) await clock.sleep(1);
    assertEquals(ports.map((port) => watch.goneAtMs(port)), [undefined, undefined, undefined]);
    pairs[1]?.side.socket.destroy();
    await gone(second);
    pairs[0]?.side.socket.destroy();
    await gone(first);
    const [one = NaN, two = NaN] = [watch.goneAtMs(first), watch.goneAtMs(second)];
    assert(two < one && two > (leftAtMs[1] ?? NaN));
    assert((watch.heldAtMs(first) ?? NaN) < one);
    assertEquals(watch.goneAtMs(third), undefined);
    abort.abort();
    await watch.finished;
    assertEquals(watch.goneAtMs(third), undefined);
  },
});

Deno.test({
  name: "watchServerSide: a connection that the server never accepted is not let go",
  ignore,
  async fn() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const url = new URL(`http://127.0.0.1:${listener.addr.port}`);
    const connection = await Http1Connection.connect({ url, clock });
    connection.close();
    const abort = new AbortController();
    const watch = watchServerSide([connection.localPort], {
      serverPort: connection.remotePort,
      intervalMs: 1,
      clock,
      signal: abort.signal,
    });
    // Several looks later it is still held.
    const times = new Set<number | undefined>();
    while (times.size < 4) {
      times.add(watch.heldAtMs(connection.localPort));
      assertEquals(watch.goneAtMs(connection.localPort), undefined);
      await clock.sleep(1);
    }
    listener.close();
    await watch.finished;
    abort.abort();
    assert(watch.goneAtMs(connection.localPort) !== undefined);
  },
});

Deno.test({
  name: "watchServerSide: without the permission it is inconclusive, and harmless unobserved",
  permissions: { run: false },
  async fn() {
    assertEquals((await socketTableAvailability()).available, false);
    const signal = new AbortController().signal;
    const watch = watchServerSide([1], { serverPort: 2, intervalMs: 1, clock, signal });
    await clock.sleep(0);
    await assertRejects(() => watch.finished, InconclusiveError, "cat");
    await assertRejects(() => readSocketTable(), InconclusiveError, "cat");
  },
});
