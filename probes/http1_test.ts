// Tests of raw HTTP/1.1 over TCP: what an exchange tells, how it fails, and every way to leave.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ManualClock, realClock } from "../lab/clock.ts";
import { ExchangeError, type ExchangeErrorCode } from "./exchange.ts";
import { Http1Connection } from "./http1.ts";
import { type Peer, startPeer } from "./testing_peer.ts";

const clock = realClock;
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const GET = { method: "GET", path: "/a" };

function connect(peer: Peer, signal?: AbortSignal): Promise<Http1Connection> {
  return Http1Connection.connect({ url: peer.url, clock, signal });
}

async function failsWith(work: Promise<unknown>, code: ExchangeErrorCode): Promise<string> {
  const error = await assertRejects(() => work, ExchangeError);
  assertEquals(error.code, code, error.message);
  assertEquals(error.message.includes("\n"), false);
  return error.message;
}

Deno.test("Http1Connection: an exchange tells its header, its content and its times in order", async () => {
  await using peer = await startPeer({ answer: OK });
  using connection = await connect(peer);
  const exchange = connection.send({ ...GET, headers: [["X-A", "1"]] });
  const [firstByteAtMs, head, body] = await Promise.all([
    exchange.firstByte,
    exchange.headers,
    exchange.body,
  ]);
  assertEquals([head.status, head.headers.get("content-length")], [200, "5"]);
  assertEquals(new TextDecoder().decode(body.bytes), "hello");
  const times = [exchange.sentAtMs, firstByteAtMs, head.atMs, body.firstByteAtMs ?? NaN];
  assertEquals(times, times.toSorted((a, b) => a - b));
  assert(body.completedAtMs >= head.atMs);
  const { text } = await peer.next();
  assertEquals(text, `GET /a HTTP/1.1\r\nHost: ${peer.url.host}\r\nX-A: 1\r\n\r\n`);
});

Deno.test("Http1Connection: a request body goes out with its length, or one that is never reached", async () => {
  await using peer = await startPeer();
  using connection = await connect(peer);
  const body = new TextEncoder().encode("abc");
  connection.send({ method: "PUT", path: "/b", headers: [["host", "h"]], body });
  const { received } = await peer.next();
  await received("PUT /b HTTP/1.1\r\nhost: h\r\nContent-Length: 3\r\n\r\nabc");
  connection.send({ method: "POST", path: "/c", headers: [], body, declaredLength: 100 });
  await received(`POST /c HTTP/1.1\r\nHost: ${peer.url.host}\r\nContent-Length: 100\r\n\r\nabc`);
});

Deno.test("Http1Connection: requests on one connection are answered in order", async () => {
  await using peer = await startPeer();
  using connection = await connect(peer);
  const [head, first, second] = [
    connection.send({ method: "HEAD", path: "/0" }),
    connection.send({ method: "GET", path: "/1" }),
    connection.send({ method: "GET", path: "/2" }),
  ];
  const side = await peer.next();
  await side.received("/2 HTTP/1.1");
  side.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
  side.socket.write(OK + OK.replace("200 OK", "404 Not Found").replace("hello", "other"));
  assertEquals((await head?.body)?.bytes.byteLength, 0);
  assertEquals(new TextDecoder().decode((await first?.body)?.bytes), "hello");
  assertEquals((await second?.headers)?.status, 404);
  const later = connection.send({ method: "GET", path: "/3" });
  await side.received("/3 HTTP/1.1");
  side.socket.write(OK);
  assertEquals((await later.headers).status, 200);
});

Deno.test("Http1Connection: pipelined requests go out in their order before the first is answered", async () => {
  await using peer = await startPeer();
  using connection = await connect(peer);
  const body = new TextEncoder().encode("abc");
  const [first, second] = connection.pipeline([
    { method: "GET", path: "/1" },
    { method: "PUT", path: "/2", headers: [["Host", "h"]], body },
  ]);
  const side = await peer.next();
  await side.received("abc");
  const head = `GET /1 HTTP/1.1\r\nHost: ${peer.url.host}\r\n\r\n`;
  assertEquals(side.text, `${head}PUT /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc`);
  side.socket.end(OK + OK.replace("Content-Length: 5", "Content-Length: 9"));
  assertEquals((await first?.headers)?.status, 200);
  await failsWith(second?.body ?? Promise.resolve(), "closed-early");
  assertEquals(connection.pipeline([]), []);
});

Deno.test("Http1Connection: half-close sends FIN and goes on reading", async () => {
  await using peer = await startPeer();
  using connection = await connect(peer);
  const exchange = connection.send(GET);
  const side = await peer.next();
  await side.received("\r\n\r\n");
  connection.halfClose();
  assertEquals(await side.ended, "fin");
  await failsWith(connection.send(GET).body, "aborted");
  side.socket.write(OK);
  assertEquals(new TextDecoder().decode((await exchange.body).bytes), "hello");
  side.socket.end();
  assertEquals((await connection.closed).how, "fin");
});

Deno.test("Http1Connection: close sends FIN, and the exchange under way fails as aborted", async () => {
  await using peer = await startPeer();
  using connection = await connect(peer);
  const exchange = connection.send(GET);
  const side = await peer.next();
  await side.received("\r\n\r\n");
  const atMs = connection.close();
  assertEquals(await connection.closed, { atMs, how: "local" });
  await failsWith(exchange.body, "aborted");
  assertEquals(await side.ended, "fin");
  side.socket.end();
  assertEquals(await side.closed, "fin");
});

Deno.test("Http1Connection: reset sends RST", async () => {
  await using peer = await startPeer();
  using connection = await connect(peer);
  const exchange = connection.send(GET);
  const side = await peer.next();
  await side.received("\r\n\r\n");
  connection.reset();
  assertEquals(await side.ended, "reset");
  await failsWith(exchange.headers, "aborted");
});

Deno.test("Http1Connection: a server's FIN and RST are told apart", async () => {
  await using peer = await startPeer();
  for (const how of ["fin", "reset"] as const) {
    using connection = await connect(peer);
    const exchange = connection.send(GET);
    const side = await peer.next();
    await side.received("\r\n\r\n");
    if (how === "fin") side.socket.end();
    else side.socket.resetAndDestroy();
    assertEquals((await connection.closed).how, how);
    const message = await failsWith(exchange.body, how === "fin" ? "closed-early" : "reset");
    assertStringIncludes(message, peer.url.host);
    await failsWith(connection.send(GET).body, how === "fin" ? "closed-early" : "reset");
  }
});

Deno.test("Http1Connection: content without a length ends with FIN, and is cut short by RST", async () => {
  await using peer = await startPeer({ answer: "HTTP/1.1 200 OK\r\n\r\nhello" });
  for (const how of ["fin", "reset"] as const) {
    using connection = await connect(peer);
    const exchange = connection.send(GET);
    const side = await peer.next();
    await exchange.headers;
    while (exchange.received < 5) await clock.sleep(1);
    if (how === "fin") {
      side.socket.end();
      assertEquals((await exchange.body).bytes.byteLength, 5);
    } else {
      side.socket.resetAndDestroy();
      await failsWith(exchange.body, "reset");
    }
  }
});

Deno.test("Http1Connection: an answer of another protocol, too large a header or body is refused", async () => {
  const refusals: [ExchangeErrorCode, string][] = [
    ["not-http", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["header-too-large", `HTTP/1.1 200 OK\r\nA: ${"x".repeat(70_000)}`],
    ["body-too-large", OK.replaceAll("5", "6").replace("hello", "hello!")],
  ];
  for (const [code, answer] of refusals) {
    await using peer = await startPeer({ answer });
    using connection = await connect(peer);
    const message = await failsWith(connection.send({ ...GET, maxBodyBytes: 5 }).body, code);
    assertMatch(message, /^Cannot read the response to GET \/a from 127\.0\.0\.1:\d+: received /);
    assertEquals((await connection.closed).how, "local");
  }
});

/** What a server can write to a client before it has to wait, in pieces of 64 KiB, at most `max`. */
async function writeAll(side: { write(bytes: Uint8Array): boolean }, max: number): Promise<number> {
  const piece = new Uint8Array(64 * 1024);
  let sent = 0;
  // Deno's sockets take one piece at a time: a turn of the event loop each.
  while (sent < max && side.write(piece)) {
    sent += piece.byteLength;
    await clock.sleep(0);
  }
  return sent;
}

Deno.test("Http1Connection: a paused connection stops the server, and nothing is lost on resuming", async () => {
  await using peer = await startPeer();
  using connection = await connect(peer);
  const size = 48 << 20;
  const exchange = connection.send(GET);
  const side = await peer.next();
  await side.received("\r\n\r\n");
  side.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
  await exchange.headers;
  connection.pause();
  const sent = await writeAll(side.socket, size);
  assert(sent < size, "the server was never stopped");
  const drained = new Promise((resolve) => side.socket.once("drain", resolve));
  const before = exchange.received;
  assert(before < sent);
  connection.resume();
  await drained;
  assert(exchange.received > before);
});

Deno.test("Http1Connection: a rate of reading is kept by the probe's clock", async () => {
  await using peer = await startPeer({ answer: OK });
  const manual = new ManualClock();
  using connection = await Http1Connection.connect({ url: peer.url, clock: manual });
  connection.readRate(5);
  const first = connection.send(GET);
  await first.body; // About 43 bytes: 8.6 s at this rate.
  const side = await peer.next();
  const second = connection.send(GET);
  await side.received("GET /a HTTP/1.1\r\nHost");
  side.socket.write(OK);
  await manual.advance(5_000);
  assertEquals([second.received, manual.pending], [0, 1]);
  await manual.advance(5_000);
  assertEquals((await second.body).bytes.byteLength, 5);
});

Deno.test("Http1Connection: what nobody listens on refuses, on IPv4 and IPv6", async () => {
  for (const [hostname, host] of [["127.0.0.1", "127.0.0.1"], ["::1", "[::1]"]] as const) {
    let port: number;
    try {
      using listener = Deno.listen({ hostname, port: 0 });
      port = listener.addr.port;
    } catch {
      continue; // No IPv6 here.
    }
    const url = new URL(`http://${host}:${port}`);
    const message = await failsWith(Http1Connection.connect({ url, clock }), "refused");
    assertMatch(
      message,
      /^Cannot connect to (127\.0\.0\.1|\[::1\]):\d+: the connection was refused/,
    );
  }
});

Deno.test("Http1Connection: a URL of another scheme is not supported", async () => {
  const message = await failsWith(
    Http1Connection.connect({ url: new URL("ftp://127.0.0.1"), clock }),
    "unsupported",
  );
  assertStringIncludes(message, "received ftp:, expected http: or https:");
});

Deno.test("Http1Connection: its signal ends connecting and a connection", async () => {
  await using peer = await startPeer();
  await failsWith(connect(peer, AbortSignal.abort()), "aborted");
  const early = new AbortController();
  const connecting = connect(peer, early.signal);
  early.abort();
  await failsWith(connecting, "aborted");
  const late = new AbortController();
  using connection = await connect(peer, late.signal);
  const exchange = connection.send(GET);
  late.abort();
  assertEquals((await connection.closed).how, "local");
  await failsWith(exchange.body, "aborted");
});

Deno.test("Http1Connection: leaving twice, and after the server has, changes nothing", async () => {
  await using peer = await startPeer();
  const connection = await connect(peer);
  const side = await peer.next();
  side.socket.end();
  const end = await connection.closed;
  assertEquals(end.how, "fin");
  // This side does not answer a FIN with its own: a round trip later the server has none.
  let ended = false;
  side.ended.then(() => ended = true);
  using other = await connect(peer);
  other.send(GET);
  await (await peer.next()).received("GET /a");
  assertEquals(ended, false);
  connection.close();
  connection.reset();
  connection[Symbol.dispose]();
  connection[Symbol.dispose]();
  assertEquals(await connection.closed, end);
  assertEquals(await side.ended, "fin");
});

Deno.test("Http1Connection: failures that nobody looks at end nothing", async () => {
  await using peer = await startPeer();
  using connection = await connect(peer);
  connection.send(GET);
  const side = await peer.next();
  side.socket.resetAndDestroy();
  await connection.closed;
  await clock.sleep(0); // An unhandled rejection would have ended the process by now.
});

Deno.test({
  name: "Http1Connection: a limit of open files is named as such",
  ignore: Deno.build.os === "windows",
  async fn() {
    const program = `
      import { Http1Connection } from "${import.meta.resolve("./http1.ts")}";
      import { realClock } from "${import.meta.resolve("../lab/clock.ts")}";
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const url = new URL("http://127.0.0.1:" + listener.addr.port);
      try {
        for (let n = 0; n < 200; n++) await Http1Connection.connect({ url, clock: realClock });
      } catch (error) {
        console.log(error.code, error.message);
      }
      Deno.exit();`;
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", 'ulimit -n 64; exec "$0" eval --config "$1" "$2"', ...[
        Deno.execPath(),
        new URL("../deno.json", import.meta.url).pathname,
        program,
      ]],
    }).output();
    assertMatch(new TextDecoder().decode(stdout), /^too-many-files Cannot connect .*ulimit -n/);
  },
});
