// One request and its response as seen from the client: the times, the bytes, and the ways it fails.

/**
 * Why an exchange or its connection failed:
 *
 * - `refused`: nothing listens at the address;
 * - `unreachable`: the name does not resolve or there is no route;
 * - `timeout`: TCP and TLS were not set up within the connect timeout;
 * - `reset`: the server sent RST, or on HTTP/2 RST_STREAM;
 * - `closed-early`: the server sent FIN before the response was complete;
 * - `not-http`: the bytes received are not a response of the protocol spoken;
 * - `header-too-large`, `body-too-large`: the response is over the limits of the probe;
 * - `tls`: the handshake failed (certificate, versions, ALPN);
 * - `too-many-files`: this process or the system is out of descriptors;
 * - `aborted`: this side gave up (its signal, `close`, `reset`, `cancel` or disposal);
 * - `not-permitted`: the runtime's permissions do not allow the address;
 * - `unsupported`: the runtime cannot do what was asked;
 * - `failed`: anything else; the message has the system's own words.
 */
export type ExchangeErrorCode =
  | "refused"
  | "unreachable"
  | "timeout"
  | "reset"
  | "closed-early"
  | "not-http"
  | "header-too-large"
  | "body-too-large"
  | "tls"
  | "too-many-files"
  | "aborted"
  | "not-permitted"
  | "unsupported"
  | "failed";

/** A connection or an exchange failed; the message is one line that says what was tried. */
export class ExchangeError extends Error {
  /** The class name, for logs. */
  override readonly name = "ExchangeError";
  /** Which kind of failure, for code that decides. */
  readonly code: ExchangeErrorCode;
  /** When it was seen, in milliseconds of the probe's clock. */
  readonly atMs: number;

  /**
   * A failure of the given kind.
   *
   * @param code The kind of failure.
   * @param message One line: what was tried, what came instead.
   * @param atMs When it was seen, in milliseconds of the probe's clock.
   * @param cause The underlying error, if any.
   */
  constructor(code: ExchangeErrorCode, message: string, atMs: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.atMs = atMs;
  }
}

/** Header fields in the order and case in which they are to be sent. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A request as the probes send it. */
export interface ProbeRequest {
  /** The method, such as `GET`. */
  method: string;
  /** The request target, such as `/a?b=c`. */
  path: string;
  /** Fields to send, in this order. Default none. */
  headers?: HeaderList;
}

/** The status and header of a final response. */
export interface ResponseHead {
  /** The status code. */
  status: number;
  /** The header fields; repeated fields are joined as `Headers` does. */
  headers: Headers;
  /** When the header was complete, in milliseconds of the probe's clock. */
  atMs: number;
}

/** Takes a piece of content, which is only valid during the call, and the time at which it came. */
export type BodySink = (bytes: Uint8Array, atMs: number) => void;

/** The content of a response. */
export interface ResponseBody {
  /** The content, without its framing; empty where a {@linkcode BodySink} took it. */
  bytes: Uint8Array<ArrayBuffer>;
  /** When its first byte came, in milliseconds of the probe's clock; `null` when it has none. */
  firstByteAtMs: number | null;
  /** When it was complete, in milliseconds of the probe's clock. */
  completedAtMs: number;
}

/**
 * An exchange under way. Each promise rejects with an {@linkcode ExchangeError} when the exchange
 * fails before it is settled; a rejection that nobody looks at does no harm.
 */
export interface Exchange {
  /** When the request was handed to the kernel, in milliseconds of the probe's clock. */
  readonly sentAtMs: number;
  /** When the first byte of the response came, in milliseconds of the probe's clock. */
  readonly firstByte: Promise<number>;
  /** The status and header of the final response; interim (1xx) responses are skipped. */
  readonly headers: Promise<ResponseHead>;
  /** The complete content. */
  readonly body: Promise<ResponseBody>;
  /** How many bytes of content have come so far. */
  readonly received: number;
}

/** How much content is kept of one response by default, in bytes (64 MiB). */
export const DEFAULT_MAX_BODY_BYTES: number = 64 * 1024 * 1024;

/** The filling side of an {@linkcode Exchange}: a protocol's reader tells it what comes in. */
export class ExchangeRecord implements Exchange {
  /** {@inheritDoc Exchange.sentAtMs} */
  readonly sentAtMs: number;
  /** {@inheritDoc Exchange.firstByte} */
  readonly firstByte: Promise<number>;
  /** {@inheritDoc Exchange.headers} */
  readonly headers: Promise<ResponseHead>;
  /** {@inheritDoc Exchange.body} */
  readonly body: Promise<ResponseBody>;
  /** What the exchange is called in messages, such as `GET /a from 127.0.0.1:80`. */
  readonly label: string;

  readonly #firstByte = Promise.withResolvers<number>();
  readonly #headers = Promise.withResolvers<ResponseHead>();
  readonly #body = Promise.withResolvers<ResponseBody>();
  readonly #maxBodyBytes: number;
  readonly #sink: BodySink | undefined;
  #buffer = new Uint8Array(0);
  #received = 0;
  #bodyFirstByteAtMs: number | null = null;
  #settled = false;

  /**
   * An exchange of which nothing has come yet.
   *
   * @param label What the exchange is called in messages.
   * @param sentAtMs When the request was sent, in milliseconds of the probe's clock.
   * @param maxBodyBytes More content than this fails the exchange with `body-too-large`.
   * @param sink Takes the content as it comes; it is then not kept.
   */
  constructor(label: string, sentAtMs: number, maxBodyBytes: number, sink?: BodySink) {
    this.label = label;
    this.sentAtMs = sentAtMs;
    this.#maxBodyBytes = maxBodyBytes;
    this.#sink = sink;
    this.firstByte = this.#firstByte.promise;
    this.headers = this.#headers.promise;
    this.body = this.#body.promise;
    // Each promise may go unobserved, and such a rejection would end the process.
    for (const promise of [this.firstByte, this.headers, this.body]) promise.catch(() => {});
  }

  /** {@inheritDoc Exchange.received} */
  get received(): number {
    return this.#received;
  }

  /** Whether the exchange is complete or has failed. */
  get settled(): boolean {
    return this.#settled;
  }

  /** The first byte of the response came at `atMs`; later calls change nothing. */
  began(atMs: number): void {
    this.#firstByte.resolve(atMs);
  }

  /** The header of the final response is complete. */
  head(head: ResponseHead): void {
    this.#headers.resolve(head);
  }

  /** More content came at `atMs`. Throws `body-too-large` when that is over the limit. */
  data(bytes: Uint8Array, atMs: number): void {
    if (this.#settled || bytes.length === 0) return;
    const total = this.#received + bytes.length;
    if (total > this.#maxBodyBytes) {
      throw new ExchangeError(
        "body-too-large",
        `Cannot read the response to ${this.label}: received more than ${this.#maxBodyBytes} ` +
          "bytes of content, expected at most that",
        atMs,
      );
    }
    this.#bodyFirstByteAtMs ??= atMs;
    if (this.#sink !== undefined) {
      this.#received = total;
      return this.#sink(bytes, atMs);
    }
    if (total > this.#buffer.length) {
      // Doubling keeps the copying linear, and copying lets go of the socket's read buffers.
      const grown = new Uint8Array(Math.max(total, Math.min(total * 2, this.#maxBodyBytes)));
      grown.set(this.#buffer.subarray(0, this.#received));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#received);
    this.#received = total;
  }

  /** The response is complete. */
  done(atMs: number): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#body.resolve({
      bytes: this.#sink === undefined ? this.#buffer.slice(0, this.#received) : this.#buffer,
      firstByteAtMs: this.#bodyFirstByteAtMs,
      completedAtMs: atMs,
    });
    this.#buffer = new Uint8Array(0);
  }

  /** The exchange failed: what is not settled yet rejects with `error`. */
  fail(error: ExchangeError): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#buffer = new Uint8Array(0);
    this.#firstByte.reject(error);
    this.#headers.reject(error);
    this.#body.reject(error);
  }
}
