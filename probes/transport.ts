// One TCP or TLS connection to a server, and the ways in which a client can leave it.

import net from "node:net";
import tls from "node:tls";
import { type Clock, realClock } from "../lab/clock.ts";
import { describeError } from "./connect_error.ts";
import { ExchangeError, type ExchangeErrorCode } from "./exchange.ts";
import { GatedStream } from "./gated_stream.ts";

/** What it takes to connect. */
export interface ConnectOptions {
  /** `http:` or `https:`; its host and port are connected to, its path is not used. */
  url: URL;
  /** Gives every time that the probe reports. */
  clock: Clock;
  /** Accept any certificate. Default `false`. */
  insecure?: boolean | undefined;
  /** Ends the connection, at any time, when it aborts. */
  signal?: AbortSignal | undefined;
  /**
   * How long setting up TCP and TLS may take, in milliseconds of the wall clock (a handshake does
   * not get faster at a higher pace). Default 10,000.
   */
  connectTimeoutMs?: number | undefined;
}

/** How a connection ended, from the client's point of view. */
export interface ConnectionEnd {
  /** When, in milliseconds of the probe's clock. */
  atMs: number;
  /**
   * `fin`: the server closed its direction; `reset`: it sent RST (or the kernel said that the
   * connection is dead); `local`: this side closed before the server did.
   */
  how: "fin" | "reset" | "local";
}

/** What a {@linkcode Transport} tells its protocol. */
export interface TransportEvents {
  /** Bytes came; absent when the protocol reads the socket by itself. */
  data?: (bytes: Uint8Array, atMs: number) => void;
  /** The connection ended; `error` is what exchanges under way fail with. */
  ended: (end: ConnectionEnd, error: ExchangeError) => void;
}

/** How long written bytes get to leave on `close()`, in milliseconds of the wall clock. */
const FLUSH_MS = 250;

/** One connection: TCP, or TLS over it. Disposing of it destroys it at once, also twice. */
export class Transport implements Disposable {
  /** What a protocol writes to and reads from: the TCP socket, or the TLS socket over it. */
  readonly socket: net.Socket;
  /** `host:port` as given. */
  readonly peer: string;
  /** The client's port. */
  readonly localPort: number;
  /** The server's port. */
  readonly remotePort: number;
  /** When and how the connection ended. It never rejects. */
  readonly closed: Promise<ConnectionEnd>;

  readonly #raw: net.Socket;
  readonly #gate: GatedStream | null;
  readonly #clock: Clock;
  readonly #closed = Promise.withResolvers<ConnectionEnd>();
  #events: TransportEvents | null = null;
  #ended: [ConnectionEnd, ExchangeError] | null = null;

  private constructor(
    raw: net.Socket,
    secure: { gate: GatedStream; socket: net.Socket } | null,
    { url, clock, signal }: ConnectOptions,
  ) {
    this.#raw = raw;
    this.#gate = secure?.gate ?? null;
    this.#clock = clock;
    this.socket = secure?.socket ?? raw;
    this.peer = url.host;
    this.localPort = raw.localPort ?? 0;
    this.remotePort = raw.remotePort ?? 0;
    this.closed = this.#closed.promise;
    const onAbort = () => this.#leave("the signal of this side aborted", () => raw.destroy());
    signal?.addEventListener("abort", onAbort, { once: true });
    const tried = `Cannot go on with ${this.peer}`;
    const onError = (error: unknown) => {
      this.#end("reset", describeError(tried, error, { atMs: clock.now(), host: url.host }));
      raw.destroy();
    };
    raw.on("error", onError);
    raw.on("close", () => {
      signal?.removeEventListener("abort", onAbort);
      this.#end("reset", this.#error("reset", `${tried}: the connection is gone`));
      secure?.socket.destroy();
      secure?.gate.destroy();
    });
    secure?.socket.on("error", onError);
    secure?.gate.on("error", onError);
    this.socket.on("end", () => this.#end("fin", this.#error("closed-early", `${tried}: ${FIN}`)));
  }

  /**
   * Connects. Rejects with an {@linkcode ExchangeError} whose message names the address.
   *
   * @param alpn The protocols offered over TLS, such as `["http/1.1"]`.
   */
  static connect(options: ConnectOptions, alpn: readonly string[]): Promise<Transport> {
    const { url, clock, signal, connectTimeoutMs = 10_000 } = options;
    const secure = url.protocol === "https:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = Number(url.port) || (secure ? 443 : 80);
    const failure = (code: ExchangeErrorCode, why: string) =>
      new ExchangeError(code, `Cannot connect to ${url.host}: ${why}`, clock.now());
    if (!secure && url.protocol !== "http:") {
      const why = `received ${url.protocol}, expected http: or https:`;
      return Promise.reject(failure("unsupported", why));
    }
    if (signal?.aborted) return Promise.reject(failure("aborted", ABORTED));
    return new Promise((resolve, reject) => {
      const raw = new net.Socket({ allowHalfOpen: true });
      let handshake = false;
      let socket = raw;
      const settle = () => {
        cancelTimer();
        signal?.removeEventListener("abort", onAbort);
        for (const each of [raw, socket]) each.off("error", fail).off("close", onClose);
      };
      const fail = (error: unknown) => {
        settle();
        for (const each of [raw, socket]) each.on("error", () => {}).destroy();
        const context = { atMs: clock.now(), host: `${host}:${port}`, handshake };
        reject(describeError(`Cannot connect to ${url.host}`, error, context));
      };
      const onAbort = () => fail(failure("aborted", ABORTED));
      const onClose = () => fail(failure(secure ? "tls" : "closed-early", FIN));
      const cancelTimer = realClock.setTimeout(() => {
        const what = handshake ? "TLS handshake" : "answer";
        fail(failure("timeout", `no ${what} within ${connectTimeoutMs} ms`));
      }, connectTimeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      raw.once("error", fail).once("close", onClose);
      raw.once("connect", () => {
        raw.setNoDelay(true);
        if (!secure) {
          settle();
          return resolve(new Transport(raw, null, options));
        }
        handshake = true;
        const gate = new GatedStream(raw);
        const tlsOptions: tls.ConnectionOptions & { allowHalfOpen: boolean } = {
          socket: gate,
          allowHalfOpen: true,
          rejectUnauthorized: options.insecure !== true,
          ALPNProtocols: [...alpn],
          ...(net.isIP(host) === 0 ? { servername: host } : { host }),
        };
        socket = tls.connect(tlsOptions);
        socket.once("error", fail);
        gate.once("end", onClose);
        socket.once("secureConnect", () => {
          gate.off("end", onClose);
          settle();
          resolve(new Transport(raw, { gate, socket }, options));
        });
      });
      try {
        raw.connect({ host, port });
      } catch (error) {
        fail(error);
      }
    });
  }

  /** The ALPN protocol that TLS settled on, or `null`. */
  get alpnProtocol(): string | null {
    return this.socket instanceof tls.TLSSocket ? this.socket.alpnProtocol || null : null;
  }

  /** Says who is told of bytes and of the end; reading starts here. */
  attach(events: TransportEvents): void {
    this.#events = events;
    const { data } = events;
    if (data !== undefined) {
      this.socket.on("data", (bytes: Uint8Array) => data(bytes, this.#clock.now()));
    }
    if (this.#ended !== null) events.ended(...this.#ended);
  }

  /** Stops (`true`) or goes on (`false`) reading from the kernel; its buffers then fill up. */
  hold(held: boolean): void {
    if (this.#gate !== null) this.#gate.held = held;
    if (held) this.socket.pause();
    else this.socket.resume();
  }

  /** Sends FIN (over TLS `close_notify`, then FIN) and goes on reading. Returns when. */
  halfClose(): number {
    const atMs = this.#clock.now();
    // Over a stream of ours TLS sends its close_notify and leaves the FIN to us (Deno 2.9.6).
    this.socket.end(() => void this.#gate?.end());
    return atMs;
  }

  /**
   * Closes both directions; the server sees FIN. Where bytes of the server's are still unread in
   * the kernel, or come later, the kernel answers them with RST (RFC 2525, 2.17). Returns when.
   */
  close(): number {
    return this.#leave("this side closed the connection", () => {
      const destroy = () => void this.#raw.destroy();
      if (this.#gate === null && this.socket.writableLength === 0) return destroy();
      // What is still to be written (over TLS: close_notify) gets a moment to leave.
      const cancel = realClock.setTimeout(destroy, FLUSH_MS);
      this.#raw.once("close", cancel);
      this.#raw.once("finish", destroy);
      this.socket.end(() => void this.#gate?.end());
    });
  }

  /** Sends RST. Returns when. */
  reset(): number {
    return this.#leave("this side reset the connection", () => void this.#raw.resetAndDestroy());
  }

  /** Destroys the connection at once. */
  [Symbol.dispose](): void {
    this.#leave("this side let go of the connection", () => void this.#raw.destroy());
  }

  #error(code: ExchangeErrorCode, message: string): ExchangeError {
    return new ExchangeError(code, message, this.#clock.now());
  }

  #leave(why: string, how: () => void): number {
    const atMs = this.#clock.now();
    if (!this.#raw.destroyed) how();
    this.#end("local", this.#error("aborted", `Cannot go on with ${this.peer}: ${why}`), atMs);
    return atMs;
  }

  #end(how: ConnectionEnd["how"], error: ExchangeError, atMs = this.#clock.now()): void {
    if (this.#ended !== null) return;
    this.#ended = [{ atMs, how }, error];
    this.#closed.resolve({ atMs, how });
    this.#events?.ended(...this.#ended);
  }
}

const FIN = "the server closed the connection";
const ABORTED = "the signal of this side aborted";
