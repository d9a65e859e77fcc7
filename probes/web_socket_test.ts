// Tests of the WebSocket client: what it keeps, how it ends, and what it says of a refused handshake.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ManualClock, realClock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { Timeline } from "../lab/timeline.ts";
import { ExchangeError } from "./exchange.ts";
import { type Peer, type PeerConnection, startPeer } from "./testing_peer.ts";
import { accept, optionsFor, startWebSocketServer, text } from "./testing_web_socket.ts";
import { connectWebSocket, type WebSocketOptions } from "./web_socket.ts";

const cert = await Deno.readTextFile(new URL("testdata/certificate.pem", import.meta.url));
const key = await Deno.readTextFile(new URL("testdata/key.pem", import.meta.url));

const echo = {
  onMessage: (socket: WebSocket, data: string | ArrayBuffer) => socket.send(data),
};

async function messageOfRefusal(options: WebSocketOptions): Promise<string> {
  const error = await assertRejects(() => connectWebSocket(options), InconclusiveError);
  return error.message;
}

Deno.test("text and bytes, small and over 1 MiB, come back as they were sent", async () => {
  await using server = startWebSocketServer(echo);
  await using client = await connectWebSocket(optionsFor(server.url));
  assertEquals(client.handshake.status, 101);
  assertEquals(client.handshake.headers["upgrade"]?.toLowerCase(), "websocket");
  const sent = [
    "",
    "héllo ☂",
    "x".repeat(1_500_000),
    new Uint8Array([0, 255]),
    new Uint8Array(2 << 20),
  ];
  for (const data of sent) await client.send(data);
  await client.waitFor(({ data }) => data.length === 2 << 20, { withinMs: 5_000 });
  assertEquals(client.received.map(({ data }) => data), sent);
  const times = client.received.map(({ atMs }) => atMs);
  assertEquals(times, times.toSorted((a, b) => a - b));
});

Deno.test("over TLS with any certificate accepted, by each scheme, below the target's path", async () => {
  const asked: string[] = [];
  await using server = startWebSocketServer({
    ...echo,
    tls: { cert, key },
    onOpen(socket, { url, headers }) {
      asked.push(`${url.pathname}${url.search} ${headers.get("host")}`);
      socket.send(headers.get("x-a") ?? "");
    },
  });
  for (const scheme of ["wss", "https"]) {
    const url = new URL(`${scheme}://127.0.0.1:${server.url.port}/prefix/`);
    const access = { url, headers: { "x-a": "b" }, host: "other.test", insecure: true };
    await using client = await connectWebSocket(optionsFor(url, { access, path: "/a?b=c" }));
    const first = await client.waitFor(() => true, { withinMs: 5_000 });
    assertEquals(first?.data, "b");
    assertEquals((await client.close(1000, "done")).code, 1000);
    assertEquals(await server.nextClose(), { code: 1000, reason: "done" });
  }
  assertEquals(asked, Array(2).fill("/prefix/a?b=c other.test"));
  const message = await messageOfRefusal(optionsFor(server.url));
  assertStringIncludes(message, `Cannot connect to ${server.url.host}: `);
  assertStringIncludes(message, "certificate");
});

Deno.test("over TLS a close by the server, and a reset by this side, end the connection", async () => {
  await using server = startWebSocketServer({
    tls: { cert, key },
    onMessage: (socket) => socket.close(4001, "server"),
  });
  const options = optionsFor(server.url, {
    access: { url: server.url, headers: {}, insecure: true },
  });
  await using client = await connectWebSocket(options);
  await client.send("");
  const { code, reason } = await client.ended;
  assertEquals([code, reason], [4001, "server"]);
  await using second = await connectWebSocket(options);
  second.vanish();
  assertEquals((await second.ended).code, 1006);
});

Deno.test("each way to end is told apart", async () => {
  const left: string[] = [];
  await using server = startWebSocketServer({
    onMessage: (socket, data) => data === "close" && socket.close(4408, "no heartbeat"),
  });
  const byServer = await connectWebSocket(optionsFor(server.url));
  await byServer.send("close");
  assertEquals({ ...await byServer.ended, atMs: 0 }, {
    code: 4408,
    reason: "no heartbeat",
    atMs: 0,
  });
  assertEquals(byServer.closed, await byServer.ended);
  await server.nextClose();

  const byClient = await connectWebSocket(optionsFor(server.url));
  assertEquals((await byClient.close(3001, "mine")).code, 3001);
  assertEquals(await server.nextClose(), { code: 3001, reason: "mine" });

  const vanished = await connectWebSocket(optionsFor(server.url));
  vanished.vanish();
  left.push((await vanished.ended).why ?? "");
  // Deno 2.9.6 gives its server 0 for a connection without a close frame.
  assert([0, 1006].includes((await server.nextClose()).code));

  const disposed = await connectWebSocket(optionsFor(server.url));
  await disposed[Symbol.asyncDispose]();
  left.push(disposed.closed?.why ?? "");

  const abort = new AbortController();
  const aborted = await connectWebSocket(optionsFor(server.url, { signal: abort.signal }));
  abort.abort();
  left.push((await aborted.ended).why ?? "");
  assertEquals(left, Array(3).fill("this side ended the connection"));
  await assertRejects(() => aborted.send("x"), InconclusiveError, "has ended with 1006");
});

Deno.test("a raw server: no extension is asked for, vanishing is RST, and FIN and bad frames have a why", async () => {
  await using peer = await startPeer();
  const open = async (and?: Uint8Array) => {
    const connecting = connectWebSocket(optionsFor(peer.url));
    const connection = await peer.next();
    await accept(connection, and);
    return { client: await connecting, connection };
  };
  const first = await open(text("welcome"));
  assertEquals(/sec-websocket-extensions/i.test(first.connection.text), false);
  // What came behind the handshake in one piece is there.
  assertEquals((await first.client.waitFor(() => true, { withinMs: 5_000 }))?.data, "welcome");
  first.client.vanish();
  assertEquals(await first.connection.ended, "reset");
  await first.client.ended;

  const fin = await open();
  fin.connection.socket.end();
  const { code, why } = await fin.client.ended;
  assertEquals([code, why], [1006, "the server closed the connection"]);

  const reset = await open();
  reset.connection.socket.resetAndDestroy();
  assertEquals((await reset.client.ended).why, "the server reset the connection");

  for (
    const [bytes, expected] of [
      [[0xc1, 0], "RSV1"],
      [[0x81, 2, 0xc3, 0x28], "UTF-8"],
      [[0x88, 2, 0x03, 0xed], "status code"],
    ] as const
  ) {
    const bad = await open(new Uint8Array(bytes));
    bad.connection.ended.then(() => bad.connection.socket.destroy());
    const closed = await bad.client.ended;
    assertEquals(closed.code, 1006);
    assertStringIncludes(closed.why ?? "", expected);
  }
});

Deno.test("a close that nobody answers is given up", async () => {
  await using peer = await startPeer();
  const connecting = connectWebSocket(optionsFor(peer.url));
  const connection = await peer.next();
  await accept(connection);
  const client = await connecting;
  assertEquals((await client.close(1000)).code, 1006);
});

Deno.test("what is no WebSocket is refused with what it answered", async () => {
  const answers: Record<string, Response> = {
    "/404": new Response("no", { status: 404 }),
    "/200": new Response("a page"),
    "/401": new Response(null, { status: 401 }),
    "/503": new Response(null, { status: 503 }),
    "/302": new Response(null, { status: 302, headers: { location: "/there?token=TOPSECRET" } }),
  };
  await using server = startWebSocketServer({
    refuse: ({ url }) => answers[new URL(url).pathname],
  });
  for (
    const [path, expected] of [
      ["/404?token=TOPSECRET", "the handshake was refused with 404"],
      ["/200", "the answer was 200, expected 101: there is no WebSocket"],
      ["/401", "refused with 401: credentials"],
      ["/503", "refused with 503"],
      ["/302", "refused with 302, which sends to /there: name"],
    ] as const
  ) {
    const message = await messageOfRefusal(optionsFor(server.url, { path }));
    const shown = `${server.url.host}${path.split("?")[0]}`;
    assertStringIncludes(message, `Cannot open a WebSocket at ws://${shown}: `);
    assertStringIncludes(message, expected);
    assert(!message.includes("TOPSECRET"));
  }
});

/** What is said of a handshake that a peer answers in some way. */
async function refusal(
  how: (connection: PeerConnection) => void,
  more: Partial<WebSocketOptions> = {},
): Promise<string> {
  await using peer: Peer = await startPeer();
  peer.next().then(async (connection) => {
    await connection.received("\r\n\r\n");
    how(connection);
  });
  return await messageOfRefusal(optionsFor(peer.url, more));
}

Deno.test("a handshake that is answered wrongly, or not at all, says so", async () => {
  const upgrade =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  const wrong = (head: string) => ({ socket }: PeerConnection) => void socket.write(`${head}\r\n`);
  const refusals = await Promise.all([
    refusal(wrong(`${upgrade}Sec-WebSocket-Accept: AAAA\r\n`)),
    refusal(wrong("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n")),
    refusal(wrong("SSH-2.0-OpenSSH_9.2\r\n")),
    refusal(({ socket }) => void socket.end()),
    refusal(({ socket }) => void socket.resetAndDestroy()),
    refusal(() => {}, { handshakeTimeoutMs: 100 }),
  ]);
  const expected = [
    "Sec-WebSocket-Accept does not go with our key",
    "without 'Upgrade: websocket'",
    "not HTTP; does it want wss?",
    "closed the connection without an answer",
    "closed the connection without an answer",
    "no answer to the handshake within ",
  ];
  for (const [at, part] of expected.entries()) assertStringIncludes(refusals[at] ?? "", part);
});

Deno.test("nobody there, no such name, no permission: the words of every probe, and the cause", async () => {
  const refused = await assertRejects(
    () => connectWebSocket(optionsFor(new URL("ws://127.0.0.1:1"))),
    InconclusiveError,
    "Cannot connect to 127.0.0.1:1: the connection was refused",
  );
  assert(refused.cause instanceof ExchangeError && refused.cause.code === "refused");
  const unknown = await messageOfRefusal(optionsFor(new URL("ws://nowhere.invalid")));
  assertStringIncludes(unknown, "the name does not resolve");
});

Deno.test({
  name: "an address that the permissions leave out is told of with the flag",
  permissions: { net: ["127.0.0.1:2"], env: true, read: true },
  async fn() {
    const options = optionsFor(new URL("ws://127.0.0.1:1"));
    assertStringIncludes(await messageOfRefusal(options), "needs the flag --allow-net=127.0.0.1:1");
  },
});

Deno.test("an abort in each phase rejects with its reason and leaves nothing", async () => {
  const reason = new InconclusiveError("ended");
  const abort = (when: (abort: () => void) => Promise<unknown>, url: URL) => {
    const controller = new AbortController();
    const connecting = connectWebSocket(optionsFor(url, { signal: controller.signal }));
    return Promise.all([
      assertRejects(() => connecting, InconclusiveError, "ended"),
      when(() => controller.abort(reason)),
    ]);
  };
  await using peer = await startPeer();
  const before = AbortSignal.abort(reason);
  await assertRejects(
    () => connectWebSocket(optionsFor(peer.url, { signal: before })),
    InconclusiveError,
    "ended",
  );
  await abort((now) => Promise.resolve(now()), peer.url);
  await abort(async (now) => {
    const connection = await peer.next();
    await connection.received("\r\n\r\n");
    now();
    await connection.ended;
  }, peer.url);
  // TLS that is never answered.
  await abort(async (now) => {
    await peer.next();
    now();
  }, new URL(`wss://127.0.0.1:${peer.port}`));
});

Deno.test("waiting ends with the message, the time, the end, or the signal", async () => {
  const clock = new ManualClock();
  await using server = startWebSocketServer(echo);
  await using client = await connectWebSocket(optionsFor(server.url, { clock }));
  await client.send("a");
  assertEquals((await client.waitFor(({ data }) => data === "a", { withinMs: 1 }))?.data, "a");
  // What came already counts, unless it is before `from`.
  assertEquals((await client.waitFor(({ data }) => data === "a", { withinMs: 1 }))?.data, "a");
  const second = client.waitFor(() => true, { from: 1, withinMs: 1_000 });
  await client.send("b");
  assertEquals((await second)?.data, "b");
  const fourth = client.waitFor(() => true, { from: 3, withinMs: 1_000 });
  await client.send("c");
  await client.send("d");
  assertEquals((await fourth)?.data, "d");
  const late = client.waitFor(() => true, { from: 4, withinMs: 1_000 });
  await clock.advance(1_000);
  assertEquals(await late, undefined);
  const abort = new AbortController();
  const waiting = client.waitFor(() => true, { from: 4, withinMs: 9, signal: abort.signal });
  abort.abort(new InconclusiveError("ended"));
  await assertRejects(() => waiting, InconclusiveError, "ended");
  const unheard = client.waitFor(() => true, { from: 4, withinMs: 9 });
  client.vanish();
  assertEquals(await unheard, undefined);
  assertEquals(await client.waitFor(() => true, { from: 4, withinMs: 9 }), undefined);
  assertEquals(clock.pending, 0);
});

Deno.test("the timeline has the handshake, what was sent and received, and the end", async () => {
  await using server = startWebSocketServer(echo);
  const timeline = new Timeline(realClock);
  await using client = await connectWebSocket(
    optionsFor(server.url, { timeline, lane: "client-1" }),
  );
  await client.send('{"type":"ping"}');
  await client.waitFor(() => true, { withinMs: 5_000 });
  await client.send(new Uint8Array(3));
  await client.waitFor(() => true, { from: 1, withinMs: 5_000 });
  await client.close(1000, "done");
  assertEquals(timeline.events().map(({ lane, event, detail }) => [lane, event, detail]), [
    ["client-1", "handshake", { status: 101 }],
    ["client-1", "sent", { type: "ping", bytes: 15 }],
    ["client-1", "received", { type: "ping", bytes: 15 }],
    ["client-1", "sent", { type: "binary", bytes: 3 }],
    ["client-1", "received", { type: "binary", bytes: 3 }],
    ["client-1", "closed", { code: 1000, reason: "done" }],
  ]);
});

Deno.test("messages need not be kept", async () => {
  await using server = startWebSocketServer(echo);
  const came: unknown[] = [];
  await using client = await connectWebSocket(
    optionsFor(server.url, { keep: false, onReceived: ({ data }) => came.push(data) }),
  );
  const heard = client.waitFor(({ data }) => data === "b", { withinMs: 5_000 });
  await client.send("a");
  await client.send("b");
  assertEquals((await heard)?.data, "b");
  assertEquals([came, client.received], [["a", "b"], []]);
});

Deno.test("a thousand clients talk at once, and leave nothing", async () => {
  await using server = startWebSocketServer(echo);
  await using scope = new AsyncDisposableStack();
  const clients = await Promise.all(
    Array.from(
      { length: 1_000 },
      async () =>
        scope.use(await connectWebSocket(optionsFor(server.url, { handshakeTimeoutMs: 60_000 }))),
    ),
  );
  const answers = await Promise.all(clients.map(async (client, at) => {
    await client.send(String(at));
    return (await client.waitFor(() => true, { withinMs: 60_000 }))?.data;
  }));
  assertEquals(answers, clients.map((_, at) => String(at)));
});
