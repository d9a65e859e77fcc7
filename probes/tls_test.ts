// Tests of the probes over TLS: what a server on the other side of a relay of raw bytes sees.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { ExchangeError } from "./exchange.ts";
import { Http1Connection } from "./http1.ts";
import { Http2Connection } from "./http2.ts";
import { type PeerConnection, startPeer } from "./testing_peer.ts";

const clock = realClock;
// Made for these tests, for 127.0.0.1, and trusted by nobody.
const cert = await Deno.readTextFile(new URL("testdata/certificate.pem", import.meta.url));
const key = await Deno.readTextFile(new URL("testdata/key.pem", import.meta.url));

/** A TLS server, and a peer in front of it that passes bytes on and sees FIN and RST themselves. */
async function startTls(): Promise<
  AsyncDisposable & { url: URL; outer(): PeerConnection; accept(): Promise<Deno.TlsConn> }
> {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const peer = await startPeer({ deaf: true }); // Until the relay listens.
  const conns: Disposable[] = [listener];
  let outer: PeerConnection;
  return {
    url: new URL(`https://127.0.0.1:${peer.port}`),
    outer: () => outer,
    async accept() {
      outer = await peer.next();
      const inner = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
      outer.socket.on("data", (bytes: Uint8Array) => void inner.write(bytes).catch(() => {}));
      outer.socket.resume();
      (async () => {
        for await (const bytes of inner.readable) {
          if (outer.socket.destroyed) return;
          if (!outer.socket.write(bytes)) {
            await new Promise<unknown>((resolve) => {
              outer.socket.once("drain", resolve).once("close", resolve);
            });
          }
        }
      })().catch(() => {});
      const conn = await listener.accept();
      conns.push(conn, { [Symbol.dispose]: () => inner.close() });
      // Without it the handshake would wait for the first read.
      await conn.handshake();
      return conn;
    },
    async [Symbol.asyncDispose]() {
      await peer[Symbol.asyncDispose]();
      for (const conn of conns) {
        try {
          conn[Symbol.dispose]();
        } catch {
          // Reading to the end has closed it.
        }
      }
    },
  };
}

/** A TLS server without anything in front of it. */
function listenTls(): AsyncDisposable & { url: URL; accept(): Promise<Deno.TlsConn> } {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const conns: Deno.TlsConn[] = [];
  return {
    url: new URL(`https://127.0.0.1:${listener.addr.port}`),
    async accept() {
      const conn = await listener.accept();
      conns.push(conn);
      return conn;
    },
    [Symbol.asyncDispose]() {
      for (const conn of conns) conn.close();
      listener.close();
      return Promise.resolve();
    },
  };
}

const GET = { method: "GET", path: "/a" };
const encoder = new TextEncoder();

async function connect(url: URL): Promise<Http1Connection> {
  return await Http1Connection.connect({ url, clock, insecure: true });
}

Deno.test("over TLS: half-close sends close_notify and FIN, and the late answer is read", async () => {
  await using server = await startTls();
  const [connection, conn] = await Promise.all([connect(server.url), server.accept()]);
  using _ = connection;
  const exchange = connection.send(GET);
  const buffer = new Uint8Array(1_000);
  assert((await conn.read(buffer) ?? 0) > 0);
  connection.halfClose();
  assertEquals(await conn.read(buffer), null); // close_notify
  assertEquals(await server.outer().ended, "fin");
  await conn.write(encoder.encode("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlater"));
  assertEquals(new TextDecoder().decode((await exchange.body).bytes), "later");
});

Deno.test("over TLS: close sends FIN and reset sends RST", async () => {
  for (const [leave, ending] of [["close", "fin"], ["reset", "reset"]] as const) {
    await using server = await startTls();
    const [connection, conn] = await Promise.all([connect(server.url), server.accept()]);
    using _ = connection;
    connection.send(GET);
    await conn.read(new Uint8Array(1_000));
    connection[leave]();
    assertEquals([leave, await server.outer().ended], [leave, ending]);
    assertEquals((await connection.closed).how, "local");
  }
});

Deno.test("over TLS: a server's FIN and RST are told apart", async () => {
  for (const how of ["fin", "reset"] as const) {
    await using server = await startTls();
    const [connection, conn] = await Promise.all([connect(server.url), server.accept()]);
    using _ = connection;
    const exchange = connection.send(GET);
    await conn.read(new Uint8Array(1_000));
    if (how === "fin") server.outer().socket.end();
    else server.outer().socket.resetAndDestroy();
    assertEquals([how, (await connection.closed).how], [how, how]);
    const error = await assertRejects(() => exchange.body, ExchangeError);
    assertEquals(error.code, how === "fin" ? "closed-early" : "reset");
  }
});

Deno.test("over TLS: a paused connection stops the server, and nothing is lost on resuming", async () => {
  await using listener = listenTls();
  const connecting = connect(listener.url);
  const conn = await listener.accept();
  using connection = await connecting;
  const size = 32 << 20;
  const exchange = connection.send(GET);
  await conn.read(new Uint8Array(1_000));
  await conn.write(encoder.encode(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`));
  await exchange.headers;
  connection.pause();
  let sent = 0;
  const writing = (async () => {
    const piece = new Uint8Array(64 * 1024);
    for (; sent < size; sent += piece.byteLength) await conn.write(piece);
  })();
  // Stopped is what makes no progress however long one looks: five looks in a row.
  for (let still = 0, before = -1; still < 5 && sent < size; before = sent) {
    await clock.sleep(20);
    still = sent === before ? still + 1 : 0;
  }
  assert(sent < size, "the server was never stopped");
  connection.resume();
  await writing;
  assertEquals((await exchange.body).bytes.byteLength, size);
});

Deno.test("over TLS: a certificate that nobody trusts is an error of TLS unless allowed", async () => {
  await using listener = listenTls();
  const refused = assertRejects(
    () => Http1Connection.connect({ url: listener.url, clock }),
    ExchangeError,
  );
  await (await listener.accept()).handshake().catch(() => {});
  const error = await refused;
  assertEquals(error.code, "tls", error.message);
  assertStringIncludes(error.message, `Cannot connect to ${listener.url.host}: `);
});

Deno.test("over TLS: what does not speak it, hangs up or is mute fails within its time", async () => {
  for (const what of ["plain", "gone", "mute"] as const) {
    await using peer = await startPeer(
      what === "plain" ? { answer: "HTTP/1.1 400 no\r\n\r\n" } : {},
    );
    const url = new URL(`https://127.0.0.1:${peer.port}`);
    const connecting = Http1Connection.connect({ url, clock, connectTimeoutMs: 300 });
    const refused = assertRejects(() => connecting, ExchangeError);
    const side = await peer.next();
    if (what === "gone") side.socket.end();
    const error = await refused;
    const code = what === "mute" ? "timeout" : "tls";
    assertEquals([what, error.code], [what, code], error.message);
    await side.ended;
  }
});

Deno.test("over TLS: its signal ends the handshake", async () => {
  await using peer = await startPeer();
  const url = new URL(`https://127.0.0.1:${peer.port}`);
  const abort = new AbortController();
  const connecting = Http1Connection.connect({ url, clock, signal: abort.signal });
  const refused = assertRejects(() => connecting, ExchangeError);
  const side = await peer.next();
  abort.abort();
  assertEquals((await refused).code, "aborted");
  await side.ended;
});

Deno.test("over TLS: HTTP/2 is chosen by ALPN, and a server without it is refused", async () => {
  await using served = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
    onListen: () => {},
  }, () => new Response("hello"));
  const url = new URL(`https://127.0.0.1:${served.addr.port}`);
  {
    using connection = await Http2Connection.connect({ url, clock, insecure: true });
    const { body, headers } = connection.send(GET);
    assertEquals((await headers).status, 200);
    assertEquals(new TextDecoder().decode((await body).bytes), "hello");
  }
  await using listener = listenTls();
  const connecting = Http2Connection.connect({ url: listener.url, clock, insecure: true });
  const refused = assertRejects(() => connecting, ExchangeError);
  const conn = await listener.accept();
  await conn.handshake().catch(() => {});
  const error = await refused;
  assertEquals(error.code, "not-http");
  assertStringIncludes(error.message, "ALPN");
});
