// For tests: small WebSocket servers, good ones and bad ones, and options to reach them with.

import { realClock } from "../lab/clock.ts";
import type { PeerConnection } from "./testing_peer.ts";
import type { WebSocketOptions } from "./web_socket.ts";

/** A server of WebSockets. */
export interface TestServer extends AsyncDisposable {
  /** Where it listens, as http or https. */
  url: URL;
  /** The sockets that it has accepted so far. */
  readonly sockets: readonly WebSocket[];
  /** Resolves with each socket's close event, in the order of closing. */
  nextClose(): Promise<{ code: number; reason: string }>;
}

/** What an accepting server does with each socket and each message. */
export interface TestServerOptions {
  /** Called when a socket is open. */
  onOpen?: (socket: WebSocket, asked: { url: URL; headers: Headers }) => void;
  /** Called with each message. */
  onMessage?: (socket: WebSocket, data: string | ArrayBuffer) => void;
  /** Answers in place of accepting. */
  refuse?: (request: Request) => Response | undefined;
  /** Serves TLS with these. */
  tls?: { cert: string; key: string };
}

/** Listens on an ephemeral port of 127.0.0.1 and accepts every WebSocket. */
export function startWebSocketServer(options: TestServerOptions = {}): TestServer {
  const sockets: WebSocket[] = [];
  const closes: { code: number; reason: string }[] = [];
  const waiting: ((close: { code: number; reason: string }) => void)[] = [];
  const gone: Promise<void>[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, ...options.tls },
    (request) => {
      const refusal = options.refuse?.(request);
      if (refusal !== undefined) return refusal;
      // The request itself is gone once it is upgraded.
      const asked = { url: new URL(request.url), headers: new Headers(request.headers) };
      const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
      socket.binaryType = "arraybuffer";
      const closed = Promise.withResolvers<void>();
      gone.push(closed.promise);
      socket.onopen = () => {
        sockets.push(socket);
        options.onOpen?.(socket, asked);
      };
      socket.onmessage = ({ data }) => options.onMessage?.(socket, data);
      socket.onerror = () => {};
      socket.onclose = ({ code, reason }) => {
        closed.resolve();
        const [first] = waiting.splice(0, 1);
        if (first) first({ code, reason });
        else closes.push({ code, reason });
      };
      return response;
    },
  );
  const url = new URL(`${options.tls ? "https" : "http"}://127.0.0.1:${server.addr.port}`);
  return {
    url,
    sockets,
    nextClose() {
      const [first] = closes.splice(0, 1);
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(gone);
      await server.shutdown();
    },
  };
}

/** Speaks as the echo object of the seed does. */
export const echoObject: Required<Pick<TestServerOptions, "onOpen" | "onMessage">> = {
  onOpen: (socket) =>
    socket.send(JSON.stringify({
      type: "welcome",
      instance: "one",
      connection: { id: "c1", tag: "all" },
      features: ["status"],
    })),
  onMessage(socket, data) {
    const answer = answerOf(String(data));
    if (answer !== undefined) socket.send(JSON.stringify(answer));
  },
};

/** The echo object's answer to a text; undefined for what it does not know. */
export function answerOf(text: string): Record<string, unknown> | undefined {
  const { type, id, content } = JSON.parse(text);
  const common = { instance: "one", timestamp: 1, ...(id !== undefined && { id }) };
  if (type === "ping") return { type: "pong", ...common };
  if (type === "heartbeat") return { type: "heartbeat_ack", ...common };
  if (type === "message") return { type: "echo", content, ...common };
  return undefined;
}

/** How a test reaches a server: no pace, five seconds for the handshake. */
export function optionsFor(url: URL, more: Partial<WebSocketOptions> = {}): WebSocketOptions {
  return {
    access: { url, headers: {}, insecure: false },
    path: "/",
    clock: realClock,
    signal: new AbortController().signal,
    handshakeTimeoutMs: 5_000,
    ...more,
  };
}

/** The answer of RFC 6455 to a handshake that a peer has received, and what is to follow it at once. */
export async function accept(
  connection: PeerConnection,
  and: Uint8Array = new Uint8Array(),
): Promise<void> {
  await connection.received("\r\n\r\n");
  const [, asked = ""] = /sec-websocket-key: (\S+)/i.exec(connection.text) ?? [];
  const bytes = new TextEncoder().encode(`${asked}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toBase64();
  const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${digest}\r\n\r\n`;
  connection.socket.write(new Uint8Array([...new TextEncoder().encode(head), ...and]));
}

/** A frame of a text of at most 125 bytes. */
export const text = (content: string): Uint8Array =>
  new Uint8Array([0x81, content.length, ...new TextEncoder().encode(content)]);
