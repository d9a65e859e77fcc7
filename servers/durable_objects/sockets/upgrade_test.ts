import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import type { Connection } from "./connection.ts";
import { HibernatableSockets } from "./hibernatable_sockets.ts";
import { TestingOwner } from "./testing_owner.ts";
import { closePayload, type RawSocket, rawWebSocket } from "./testing_raw_socket.ts";
import { upgrade, type UpgradeOptions } from "./upgrade.ts";
import type { WebSocketEnd } from "./web_socket.ts";
import { WebSocketPair } from "./web_socket_pair.ts";

interface TestServer extends AsyncDisposable {
  port: number;
  owner: TestingOwner;
  sockets: HibernatableSockets;
  /** Resolves when the owner has heard so many things. */
  heard(count: number): Promise<unknown[][]>;
}

/** A server whose sockets are accepted with hibernation, or as `accept` does. */
function serve(
  { accept, response = new Response(null), gate, ...options }: UpgradeOptions & {
    accept?: (server: WebSocketEnd, sockets: HibernatableSockets) => void;
    response?: Response;
    gate?: (request: Request) => Promise<void>;
  } = {},
): TestServer {
  const listeners = new Set<() => void>();
  const changed = () => listeners.forEach((listener) => listener());
  class Owner extends TestingOwner {
    override message(connection: Connection, data: string | ArrayBuffer): void {
      super.message(connection, data);
      changed();
    }
    override closed(connection: Connection, code: number, reason: string, wasClean: boolean) {
      const handled = super.closed(connection, code, reason, wasClean);
      changed();
      return handled;
    }
    override errored(connection: Connection, error: Error): void {
      super.errored(connection, error);
      changed();
    }
  }
  const owner = new Owner();
  owner.listening = false;
  const sockets = new HibernatableSockets(owner);
  const stop = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen() {} },
    async (request) => {
      await gate?.(request);
      const pair = new WebSocketPair();
      if (accept === undefined) sockets.accept(pair[1]);
      else accept(pair[1], sockets);
      return upgrade(request, pair[0], response, options);
    },
  );
  return {
    port: server.addr.port,
    owner,
    sockets,
    heard(count) {
      return new Promise((resolve) => {
        const look = () => {
          if (owner.heard.length < count) return;
          listeners.delete(look);
          resolve(owner.heard);
        };
        listeners.add(look);
        look();
      });
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
    },
  };
}

/** A browser-like client, open. */
async function open(port: number, protocols?: string | string[]) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, protocols);
  socket.binaryType = "arraybuffer";
  const received: unknown[] = [];
  const waiting = new Set<() => void>();
  socket.onmessage = (event) => {
    received.push(event.data);
    waiting.forEach((look) => look());
  };
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  socket.onerror = (event) => event.preventDefault();
  await new Promise<void>((resolve) => {
    socket.onopen = () => resolve();
    closed.then(() => resolve());
  });
  const until = (count: number) =>
    new Promise<unknown[]>((resolve) => {
      const look = () => {
        if (received.length >= count) resolve(received);
      };
      waiting.add(look);
      look();
    });
  return { socket, closed, until };
}

Deno.test("what is sent before the handshake is done arrives first, then echoes in order", async () => {
  await using server = serve({
    accept(ws, sockets) {
      sockets.accept(ws);
      ws.send("welcome");
    },
  });
  server.owner.onMessage = (connection, data) => connection.socket().send(data);
  const { socket, closed, until } = await open(server.port);
  for (let n = 0; n < 100; n++) socket.send(`${n}`);
  socket.send(new Uint8Array([1, 2, 3]));
  const received = await until(102);
  assertEquals(received, [
    "welcome",
    ...Array.from({ length: 100 }, (_, n) => `${n}`),
    new Uint8Array([1, 2, 3]).buffer,
  ]);
  socket.close(1000);
  await closed;
  await server.heard(102);
});

Deno.test("frames that come in one packet with the handshake are heard", async () => {
  await using server = serve();
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(
    "GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
      "\x81\x80\0\0\0\0\x81\x82\0\0\0\0hi",
    "latin1",
  );
  assertEquals(await server.heard(2), [["message", 1, ""], ["message", 1, "hi"]]);
  socket.destroy();
  await server.heard(3);
});

Deno.test("a close before the handshake is done is carried out after it", async () => {
  await using server = serve({
    accept(ws, sockets) {
      sockets.accept(ws);
      ws.send("sorry");
      ws.close(4000, "full");
    },
  });
  const { closed, until } = await open(server.port);
  const { code, reason } = await closed;
  assertEquals([await until(1), code, reason], [["sorry"], 4000, "full"]);
  assertEquals(await server.heard(1), [["closed", 1, 4000, "full", true]]);
});

for (const [code, reason] of [[1000, "bye"], [1000, ""], [3000, "x"], [4999, "é"]] as const) {
  Deno.test(`the client's close ${code} '${reason}' arrives as it is`, async () => {
    await using server = serve();
    const { socket, closed } = await open(server.port);
    socket.close(code, reason);
    await closed;
    assertEquals(await server.heard(1), [["closed", 1, code, reason, true]]);
  });

  Deno.test(`the object's close ${code} '${reason}' arrives as it is`, async () => {
    await using server = serve();
    const { closed } = await open(server.port);
    server.sockets.list()[0]?.close(code, reason);
    const event = await closed;
    assertEquals([event.code, event.reason], [code, reason]);
    assertEquals(await server.heard(1), [["closed", 1, code, reason, true]]);
  });
}

Deno.test("a close without a code is 1005 both ways", async () => {
  await using server = serve();
  const one = await open(server.port);
  one.socket.close();
  await one.closed;
  assertEquals(await server.heard(1), [["closed", 1, 1005, "", true]]);
  const other = await open(server.port);
  server.sockets.list()[0]?.close();
  assertEquals((await other.closed).code, 1005);
  assertEquals((await server.heard(2))[1], ["closed", 2, 1005, "", true]);
});

Deno.test("closeAll(1006) makes the client's connection fail", async () => {
  await using server = serve();
  using client = await rawWebSocket(server.port);
  server.sockets.closeAll(1006, "");
  assertEquals(await client.frames(1), [{ opcode: 8, payload: closePayload(1006, "") }]);
});

const VANISHED = ["closed", 1, 1006, "WebSocket disconnected without sending Close frame.", false];
const rule = (description: string, code = 1002) => [
  "errored",
  1,
  `WebSocket protocol error; protocolError.statusCode = ${code}; ` +
  `protocolError.description = ${description}`,
];
const wild: Record<string, { act: (client: RawSocket) => void; heard: unknown[] }> = {
  "FIN without a close": { act: ({ socket }) => socket.end(), heard: VANISHED },
  "RST": { act: ({ socket }) => socket.resetAndDestroy(), heard: VANISHED },
  "FIN inside of a frame": {
    act: ({ socket }) => socket.end(Buffer.from([0x81, 0xfe, 0x10])),
    heard: VANISHED,
  },
  "close 1011": {
    act: (client) => client.frame(8, closePayload(1011, "bad")),
    heard: ["closed", 1, 1011, "bad", true],
  },
  "close with a code that is not allowed": {
    act: (client) => client.frame(8, closePayload(999, "bad")),
    heard: ["closed", 1, 1002, "", true],
  },
  "close of one byte": {
    act: (client) => client.frame(8, Uint8Array.of(3)),
    heard: ["closed", 1, 1005, "", true],
  },
  "invalid UTF-8": {
    act: (client) => client.frame(1, Uint8Array.of(0xc3, 0x28)),
    heard: rule("Invalid UTF-8", 1007),
  },
  "unknown opcode": { act: (client) => client.frame(3, "x"), heard: rule("Unknown opcode") },
  "compressed": {
    act: (client) => client.frame(1, "x", { reserved: 0x40 }),
    heard: rule(
      "Received a WebSocket frame whose compression bit was set, but the compression extension " +
        "was not negotiated for this connection.",
    ),
  },
  "fragmented ping": {
    act: (client) => client.frame(9, "x", { final: false }),
    heard: rule("Received fragmented control frame"),
  },
  "continuation of nothing": {
    act: (client) => client.frame(0, "x"),
    heard: rule("Unexpected continuation frame"),
  },
  "message inside of fragments": {
    act(client) {
      client.frame(1, "a", { final: false });
      client.frame(1, "b");
    },
    heard: rule("Missing continuation frame"),
  },
  "a frame over 64 MiB": {
    act: ({ socket }) =>
      socket.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 4, 0, 0, 1, 0, 0, 0, 0])),
    heard: rule("Message is too large", 1009),
  },
};
for (const [name, { act, heard }] of Object.entries(wild)) {
  Deno.test(`a raw client, the others unharmed: ${name}`, async () => {
    await using server = serve();
    server.owner.onMessage = (connection, data) => connection.socket().send(data);
    using client = await rawWebSocket(server.port);
    act(client);
    assertEquals(await server.heard(1), [heard]);
    using other = await rawWebSocket(server.port);
    other.frame(1, "hello");
    assertEquals(Buffer.from((await other.frames(1))[0]?.payload ?? []).toString(), "hello");
    assertEquals(server.sockets.size, 1);
    other.frame(8, closePayload(1000, ""));
    await server.heard(3);
  });
}

Deno.test("fragments are joined, pings in between are answered", async () => {
  await using server = serve();
  using client = await rawWebSocket(server.port);
  client.frame(1, "ab", { final: false });
  client.frame(9, "mid");
  client.frame(0, "cd");
  assertEquals(await server.heard(1), [["message", 1, "abcd"]]);
  assertEquals(await client.frames(1), [{
    opcode: 10,
    payload: new TextEncoder().encode("mid"),
  }]);
  client.socket.destroy();
  await server.heard(2);
});

Deno.test("a message of 32 MiB is taken, one byte more is closed with 1009", async () => {
  await using server = serve();
  using client = await rawWebSocket(server.port);
  const limit = 32 * 1024 * 1024;
  client.frame(2, new Uint8Array(limit));
  const [first] = await server.heard(1);
  assert(first?.[2] instanceof ArrayBuffer && first[2].byteLength === limit);
  client.frame(1, new Uint8Array(limit + 1).fill(0x61));
  const description = `Message is too large: ${limit + 1} > ${limit}`;
  assertEquals((await server.heard(2))[1], rule(description, 1009));
  assertEquals(await client.frames(1), [{ opcode: 8, payload: closePayload(1009, description) }]);
});

Deno.test("a client that falls silent without closing is found out", async () => {
  await using server = serve({ silenceSeconds: 0.1 });
  using _silent = await rawWebSocket(server.port);
  assertEquals(await server.heard(1), [VANISHED]);
});

Deno.test("a client that answers the pings stays", async () => {
  await using server = serve({ silenceSeconds: 0.1 });
  using client = await rawWebSocket(server.port);
  for (let count = 1; count <= 3; count++) {
    assertEquals((await client.frames(count))[count - 1]?.opcode, 9);
    client.frame(10, "");
  }
  assertEquals(server.owner.heard, []);
  client.frame(8, closePayload(1000, ""));
  await server.heard(1);
});

Deno.test("a client that reads nothing is closed when too much waits for it", async () => {
  const maxBufferedBytes = 1024 * 1024;
  await using server = serve({ maxBufferedBytes });
  using client = await rawWebSocket(server.port);
  client.socket.pause();
  const [socket] = server.sockets.list();
  let sent = 0;
  const heard = server.heard(1);
  while (server.owner.heard.length === 0 && sent < 200) {
    socket?.send(new Uint8Array(256 * 1024));
    sent++;
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals(await heard, [[
    "closed",
    1,
    1013,
    `The client does not read: over ${maxBufferedBytes} bytes wait for it`,
    false,
  ]]);
});

Deno.test("the subprotocol and the headers of the answer reach the client", async () => {
  const response = new Response(null, {
    headers: [["sec-websocket-protocol", "b"], ["x-more", "1"], ["set-cookie", "a=1"], [
      "set-cookie",
      "b=2",
    ]],
  });
  await using server = serve({ response });
  const { socket, closed } = await open(server.port, ["a", "b"]);
  assertEquals(socket.protocol, "b");
  socket.close(1000);
  await closed;
  using raw = await rawWebSocket(server.port, "Sec-WebSocket-Protocol: b\r\n");
  for (const line of ["x-more: 1", "set-cookie: a=1", "set-cookie: b=2"]) {
    assertMatch(raw.head, new RegExp(`\r\n${line}\r\n`));
  }
  raw.socket.destroy();
  await server.heard(2);
});

Deno.test("what cannot be a handshake is answered in one line, and the object hears of it", async () => {
  await using server = serve();
  const answer = await fetch(`http://127.0.0.1:${server.port}/`);
  assertEquals(answer.status, 500);
  assertMatch(await answer.text(), /^Cannot open a WebSocket: .*\n$/);
  assertEquals(await server.heard(1), [VANISHED]);
});

Deno.test("a client's end that was accepted or used before is refused", async () => {
  const pair = new WebSocketPair();
  pair[0].accept();
  const request = new Request("http://a/");
  const answer = upgrade(request, pair[0], new Response(null));
  assertMatch(await answer.text(), /after calling accept\(\)/);
});

Deno.test("a client that leaves before the answer is a client that vanished", async () => {
  const arrived = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  await using server = serve({
    gate(request) {
      // As the host does: only a signal that somebody has asked for tells of what happens later.
      request.signal.addEventListener("abort", () => goOn.resolve());
      arrived.resolve();
      return goOn.promise;
    },
  });
  const client = connect(server.port, "127.0.0.1");
  client.on("error", () => {});
  client.write(
    "GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  await arrived.promise;
  client.resetAndDestroy();
  assertEquals(await server.heard(1), [VANISHED]);
});
