// One TCP or TLS connection to a server, and the ways in which a client can leave it.

import net from "node:net";
import tls from "node:tls";
import { type Clock, realClock } from "../lab/clock.ts";
import { ExchangeError, type ExchangeErrorCode } from "./exchange.ts";

/** What it takes to connect. */
export interface ConnectOptions {
  /** `http:` or `https:`; its host and port are connected to, its path is not used. */
  url: URL;
  /** Gives every time that the probe reports. */
  clock: Clock;
  /** Accept any certificate. Default `false`. */
  insecure?: boolean;
  /** Ends the connection, at any time, when it aborts. */
  signal?: AbortSignal;
  /**
   * How long setting up TCP and TLS may take, in milliseconds of the wall clock (a handshake does
   * not get faster at a higher pace). Default 10,000.
   */
  connectTimeoutMs?: number;
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
  data?(bytes: Uint8Array, atMs: number): void;
  /** The connection ended; `error` is what exchanges under way fail with. */
  ended(end: ConnectionEnd, error: ExchangeError): void;
}

const CODES: Readonly<Record<string, readonly [ExchangeErrorCode, string]>> = {
  ECONNREFUSED: ["refused", "the connection was refused, expected a server listening there"],
  ECONNRESET: ["reset", "the server reset the connection"],
  EPIPE: ["reset", "the server reset the connection"],
  ENOTFOUND: ["unreachable", "the name does not resolve"],
  EAI_AGAIN: ["unreachable", "the name does not resolve just now"],
  EHOSTUNREACH: ["unreachable", "there is no route to the host"],
  ENETUNREACH: ["unreachable", "there is no route to the network"],
  EADDRNOTAVAIL: ["unreachable", "no local port is free, or the address is not usable here"],
  ETIMEDOUT: ["timeout", "the connection timed out"],
  EMFILE: ["too-many-files", "this process has reached its limit of open files (ulimit -n)"],
  ENFILE: ["too-many-files", "the system has reached its limit of open files"],
};

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? text;
}

/** The system's error as an {@linkcode ExchangeError} that begins with what was tried. */
export function describeError(
  tried: string,
  error: unknown,
  context: { atMs: number; host: string; tls: boolean },
): ExchangeError {
  if (error instanceof ExchangeError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = CODES[code];
  const make = (code: ExchangeErrorCode, why: string) =>
    new ExchangeError(code, `${tried}: ${why}`, context.atMs, error);
  if (known !== undefined) return make(...known);
  if (error instanceof Deno.errors.NotCapable || code === "EPERM" || code === "EACCES") {
    return make("not-permitted", `the address is not permitted, allow it with ${flagFor(context)}`);
  }
  if (/too many open files/i.test(oneLine(error))) {
    return make(...CODES.EMFILE as ["failed", string]);
  }
  return make(context.tls ? "tls" : "failed", oneLine(error));
}

function flagFor({ host }: { host: string }): string {
  return `--allow-net=${host}`;
}

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
  readonly #clock: Clock;
  readonly #closed = Promise.withResolvers<ConnectionEnd>();
  readonly #cleanUp: () => void;
  #events: TransportEvents | null = null;
  #ended: [ConnectionEnd, ExchangeError] | null = null;

  private constructor(
    raw: net.Socket,
    socket: net.Socket,
    { url, clock, signal }: ConnectOptions,
  ) {
    this.#raw = raw;
    this.#clock = clock;
    this.socket = socket;
    this.peer = url.host;
    this.localPort = raw.localPort ?? 0;
    this.remotePort = raw.remotePort ?? 0;
    this.closed = this.#closed.promise;
    const onAbort = () => this.#leave("the signal of this side aborted", () => raw.destroy());
    this.#cleanUp = () => signal?.removeEventListener("abort", onAbort);
    signal?.addEventListener("abort", onAbort, { once: true });
    const tried = `Cannot go on with ${this.peer}`;
    const onError = (error: unknown) => {
      const context = { atMs: clock.now(), host: url.host, tls: false };
      this.#end("reset", describeError(tried, error, context));
      raw.destroy();
    };
    raw.on("error", onError);
    socket.on("error", onError);
    socket.on("end", () => this.#end("fin", this.#error("closed-early", `${tried}: ${FIN}`)));
    socket.on("close", () => onError({ message: "closed", code: "ECONNRESET" }));
    raw.on("close", () => {
      this.#cleanUp();
      socket.destroy();
    });
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
    const tried = `Cannot connect to ${url.host}`;
    return new Promise((resolve, reject) => {
      const failure = (code: ExchangeErrorCode, why: string) =>
        new ExchangeError(code, `${tried}: ${why}`, clock.now());
      if (!secure && url.protocol !== "http:") {
        return reject(failure("unsupported", `received ${url.protocol}, expected http: or https:`));
      }
      if (signal?.aborted) return reject(failure("aborted", "the signal of this side aborted"));
      let raw: net.Socket;
      let handshake = false;
      const fail = (error: unknown) => {
        settle();
        raw?.on("error", () => {});
        raw?.destroy();
        const context = { atMs: clock.now(), host: url.host, tls: handshake };
        reject(describeError(tried, error, context));
      };
      const onAbort = () => fail(failure("aborted", "the signal of this side aborted"));
      const onClose = () => fail(failure(secure ? "tls" : "closed-early", FIN));
      const cancelTimer = realClock.setTimeout(() => {
        const waiting = handshake ? "the TLS handshake" : "an answer";
        fail(failure("timeout", `waited ${connectTimeoutMs} ms for ${waiting}`));
      }, connectTimeoutMs);
      const settle = () => {
        cancelTimer();
        signal?.removeEventListener("abort", onAbort);
        raw?.off("error", fail).off("close", onClose);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        raw = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
      } catch (error) {
        return fail(error);
      }
      const ready = (socket: net.Socket) => {
        settle();
        resolve(new Transport(raw, socket, options));
      };
      raw.once("error", fail).once("close", onClose);
      raw.once("connect", () => {
        if (!secure) return ready(raw);
        handshake = true;
        // TLS over a socket of our own: `resetAndDestroy()` of a TLS socket that opened its own
        // TCP connection sends FIN instead of RST (Deno 2.9.6).
        const socket = tls.connect({
          socket: raw,
          allowHalfOpen: true,
          rejectUnauthorized: options.insecure !== true,
          ALPNProtocols: [...alpn],
          ...(net.isIP(host) === 0 ? { servername: host } : { host }),
        } as unknown as tls.ConnectionOptions);
        socket.once("error", fail);
        socket.once("secureConnect", () => {
          socket.off("error", fail);
          ready(socket);
        });
      });
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
      this.socket.on("data", (bytes: Uint8Array) => data.call(events, bytes, this.#clock.now()));
    }
    if (this.#ended !== null) events.ended(...this.#ended);
  }

  /** Sends FIN (over TLS `close_notify` and FIN) and goes on reading. Returns when. */
  halfClose(): number {
    const atMs = this.#clock.now();
    this.socket.end();
    return atMs;
  }

  /**
   * Closes both directions; the server sees FIN. Where bytes of the server's are still unread in
   * the kernel, or come later, the kernel answers them with RST (RFC 9293, 3.10.7.1; RFC 2525,
   * 2.17). Returns when.
   */
  close(): number {
    return this.#leave("this side closed the connection", () => {
      const destroy = () => this.#raw.destroy();
      if (this.socket === this.#raw && this.socket.writableLength === 0) return destroy();
      // What is still to be written (over TLS: close_notify) gets a moment to leave.
      const cancel = realClock.setTimeout(destroy, 250);
      this.#raw.once("close", cancel);
      this.socket.end(destroy);
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
    how();
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
