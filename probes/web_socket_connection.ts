// An open WebSocket: keeps what comes, waits for it, sends, and knows how it ended.

import { Buffer } from "node:buffer";
import { InconclusiveError } from "../lab/errors.ts";
import { oneLine } from "./connect_error.ts";
import type { Transport } from "./transport.ts";
import type { Closed, Received, WebSocketClient, WebSocketOptions } from "./web_socket.ts";
import type { HandshakeAnswer } from "./web_socket_handshake.ts";
import type { WebSocket } from "./web_socket_library.ts";

/** The close code that stands for a connection that ended without a close frame (RFC 6455 7.4.1). */
const NO_CLOSE_FRAME = 1006;

/** Longer texts are not looked into for the timeline. In characters. */
const LONGEST_READ = 64 * 1024;

/** The client's end of an open WebSocket. */
export class OpenWebSocket implements WebSocketClient {
  /** {@inheritDoc WebSocketClient.handshake} */
  readonly handshake: HandshakeAnswer;
  /** {@inheritDoc WebSocketClient.ended} */
  readonly ended: Promise<Closed>;

  readonly #socket: WebSocket;
  readonly #transport: Transport;
  readonly #options: WebSocketOptions;
  readonly #received: Received[] = [];
  readonly #watchers = new Set<(received: Received | undefined) => void>();
  readonly #ended = Promise.withResolvers<Closed>();
  #count = 0;
  #lastBytesMs: number;
  #closed: Closed | undefined;
  #why: string | undefined;

  /**
   * Begins to listen.
   *
   * @param socket Open, and nothing was read from it yet.
   * @param transport What it goes over.
   */
  constructor(
    socket: WebSocket,
    transport: Transport,
    handshake: HandshakeAnswer,
    options: WebSocketOptions,
  ) {
    this.#socket = socket;
    this.#transport = transport;
    this.#options = options;
    this.handshake = handshake;
    this.ended = this.#ended.promise;
    this.#lastBytesMs = options.clock.now();
    this.#note("handshake", { status: handshake.status });
    socket.on("message", (data, isBinary) => this.#take(bytesOf(data), isBinary));
    // Protocol errors: the library closes the connection by itself.
    socket.on("error", (error) => this.#why ??= `what came is no WebSocket: ${oneLine(error)}`);
    socket.on("close", (code, reason) => this.#end(code, reason.toString()));
    transport.socket.on("data", () => this.#lastBytesMs = options.clock.now());
    transport.attach({
      ended: ({ how }) => {
        this.#why ??= WHY[how];
        // Over TLS the library's own end would leave the socket below half open.
        if (how === "fin") socket.once("close", () => transport[Symbol.dispose]());
      },
    });
  }

  /** {@inheritDoc WebSocketClient.received} */
  get received(): readonly Received[] {
    return this.#received;
  }

  /** {@inheritDoc WebSocketClient.closed} */
  get closed(): Closed | undefined {
    return this.#closed;
  }

  /** {@inheritDoc WebSocketClient.send} */
  async send(data: string | Uint8Array): Promise<void> {
    this.#note("sent", () => describe(data));
    const taken = Promise.withResolvers<void>();
    this.#socket.send(data, { binary: typeof data !== "string", compress: false }, (error) => {
      if (error) taken.reject(this.#cannotSend());
      else taken.resolve();
    });
    // What is waiting to be written when the connection is destroyed is not told of.
    const ended = this.ended.then(() => Promise.reject(this.#cannotSend()));
    await Promise.race([taken.promise, ended]);
  }

  /** {@inheritDoc WebSocketClient.close} */
  close(code = 1000, reason = ""): Promise<Closed> {
    this.#socket.close(code, reason);
    return this.ended;
  }

  /** {@inheritDoc WebSocketClient.vanish} */
  vanish(): void {
    this.#transport.reset();
  }

  /** {@inheritDoc WebSocketClient.waitFor} */
  waitFor(
    predicate: (received: Received) => boolean,
    { from = 0, withinMs, signal }: { from?: number; withinMs: number; signal?: AbortSignal },
  ): Promise<Received | undefined> {
    const there = this.#received.slice(from).find(predicate);
    if (there !== undefined || this.#closed !== undefined) return Promise.resolve(there);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const settle = () => {
        cancelTimer();
        signal?.removeEventListener("abort", onAbort);
        this.#watchers.delete(watch);
      };
      const onAbort = () => {
        settle();
        reject(signal?.reason);
      };
      // Messages before `from` have not come yet: they are counted, not looked at.
      const watch = (received: Received | undefined) => {
        if (received !== undefined && (this.#count <= from || !predicate(received))) {
          return;
        }
        settle();
        resolve(received);
      };
      const cancelTimer = this.#options.clock.setTimeout(() => watch(undefined), withinMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#watchers.add(watch);
    });
  }

  /** Destroys the connection at once; resolves when it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
    this.#transport[Symbol.dispose]();
    await this.ended;
  }

  #take(bytes: Buffer, isBinary: boolean): void {
    // A copy: the library's is a view of a larger buffer, which would be kept with it.
    const data = isBinary ? new Uint8Array(bytes) : bytes.toString();
    const received = { data, atMs: this.#options.clock.now() };
    this.#note("received", () => describe(data), received.atMs);
    this.#count++;
    if (this.#options.keep !== false) this.#received.push(received);
    this.#options.onReceived?.(received);
    for (const watch of [...this.#watchers]) watch(received);
  }

  #end(code: number, reason: string): void {
    const why = code === NO_CLOSE_FRAME ? this.#why ?? WHY.reset : undefined;
    // Nothing follows a close frame, but some servers leave the connection below open for seconds.
    const atMs = code === NO_CLOSE_FRAME ? this.#options.clock.now() : this.#lastBytesMs;
    this.#closed = { code, reason, atMs, ...(why !== undefined && { why }) };
    this.#note("closed", { code, reason, ...(why !== undefined && { why }) }, atMs);
    this.#ended.resolve(this.#closed);
    for (const watch of [...this.#watchers]) watch(undefined);
  }

  #cannotSend(): InconclusiveError {
    const how = this.#closed === undefined ? "is closing" : `has ended with ${this.#closed.code}`;
    return new InconclusiveError(
      `Cannot send to ${this.#transport.peer}: the connection ${how}, expected it open`,
    );
  }

  #note(event: string, detail: Detail | (() => Detail), atMs?: number): void {
    const { timeline, lane = "client" } = this.#options;
    timeline?.add(lane, event, typeof detail === "function" ? detail() : detail, atMs);
  }
}

type Detail = Record<string, string | number>;

/** What ended a connection that had no close frame. */
const WHY = {
  fin: "the server closed the connection",
  reset: "the server reset the connection",
  local: "this side ended the connection",
} as const;

function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

/** What the timeline says of a message: the type that its JSON names, and its size. */
function describe(data: string | Uint8Array): Detail {
  const bytes = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
  return { type: typeOf(data), bytes };
}

function typeOf(data: string | Uint8Array): string {
  if (typeof data !== "string") return "binary";
  if (data.length > LONGEST_READ || !data.startsWith("{")) return "text";
  try {
    const { type } = JSON.parse(data);
    return typeof type === "string" && type.length <= 40 ? type : "text";
  } catch {
    return "text";
  }
}
