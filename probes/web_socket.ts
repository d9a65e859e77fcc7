// A WebSocket client that keeps everything it was sent, with times: what dialogues are made of.

import { type Clock, realClock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import type { Access } from "../lab/scenario.ts";
import type { Timeline } from "../lab/timeline.ts";
import { ExchangeError } from "./exchange.ts";
import { Transport } from "./transport.ts";
import { OpenWebSocket } from "./web_socket_connection.ts";
import { shakeHands } from "./web_socket_handshake.ts";

/** One message that came, in the order in which they came. */
export interface Received {
  /** What came: text, or bytes. */
  data: string | Uint8Array;
  /** When, as the clock has it. */
  atMs: number;
}

/** How a connection ended. */
export interface Closed {
  /** The close code; 1005 when the frame had none, 1006 when there was no close frame. */
  code: number;
  /** The reason, as sent. */
  reason: string;
  /** When the other side's close frame came, or without one when the connection ended, as the clock has it. */
  atMs: number;
  /** Why there was no close frame: a reset, say, or bytes that are no frame; absent with a frame. */
  why?: string;
}

/** How to connect. */
export interface WebSocketOptions {
  /** The way to the target; http and https stand for ws and wss. */
  access: Access;
  /** Below the access's own path, with its query: `/websocket?object=a`. */
  path: string;
  /** The time. */
  clock: Clock;
  /** Ends the handshake, or the connection, when it aborts. */
  signal: AbortSignal;
  /** How long connecting and the handshake may take together, in milliseconds of the wall clock. */
  handshakeTimeoutMs: number;
  /**
   * How long the other side may take to answer a close frame, in milliseconds of the wall clock. Default:
   * 2 000.
   */
  closeTimeoutMs?: number;
  /** Where what happens is written down, and under which name. */
  timeline?: Timeline;
  lane?: string;
  /** Called with each message as it comes, after it was added to `received`. */
  onReceived?: (received: Received) => void;
  /** Whether messages are kept in `received`. Default `true`; not for a session without an end. */
  keep?: boolean;
}

/** An open WebSocket. Disposing of it destroys the connection, without a close frame. */
export interface WebSocketClient extends AsyncDisposable {
  /** All that came so far. */
  readonly received: readonly Received[];
  /** How it ended, once it has. */
  readonly closed: Closed | undefined;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<Closed>;
  /** The status and headers of the handshake's answer. */
  readonly handshake: { status: number; headers: Readonly<Record<string, string>> };
  /**
   * Sends a message. Resolves when it was handed to the kernel; rejects with an `InconclusiveError`
   * when the connection has ended, or ends before that.
   */
  send(data: string | Uint8Array): Promise<void>;
  /**
   * Starts a close handshake. Resolves when the connection has ended; one whose other side does not
   * answer is given up after `closeTimeoutMs`.
   */
  close(code?: number, reason?: string): Promise<Closed>;
  /** Vanishes: a TCP reset, without a close frame. */
  vanish(): void;
  /**
   * Resolves with the first message from index `from` on that the predicate takes, or undefined when
   * none came within `withinMs` or the connection ended before.
   */
  waitFor(
    predicate: (received: Received) => boolean,
    options: { from?: number; withinMs: number; signal?: AbortSignal },
  ): Promise<Received | undefined>;
}

/**
 * Opens a WebSocket (RFC 6455) without extensions.
 *
 * @throws {InconclusiveError} when the target cannot be reached, does not speak WebSocket there, or
 * refuses the handshake: the message says which, with status and address. Its cause is an
 * `ExchangeError` where nothing was asked yet.
 */
export async function connectWebSocket(options: WebSocketOptions): Promise<WebSocketClient> {
  const { access, path, clock, signal, handshakeTimeoutMs } = options;
  signal.throwIfAborted();
  const deadlineMs = realClock.now() + handshakeTimeoutMs;
  const target = httpUrl(access.url);
  const prefix = target.pathname.replace(/\/$/, "");
  const url = new URL(prefix + (path.startsWith("/") ? path : `/${path}`), target);
  let transport: Transport;
  try {
    transport = await Transport.connect({
      url: target,
      clock,
      signal,
      insecure: access.insecure,
      connectTimeoutMs: handshakeTimeoutMs,
    }, ["http/1.1"]);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof ExchangeError
      ? new InconclusiveError(error.message, { cause: error })
      : error;
  }
  try {
    const opened = await shakeHands(transport, {
      url,
      headers: { Host: access.host ?? target.host, "User-Agent": "edge-repro", ...access.headers },
      timeoutMs: Math.max(1, deadlineMs - realClock.now()),
      closeTimeoutMs: options.closeTimeoutMs,
      // In the same turn as the handshake: messages can come right behind it.
      onOpen: (socket, handshake) => new OpenWebSocket(socket, transport, handshake, options),
    });
    return opened;
  } catch (error) {
    transport[Symbol.dispose]();
    signal.throwIfAborted();
    throw error;
  }
}

/** `ws:` as `http:`, `wss:` as `https:`, and anything else as it is. */
function httpUrl(url: URL): URL {
  const http = new URL(url);
  if (/^wss?:$/.test(url.protocol)) http.protocol = url.protocol.replace("ws", "http");
  return http;
}
